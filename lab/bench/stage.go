package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/bench/internal/figures"
)

const loopback = "127.0.0.1"

// stage is the cloud of the benchmarks, in whose App Service this process is, and what is to be closed.
type stage struct {
	*azuretest.Cloud
	options
	environ []string // this process's, without what is said here
	dir     string   // for files
	closers []func() error
	started []server

	certificate *tls.Certificate  // of RSA, of the servers with passwords; nil before the first
	issuer      *x509.Certificate // its root
}

// newStage starts the cloud. Nothing has verified a certificate by then: the system's roots are read once, and have the
// cloud's from then on, which is the only way to give them to some peers.
func newStage(o options) (*stage, error) {
	for _, entry := range os.Environ() { // what this machine would tell the library and its peers
		name, _, _ := strings.Cut(entry, "=")
		for _, prefix := range []string{"AZURE_", "IDENTITY_", "MSI_", "IMDS_", "PG", "HTTP_PROXY", "HTTPS_PROXY"} {
			if strings.HasPrefix(name, prefix) {
				_ = os.Unsetenv(name)
			}
		}
	}
	environ := os.Environ()
	cloud, err := azuretest.Start()
	if err != nil {
		return nil, err
	}
	s := &stage{Cloud: cloud, options: o, environ: environ, closers: []func() error{cloud.Close}}
	if err := s.setUp(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// setUp makes this process one in the cloud's App Service.
func (s *stage) setUp() (err error) {
	if s.dir, err = os.MkdirTemp("", "passwordless-bench-"); err != nil {
		return err
	}
	roots := s.file("roots.pem")
	if err := s.CA().WriteFile(roots); err != nil {
		return err
	}
	for _, entry := range append(s.AppServiceEnviron(), "SSL_CERT_FILE="+roots, "SSL_CERT_DIR=", "AZURE_AUTHORITY_HOST="+s.AuthorityHost()) {
		name, value, _ := strings.Cut(entry, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// close ends what was started, the last first.
func (s *stage) close() {
	for _, end := range slices.Backward(s.closers) {
		if err := end(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}
	_ = os.RemoveAll(s.dir)
}

func (s *stage) file(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) figures() string { return filepath.Join(s.root, "docs", "benchmarks.json") }

// pace is that of comparisons of which all contenders need this long for a turn.
func (s *stage) pace(round time.Duration) figures.Pace {
	if s.short {
		return figures.Pace{Rounds: 2, Round: round / 20}
	}
	return figures.Pace{Rounds: 5, Round: round}
}

// library are the options of this library.
func (s *stage) library() *passwordless.Options {
	return &passwordless.Options{
		TrustedHosts: []string{loopback}, RootCAs: s.roots(),
		Environ: func() []string { return nil },
	}
}

// tls is what the bare drivers verify the servers with.
func (s *stage) tls() *tls.Config {
	pool := x509.NewCertPool()
	for _, root := range s.roots() {
		pool.AddCert(root)
	}
	return &tls.Config{ServerName: loopback, RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func (s *stage) roots() []*x509.Certificate {
	if s.issuer == nil {
		return []*x509.Certificate{s.CA().Certificate()}
	}
	return []*x509.Certificate{s.CA().Certificate(), s.issuer}
}

// app is a new managed identity, of which no cache knows.
func (s *stage) app() azuretest.Identity { return s.AddUserAssigned(azuretest.Identity{}) }

// managed is azidentity's credential of a managed identity.
func managed(id azuretest.Identity) (*azidentity.ManagedIdentityCredential, error) {
	return azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ID: azidentity.ClientID(id.ClientID)})
}

// tokens is how many tokens an identity got.
func (s *stage) tokens(id azuretest.Identity) (n int) {
	for _, r := range s.Requests() {
		if r.Token && r.Name == id.Name {
			n++
		}
	}
	return n
}

// limited is a context for one step.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, time.Minute)
}
