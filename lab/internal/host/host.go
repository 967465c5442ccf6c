// Package host makes this machine one of Azure's for an app: identities with their endpoints, databases that take their
// tokens, the variables that name both, and switches that break them.
package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/lab/internal/daemon"
)

// Options says what a host has.
type Options struct {
	Engines       []string // of [Engines], or as [dsn.ParseEngine] takes them
	Identities    []string // each one of [Kinds], or KIND=NAME
	TokenLifetime time.Duration
	Upstream      *Upstream // behind the one engine; if nil, the lab's own databases
	Progress      io.Writer
}

// Host is what an app finds. Its methods are safe for concurrent use, and its fields must not be changed.
type Host struct {
	Cloud      *azuretest.Cloud
	Identities []Identity
	Databases  []*Database

	dir       string // for files that variables name
	removeDir func() error

	mu       sync.Mutex
	switches map[string]func() error // what turns off those that are on
}

// Start starts all of it. ctx bounds the start. Close must be called at the end.
func Start(ctx context.Context, o Options) (_ *Host, err error) {
	h := &Host{switches: make(map[string]func() error)}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
		}
	}()
	if h.dir, h.removeDir, err = daemon.NewDir(); err != nil {
		return nil, err
	}
	if h.Cloud, err = azuretest.Start(); err != nil {
		return nil, err
	}
	if err := h.Cloud.CA().WriteFile(h.file("ca.pem")); err != nil {
		return nil, err
	}
	if err := h.addIdentities(o.Identities, o.TokenLifetime); err != nil {
		return nil, err
	}
	return h, h.startDatabases(ctx, o)
}

// startDatabases starts them at the same time.
func (h *Host) startDatabases(ctx context.Context, o Options) error {
	h.Databases = make([]*Database, len(o.Engines))
	errs := make([]error, len(o.Engines))
	progress := log{out: o.Progress}
	var starting sync.WaitGroup
	for i, name := range o.Engines {
		engine, err := dsn.ParseEngine(name)
		if err != nil {
			errs[i] = err
			continue
		}
		k := kinds[engine]
		progress.printf("starting %s", k.title)
		starting.Go(func() {
			began := time.Now()
			d, err := h.startDatabase(ctx, k, o.Upstream)
			if h.Databases[i] = d; err != nil {
				errs[i] = fmt.Errorf("%s: %w", k.title, err)
				return
			}
			progress.printf("%s is ready: %s, 127.0.0.1:%d, database %q, after %.1f s", k.title, d.Engine, d.Port, d.Name, time.Since(began).Seconds())
		})
	}
	starting.Wait()
	return errors.Join(errs...)
}

// file is the path of a file of the host's.
func (h *Host) file(name string) string { return filepath.Join(h.dir, name) }

// log writes lines from several goroutines.
type log struct {
	mu  sync.Mutex
	out io.Writer
}

func (l *log) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.out, "passwordless-lab: "+format+"\n", args...)
}

// Close stops all of it and removes the files.
func (h *Host) Close() error {
	var errs []error
	for _, d := range h.Databases {
		if d == nil {
			continue
		}
		if d.gate != nil {
			errs = append(errs, d.gate.Close())
		}
		errs = append(errs, d.close())
	}
	if h.Cloud != nil {
		errs = append(errs, h.Cloud.Close())
	}
	if h.removeDir != nil {
		errs = append(errs, h.removeDir())
	}
	return errors.Join(errs...)
}

// Environ returns the variables of an app: those by which it finds the identities, Service Connector's for each database
// with the first identity, and those by which programs in several languages trust the lab's certificates. Of
// several identities' variables of one name the first counts.
func (h *Host) Environ() ([]string, error) {
	ca := h.file("ca.pem")
	roots, err := h.writeRoots(ca)
	if err != nil {
		return nil, err
	}
	var environ, identity []string
	for i, id := range h.Identities {
		variables, connector, err := h.identityVariables(id)
		if err != nil {
			return nil, err
		}
		environ = append(environ, variables...)
		if i == 0 {
			identity = connector
		}
	}
	for _, d := range h.Databases {
		environ = append(environ, d.variables(h.Identities[0], identity)...)
	}
	environ = append(environ, "PASSWORDLESS_TRUSTED_HOSTS=127.0.0.1", "PASSWORDLESS_CA_FILE="+ca, "NODE_EXTRA_CA_CERTS="+ca,
		"SSL_CERT_FILE="+roots, "REQUESTS_CA_BUNDLE="+roots)
	seen := make(map[string]bool)
	return slices.DeleteFunc(environ, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		repeated := seen[name]
		seen[name] = true
		return repeated
	}), nil
}

// writeRoots writes the CA's certificate to a file, and to another one after those that this system trusts, for the
// variables that replace them.
func (h *Host) writeRoots(ca string) (roots string, err error) {
	own, err := os.ReadFile(ca)
	if err != nil {
		return "", err
	}
	var all []byte
	for _, file := range []string{os.Getenv("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"} {
		if all, err = os.ReadFile(file); err == nil {
			break
		}
	}
	roots = h.file("roots.pem")
	return roots, os.WriteFile(roots, append(append(all, '\n'), own...), 0o600)
}
