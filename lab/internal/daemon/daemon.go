//go:build linux || darwin || freebsd

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
)

// Daemon is a database server's process with its directory, log and port, whatever the engine.
type Daemon struct {
	Port int // after Start

	name    string     // of the engine, for errors
	dir     privateDir // all its files; also the directory of its socket
	account *account
	logFile *os.File
	server  *process
}

const (
	startLimit = time.Minute
	stopGrace  = 10 * time.Second
)

// New makes the directory and the log. After an error nothing is left.
func New(name string) (*Daemon, error) {
	as, err := serverAccount()
	if err != nil {
		return nil, err
	}
	dir, err := makeDir(as)
	if err != nil {
		return nil, err
	}
	d := &Daemon{name: name, dir: dir, account: as}
	d.logFile, err = os.OpenFile(d.File("log"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lab: %w", errors.Join(err, dir.remove()))
	}
	return d, nil
}

// File is the path of a file in the directory.
func (d *Daemon) File(name string) string { return filepath.Join(d.dir.path, name) }

// Write writes files that only the server's account may read.
func (d *Daemon) Write(files map[string][]byte) error {
	for name, content := range files {
		if err := os.WriteFile(d.File(name), content, 0o600); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	if err := giveTo(d.dir.path, d.account); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	return nil
}

// command prepares a program whose output goes to the log.
func (d *Daemon) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir.path, d.logFile, d.logFile
	return cmd
}

// Run runs a program to its end, such as the one that makes the database's files.
func (d *Daemon) Run(ctx context.Context, program string, args ...string) error {
	p, err := startProcess(d.command(program, args...), d.account)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("lab: %s: %w", filepath.Base(program), ctx.Err()), p.stop(stopGrace, syscall.SIGTERM))
	}
	if p.err != nil {
		return fmt.Errorf("lab: %s: %w%s", filepath.Base(program), p.err, d.logEnd())
	}
	return nil
}

// Start runs the server on a free port and waits until it answers. After an error it does not run.
func (d *Daemon) Start(ctx context.Context, program string, args func(port int) []string, answers func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for attempt := 1; ; attempt++ {
		err := d.tryStart(ctx, program, args, answers)
		if err == nil {
			return nil
		}
		if attempt == PortAttempts || !strings.Contains(d.Log(), "Address already in use") {
			return fmt.Errorf("%w%s", err, d.logEnd())
		}
	}
}

func (d *Daemon) tryStart(ctx context.Context, program string, args func(port int) []string, answers func(context.Context) (bool, error)) (err error) {
	if d.Port, err = FreePort(); err != nil {
		return err
	}
	if d.server, err = startProcess(d.command(program, args(d.Port)...), d.account); err != nil {
		return err
	}
	err = Poll(ctx, func(ctx context.Context) (bool, error) {
		select {
		case <-d.server.done:
			return false, errors.Join(errors.New("it ended at once"), d.server.err)
		default:
			return answers(ctx)
		}
	})
	if err != nil {
		return errors.Join(fmt.Errorf("lab: %s did not start: %w", d.name, err), d.Halt(syscall.SIGTERM))
	}
	return nil
}

// Halt ends the server with the signals, one after another, then with a kill.
func (d *Daemon) Halt(signals ...os.Signal) error {
	if d.server == nil {
		return nil
	}
	return d.server.stop(stopGrace, signals...)
}

// Dir is the directory.
func (d *Daemon) Dir() string { return d.dir.path }

// Give hands a file to the server's account.
func (d *Daemon) Give(file string) error {
	if d.account == nil {
		return nil
	}
	return os.Chown(file, d.account.uid, d.account.gid)
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

// Remove removes the files.
func (d *Daemon) Remove() error { return errors.Join(d.logFile.Close(), d.dir.remove()) }

// PEM encodes a certificate chain and its key for files.
func PEM(certificate tls.Certificate) (chain, key []byte, err error) {
	for _, der := range certificate.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		return nil, nil, fmt.Errorf("lab: the server's key: %w", err)
	}
	return chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

const logLimit = 64 << 10 // bytes of the log's end that are handed out

// Log returns the end of the server's log.
func (d *Daemon) Log() string {
	info, err := d.logFile.Stat()
	if err != nil {
		return ""
	}
	from := max(0, info.Size()-logLimit)
	b, err := io.ReadAll(io.NewSectionReader(d.logFile, from, logLimit))
	if err != nil {
		return ""
	}
	return string(b)
}

// logEnd is the last lines of the log for an error message, on one line.
func (d *Daemon) logEnd() string {
	lines := strings.Split(strings.TrimSpace(d.Log()), "\n")
	lines = lines[max(0, len(lines)-5):]
	return " (log: " + strings.Join(lines, " | ") + ")"
}
