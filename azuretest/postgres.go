package azuretest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// PostgresOptions adjusts [Cloud.StartPostgres] and [NewPostgresServer]. A nil
// *PostgresOptions means all defaults. Options are read once, at the start.
type PostgresOptions struct {
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
	// [Cloud.StartPostgres]). Its context ends with the server. When it returns
	// the connection is closed; an error that is or wraps a [*pgconn.PgError] is
	// sent first. It is called once per session, concurrently.
	Handler func(ctx context.Context, s *PostgresSession) error
}

// PostgresServer is a login front end for PostgreSQL. It speaks the real wire
// protocol over real TLS, refuses logins without TLS before it asks for a
// password, asks for the token as a clear-text password like Azure Database for
// PostgreSQL, and checks it. What happens then is in [PostgresOptions].
//
// Its methods are safe for concurrent use.
type PostgresServer struct {
	frontEnd
	options PostgresOptions
	backend *pgconn.Config // nil without PostgresOptions.Backend
	cancels pgCancels
}

// StartPostgres starts a PostgreSQL front end on a free port of 127.0.0.1,
// with a certificate of the cloud's authority. Without [PostgresOptions.Verify]
// a login needs a token of this cloud for [OSSRDBMSAudience] that belongs to the
// user it names.
//
// Without a Backend and a Handler every statement succeeds and returns no rows
// and no columns, so that programs which only connect, ping or write can run.
//
// The server runs until [PostgresServer.Close], which [Cloud.Close] calls too.
func StartPostgres(c *Cloud, o *PostgresOptions) (*PostgresServer, error) {
	var options PostgresOptions
	if o != nil {
		options = *o
	}
	if options.Verify == nil {
		options.Verify = verifyPostgres(c)
	}
	s, err := NewPostgresServer(c.CA(), &options)
	if err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	return s, c.AtClose(s.Close)
}

// NewPostgresServer makes a front end that listens nowhere: connections are
// handed to [PostgresServer.ServeConn]. It suits [net.Pipe] inside a
// testing/synctest bubble, where sockets would hold the clock. It needs
// [PostgresOptions.Verify] or [PostgresOptions.Passwords], since there is no
// cloud to ask.
func NewPostgresServer(ca *CA, o *PostgresOptions) (*PostgresServer, error) {
	if o == nil || o.Verify == nil && len(o.Passwords) == 0 {
		return nil, errors.New("azuretest: PostgreSQL front end: Verify or Passwords must be set without a cloud")
	}
	if o.Backend != "" && o.Handler != nil {
		return nil, errors.New("azuretest: PostgreSQL front end: Backend and Handler exclude each other")
	}
	s := &PostgresServer{options: *o}
	s.faults.engine, s.faults.own, s.faults.refuses = "PostgreSQL", []ServerFaultKind{AskMD5, AskSCRAM}, isError[*pgconn.PgError]
	err := s.init(ca, o.Names, o.Certificate, func(ctx context.Context, conn net.Conn) { newPGConn(s, conn).serve(ctx) })
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
func (o *PostgresOptions) hasRole(user string) bool {
	return o.Roles == nil || slices.Contains(o.Roles, user)
}
