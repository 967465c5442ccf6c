// Package daemon runs the processes of database servers, each with a private directory, log and port.
package daemon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/engine"
)

// The files of the server's certificate.
const (
	CertFile = "server.crt"
	KeyFile  = "server.key"
)

// Daemon is a database server's process with its directory, log and port, whatever the engine.
type Daemon struct {
	Port int // after Start
	// Finish ends, after the server, what it asks whether a token is good. If nil, nothing.
	Finish func() error

	name    string // of the engine, for errors
	signals []os.Signal
	cloud   *azuretest.Cloud
	dir     privateDir // all its files; also the directory of its socket
	account *account
	logFile *os.File
	server  *process
	run     func(context.Context) error // starts the server on Port
	logins  engine.Logins
}

const (
	startLimit = time.Minute
	stopGrace  = 10 * time.Second
	logLimit   = 64 << 10 // bytes of the log's end that are handed out
)

// New makes the directory, the log and the server's certificate. The signals end the server, one after another.
// After an error nothing is left.
func New(name string, cloud *azuretest.Cloud, certificateNames []string, signals ...os.Signal) (*Daemon, error) {
	as, err := serverAccount()
	if err != nil {
		return nil, err
	}
	dir, err := makeDir(as)
	if err != nil {
		return nil, err
	}
	d := &Daemon{name: name, signals: signals, cloud: cloud, dir: dir, account: as}
	if d.logFile, err = os.OpenFile(d.File("log"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, fmt.Errorf("lab: %w", errors.Join(err, dir.remove()))
	}
	if err := d.writeCertificate(certificateNames); err != nil {
		return nil, errors.Join(fmt.Errorf("lab: the server's certificate: %w", err), d.Stop())
	}
	return d, nil
}

func (d *Daemon) writeCertificate(names []string) error {
	certificate, err := d.cloud.CA().Issue(names...)
	if err != nil {
		return err
	}
	chain, key, err := EncodePEM(certificate)
	if err != nil {
		return err
	}
	return d.Write(map[string]string{CertFile: string(chain), KeyFile: string(key)})
}

// EncodePEM returns what a server's two files hold.
func EncodePEM(certificate tls.Certificate) (chain, key []byte, err error) {
	for _, der := range certificate.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	return chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
}

// Dir is the directory.
func (d *Daemon) Dir() string { return d.dir.path }

// File is the path of a file in the directory.
func (d *Daemon) File(name string) string { return filepath.Join(d.dir.path, name) }

// Write writes files, and hands all in the directory to the server's account, which alone may read them.
func (d *Daemon) Write(files map[string]string) error {
	for name, content := range files {
		if err := os.WriteFile(d.File(name), []byte(content), 0o600); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	if err := d.dir.giveTo(d.account); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	return nil
}

// CheckToken checks what a user sends as its password. The log has each one that is refused.
func (d *Daemon) CheckToken(user, token string) error {
	return d.logins.CheckToken(d.cloud, user, token)
}

// command starts a program whose output goes to the log.
func (d *Daemon) command(program string, args ...string) (*process, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir.path, d.logFile, d.logFile
	return startProcess(cmd, d.account)
}

// Run runs a program to its end, such as the one that makes the database's files.
func (d *Daemon) Run(ctx context.Context, program string, args ...string) error {
	p, err := d.command(program, args...)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("lab: %s: %w", filepath.Base(program), ctx.Err()), p.stop(syscall.SIGTERM))
	}
	if p.err != nil {
		return fmt.Errorf("lab: %s: %w%s", filepath.Base(program), p.err, d.logEnd())
	}
	return nil
}

// Start runs the server on a free port and waits until it answers. After an error it does not run.
func (d *Daemon) Start(ctx context.Context, program string, args func() []string, answers func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	d.run = func(ctx context.Context) error { return d.startServer(ctx, program, args(), answers) }
	return OnFreePort(func(port int) error {
		d.Port = port
		return d.run(ctx)
	})
}

// Restart ends the server, with its connections, and starts it again on its port.
func (d *Daemon) Restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := d.server.stop(d.signals...); err != nil {
		return err
	}
	return d.run(ctx)
}

func (d *Daemon) startServer(ctx context.Context, program string, args []string, answers func(context.Context) bool) (err error) {
	if d.server, err = d.command(program, args...); err != nil {
		return err
	}
	err = Poll(ctx, func(ctx context.Context) (bool, error) {
		if d.Ended() {
			return false, errors.Join(errors.New("it ended at once"), d.server.err)
		}
		return answers(ctx), nil
	})
	if err == nil {
		return nil
	}
	if strings.Contains(d.serverLog(), "Address already in use") {
		err = errors.Join(err, syscall.EADDRINUSE)
	}
	return fmt.Errorf("lab: %s did not start: %w%s", d.name, errors.Join(err, d.server.stop(syscall.SIGTERM)), d.logEnd())
}

// Ended tells whether the server has ended.
func (d *Daemon) Ended() bool {
	select {
	case <-d.server.done:
		return true
	default:
		return false
	}
}

// Stop ends the server, whose end is that of its connections to what Finish ends, and removes the files.
func (d *Daemon) Stop() error {
	var errs []error
	if d.server != nil {
		errs = append(errs, d.server.stop(d.signals...))
	}
	if d.Finish != nil {
		errs = append(errs, d.Finish())
	}
	return errors.Join(append(errs, d.logFile.Close(), d.dir.remove())...)
}

// Log is the end of the server's log, then the reasons why tokens were refused.
func (d *Daemon) Log() string { return d.serverLog() + d.logins.String() }

// Logins returns the logins with a token.
func (d *Daemon) Logins() []engine.Login { return d.logins.All() }

func (d *Daemon) serverLog() string {
	info, err := d.logFile.Stat()
	if err != nil {
		return ""
	}
	b, err := io.ReadAll(io.NewSectionReader(d.logFile, max(0, info.Size()-logLimit), logLimit))
	if err != nil {
		return ""
	}
	return string(b)
}

// logEnd is the last lines of the log for an error message, on one line.
func (d *Daemon) logEnd() string {
	lines := strings.Split(strings.TrimSpace(d.serverLog()), "\n")
	return " (log: " + strings.Join(lines[max(0, len(lines)-5):], " | ") + ")"
}
