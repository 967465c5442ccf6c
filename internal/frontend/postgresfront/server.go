package postgresfront

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
)

// Options adjusts a front end. If nil, all defaults. They are read once, at the start.
type Options struct {
	azuretest.ServerOptions

	Certificate tls.Certificate // default: one that the cloud's CA issues for Names

	// Verify decides on a login by a user that is not in Passwords. A
	// [*pgconn.PgError] reaches the client as it is; any other error reaches it as
	// SQLSTATE 28P01, and its text only the record. If nil, the cloud's own check of
	// the token, refused with the texts of Azure Database for PostgreSQL. It may be
	// called concurrently.
	Verify func(user, password string) error

	// PassOn leaves the decision to the server behind Backend: it is logged in to with
	// the client's own user and password. If it refuses a token, the client is told
	// what Verify says of that, in place of the server's own words.
	PassOn bool

	// Handler speaks the protocol with a client that has logged in, instead of
	// Backend and Query. When it returns the connection is closed; a
	// [*pgconn.PgError] is sent first. It is called once per session, concurrently.
	Handler func(ctx context.Context, s *Session) error
}

// Server is an [azuretest.Server] for PostgreSQL.
type Server struct {
	base
	options Options
	backend *pgconn.Config // nil without Options.Backend
	cancels cancels
}

type base = frontend.Server

// Start starts a front end on a free port of 127.0.0.1. Without [Options.Verify] a
// login needs a token of the cloud for [azuretest.OSSRDBMSAudience] that belongs to
// the user it names. The server runs until it or the cloud is closed.
func Start(cloud *azuretest.Cloud, o *Options) (*Server, error) { return build(cloud, cloud.CA(), o) }

// NewPipe makes a front end that listens nowhere: see [azuretest.Server].ServeConn.
// It needs Verify or Passwords, since there is no cloud to ask.
func NewPipe(ca *azuretest.CA, o *Options) (*Server, error) { return build(nil, ca, o) }

func build(cloud *azuretest.Cloud, ca *azuretest.CA, o *Options) (*Server, error) {
	s := &Server{options: frontend.OrDefaults(o)}
	if backend := s.options.Backend; backend != "" {
		var err error
		if s.backend, err = pgconn.ParseConfig(backend); err != nil {
			if e, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
				e.ConnString = "Backend" // the text would quote it
			}
			return nil, fmt.Errorf("azuretest: %w", err)
		}
	}
	return s, frontend.Init(&s.base, frontend.Config{
		Cloud: cloud, CA: ca, Options: s.options.ServerOptions, Certificate: s.options.Certificate,
		Verify: s.options.Verify, CloudVerify: verify, Handler: s.options.Handler != nil,
		Engine: "PostgreSQL", Faults: []azuretest.ServerFaultKind{azuretest.AskMD5, azuretest.AskSCRAM}, IsError: isPgError,
		Protocol:  func(c *frontend.Conn) frontend.Protocol { return &client{Conn: c, server: s, wire: newWire(c)} },
		Variables: "AZURE_POSTGRESQL_",
		Setting: func(host string, port int, user string) string {
			return fmt.Sprintf("host=%s port=%d dbname=app user=%s sslmode=require", host, port, user)
		},
	})
}

func isPgError(err error) bool {
	_, ok := errors.AsType[*pgconn.PgError](err)
	return ok
}
