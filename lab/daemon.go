//go:build linux || darwin || freebsd

package lab

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// daemon is a database server's process with its directory, log and port, whatever the engine.
type daemon struct {
	name    string     // of the engine, for errors
	dir     privateDir // all its files; also the directory of its socket
	account *account
	logFile *os.File
	port    int
	server  *process
}

const (
	startLimit = time.Minute
	stopGrace  = 10 * time.Second
)

// newDaemon makes the directory and the log. After an error nothing is left.
func newDaemon(name string) (daemon, error) {
	as, err := serverAccount()
	if err != nil {
		return daemon{}, err
	}
	dir, err := makeDir(as)
	if err != nil {
		return daemon{}, err
	}
	d := daemon{name: name, dir: dir, account: as}
	d.logFile, err = os.OpenFile(d.file("log"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return daemon{}, fmt.Errorf("lab: %w", errors.Join(err, dir.remove()))
	}
	return d, nil
}

func (d *daemon) file(name string) string { return filepath.Join(d.dir.path, name) }

// write writes files that only the server's account may read.
func (d *daemon) write(files map[string][]byte) error {
	for name, content := range files {
		if err := os.WriteFile(d.file(name), content, 0o600); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	if err := giveTo(d.dir.path, d.account); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	return nil
}

// command prepares a program whose output goes to the log.
func (d *daemon) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir.path, d.logFile, d.logFile
	return cmd
}

// run runs a program to its end, such as the one that makes the database's files.
func (d *daemon) run(ctx context.Context, program string, args ...string) error {
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

// start runs the server on a free port and waits until it answers. After an error it does not run.
func (d *daemon) start(ctx context.Context, program string, args func(port int) []string, answers func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for attempt := 1; ; attempt++ {
		err := d.tryStart(ctx, program, args, answers)
		if err == nil {
			return nil
		}
		if attempt == portAttempts || !strings.Contains(d.log(), "Address already in use") {
			return fmt.Errorf("%w%s", err, d.logEnd())
		}
	}
}

func (d *daemon) tryStart(ctx context.Context, program string, args func(port int) []string, answers func(context.Context) (bool, error)) (err error) {
	if d.port, err = freePort(); err != nil {
		return err
	}
	if d.server, err = startProcess(d.command(program, args(d.port)...), d.account); err != nil {
		return err
	}
	err = poll(ctx, func(ctx context.Context) (bool, error) {
		select {
		case <-d.server.done:
			return false, errors.Join(errors.New("it ended at once"), d.server.err)
		default:
			return answers(ctx)
		}
	})
	if err != nil {
		return errors.Join(fmt.Errorf("lab: %s did not start: %w", d.name, err), d.halt(syscall.SIGTERM))
	}
	return nil
}

// halt ends the server with the signals, one after another, then with a kill.
func (d *daemon) halt(signals ...os.Signal) error {
	if d.server == nil {
		return nil
	}
	return d.server.stop(stopGrace, signals...)
}

// remove removes the files.
func (d *daemon) remove() error { return errors.Join(d.logFile.Close(), d.dir.remove()) }

// pemFiles encodes a certificate chain and its key for files.
func pemFiles(certificate tls.Certificate) (chain, key []byte, err error) {
	for _, der := range certificate.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		return nil, nil, fmt.Errorf("lab: the server's key: %w", err)
	}
	return chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
