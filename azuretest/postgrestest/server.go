package postgrestest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
)

// Options adjusts [Start] and [NewPipe]. A nil
// *Options means all defaults. Options are read once, at the start.
type Options struct {
	// Names are the DNS names and IP addresses in the server's certificate. Nil:
	// "localhost" and "127.0.0.1".
	Names []string

	// Certificate is used instead of one that the certificate authority issues
	// for Names.
	Certificate tls.Certificate

	// Roles are the database roles for Microsoft Entra identities. A login as any
	// other name is refused like an unknown role. Nil: every name is a role, and
	// only the token decides.
	Roles []string

	// Passwords are roles that log in with an ordinary password instead of a
	// token: role to password. They need not be in Roles.
	Passwords map[string]string

	// Verify decides on a login by a role that is not in Passwords. An error that
	// is or wraps a [*pgconn.PgError] reaches the client as it is; any other error
	// reaches it as "password authentication failed" (SQLSTATE 28P01), and its
	// text only the record. Nil: the cloud's own check of the token, refused with
	// the texts of Azure Database for PostgreSQL. It may be called concurrently.
	Verify func(user, password string) error

	// Backend is the connection string of an ordinary PostgreSQL server, as pgx
	// reads them, with a user and password of its own. Each session that has
	// logged in is joined to a connection of that server: what the client sends
	// and receives from there on is the server's own. The client's database and
	// startup parameters replace those of the connection string.
	Backend string

	// Handler speaks for the server once a client has logged in, instead of
	// Backend. Neither: every query succeeds with no rows (see
	// [Start]). Its context ends with the server. When it returns
	// the connection is closed; an error that is or wraps a [*pgconn.PgError] is
	// sent first. It is called once per session, concurrently.
	Handler func(ctx context.Context, s *Session) error
}

// Server is a login front end for PostgreSQL. It speaks the real wire
// protocol over real TLS, refuses logins without TLS before it asks for a
// password, asks for the token as a clear-text password like Azure Database for
// PostgreSQL, and checks it. What happens then is in [Options].
//
// Its methods are safe for concurrent use.
type Server struct {
	frontend.Server
	options Options
	backend *pgconn.Config // nil without Options.Backend
	cancels cancels
}

// Start starts a PostgreSQL front end on a free port of 127.0.0.1,
// with a certificate of the cloud's authority. Without [Options.Verify]
// a login needs a token of this cloud for [azuretest.OSSRDBMSAudience] that belongs to the
// user it names.
//
// Without a Backend and a Handler every statement succeeds and returns no rows
// and no columns, so that programs which only connect, ping or write can run.
//
// The server runs until [Server.Close], which [azuretest.Cloud.Close] calls too.
func Start(c *azuretest.Cloud, o *Options) (*Server, error) {
	var options Options
	if o != nil {
		options = *o
	}
	if options.Verify == nil {
		options.Verify = verify(c)
	}
	s, err := NewPipe(c.CA(), &options)
	if err != nil {
		return nil, err
	}
	if err := s.Listen(); err != nil {
		return nil, err
	}
	return s, c.AtClose(s.Close)
}

// NewPipe makes a front end that listens nowhere: connections are
// handed to [Server.ServeConn]. It suits [net.Pipe] inside a
// testing/synctest bubble, where sockets would hold the clock. It needs
// [Options.Verify] or [Options.Passwords], since there is no
// cloud to ask.
func NewPipe(ca *azuretest.CA, o *Options) (*Server, error) {
	if o == nil || o.Verify == nil && len(o.Passwords) == 0 {
		return nil, errors.New("azuretest: PostgreSQL front end: Verify or Passwords must be set without a cloud")
	}
	if o.Backend != "" && o.Handler != nil {
		return nil, errors.New("azuretest: PostgreSQL front end: Backend and Handler exclude each other")
	}
	s := &Server{options: *o}
	s.Faults.Engine, s.Faults.Own, s.Faults.Refuses = "PostgreSQL", []azuretest.ServerFaultKind{azuretest.AskMD5, azuretest.AskSCRAM}, frontend.IsError[*pgconn.PgError]
	err := s.Init(ca, o.Names, o.Certificate, func(ctx context.Context, conn net.Conn) { newConn(s, conn).serve(ctx) })
	if err != nil {
		return nil, err
	}
	if o.Backend != "" {
		if s.backend, err = pgconn.ParseConfig(o.Backend); err != nil {
			if e, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
				e.ConnString = "Backend" // the text would quote it
			}
			return nil, fmt.Errorf("azuretest: PostgreSQL front end: %w", err)
		}
	}
	return s, nil
}

// hasRole tells whether a token may log in as user.
func (o *Options) hasRole(user string) bool {
	return o.Roles == nil || slices.Contains(o.Roles, user)
}
