// Package engine has what the servers of all engines share.
package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
)

var (
	ErrNotInstalled = errors.New("the database server is not installed")
	ErrEmbedded     = errors.New("not available on the embedded engine")
)

// Options adjusts a server. A nil *Options means all defaults.
type Options struct {
	// Names are the host names and IP addresses in the server's certificate.
	// If empty, localhost and 127.0.0.1.
	Names []string
	// Users are created as [Server.CreateUser] does: only they can log in. If empty, none yet.
	Users []string
	// Database is created for the tests; every user may create tables in it. If empty, "app".
	Database string
	// Embedded asks for the embedded engine, Installed for the installed server, or else ErrNotInstalled.
	Embedded, Installed bool
}

// WithDefaults returns the options with defaults filled in.
func (o *Options) WithDefaults() (options Options) {
	if o != nil {
		options = *o
	}
	if len(options.Names) == 0 {
		options.Names = []string{"localhost", "127.0.0.1"}
	}
	if options.Database == "" {
		options.Database = "app"
	}
	return options
}

// Start starts the installed server, or the embedded engine where there is none, unless the options ask for one of them.
func Start[S any](o *Options, installed, embedded func() (S, error)) (S, error) {
	if o != nil && o.Embedded {
		return embedded()
	}
	s, err := installed()
	if errors.Is(err, ErrNotInstalled) && (o == nil || !o.Installed) {
		return embedded()
	}
	return s, err
}

// Info describes a running server. It must not be changed.
type Info struct {
	Engine   string // for people: "PostgreSQL 15.18", or "SQLite 3.53.0 (stand-in behind a PostgreSQL wire front end)"
	Embedded bool   // an engine inside this process, not the real server
	Host     string // "127.0.0.1"
	Port     int
	Database string
}

// Addr is the address to dial, "127.0.0.1:port".
func (i Info) Addr() string { return net.JoinHostPort(i.Host, strconv.Itoa(i.Port)) }

// Backend is what an engine supplies for a [Server].
type Backend interface {
	// CreateUser creates a user that logs in with a token, or with the password if that is not empty.
	CreateUser(ctx context.Context, name, password string) error
	Log() string
	Logins() []Login
	// Stop ends the server and removes its files.
	Stop() error
}

// Server is a running server, whatever the engine. Its methods are safe for concurrent use.
type Server struct {
	Info

	backend Backend
	longest int
	stop    func() error
}

// New makes a server of a backend that runs, and creates the users. A user's name has at most longest bytes.
// After an error the backend has been stopped.
func New(ctx context.Context, info Info, backend Backend, longest int, users []string) (*Server, error) {
	s := &Server{info, backend, longest, sync.OnceValue(backend.Stop)}
	for _, user := range users {
		if err := s.CreateUser(ctx, user); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// CreateUser creates a database user that logs in with a Microsoft Entra token of the identity of that name.
// In PostgreSQL it is a role that is a member of azure_ad_user, as on Azure.
func (s *Server) CreateUser(ctx context.Context, name string) error { return s.create(ctx, name, "") }

// CreatePasswordUser creates an ordinary database user that logs in over TLS with a password, which must not be empty.
func (s *Server) CreatePasswordUser(ctx context.Context, name, password string) error {
	if password == "" {
		return fmt.Errorf("lab: user %q: the password is empty", name)
	}
	return s.create(ctx, name, password)
}

// create refuses names that the database would refuse or silently shorten.
func (s *Server) create(ctx context.Context, name, password string) error {
	if name == "" || len(name) > s.longest {
		return fmt.Errorf("lab: user %q: a name has 1 to %d bytes", name, s.longest)
	}
	return s.backend.CreateUser(ctx, name, password)
}

// Log is the end of the server's log, then the reasons why tokens were refused; never a token.
func (s *Server) Log() string { return s.backend.Log() }

// Logins returns the last logins with a token whose user exists, oldest first.
func (s *Server) Logins() []Login { return s.backend.Logins() }

// Restart ends the server, with its connections, and starts it again at its address. A server inside this process
// cannot do that: [ErrEmbedded]. It must not be called while Close is.
func (s *Server) Restart(ctx context.Context) error {
	if b, ok := s.backend.(interface{ Restart(context.Context) error }); ok {
		return b.Restart(ctx)
	}
	return fmt.Errorf("lab: restart: %w", ErrEmbedded)
}

// Close stops the server, ends its connections and removes its files. Calls after the first do nothing and return the
// first one's error.
func (s *Server) Close() error { return s.stop() }

// Need skips a test that needs a program which is not there because of err; where the environment variable CI is set
// the test fails.
func Need(tb testing.TB, program string, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		tb.Fatalf("this test needs %s: %v", program, err)
	default:
		tb.Skipf("this test needs %s: %v", program, err)
	}
}
