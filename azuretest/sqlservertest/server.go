package sqlservertest

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"

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

	// Users are the names of the identities that have a user in the database, as
	// in CREATE USER ... FROM EXTERNAL PROVIDER. The token of another one is
	// refused. Nil: every valid token may log in.
	Users []string

	// Passwords are SQL logins: user to password. They need not be in Users.
	Passwords map[string]string

	// Databases are the databases there are, compared without case. A login that
	// asks for another one is refused (error 4060). Nil: any.
	Databases []string

	// Verify decides on a token, and says whose it is and when it expires, which may
	// be left zero. An error that is or wraps a [*Error] reaches the client
	// as it is; any other error reaches it as error 18456, and its text only the
	// record. Nil: the cloud's own check, refused with the texts of Azure SQL
	// Database. It may be called concurrently.
	Verify func(token string) (azuretest.Claims, error)

	// STSURL is where clients that ask for it are told to get a token
	// (ActiveDirectory workflows of go-mssqldb's NewActiveDirectoryTokenConnector).
	// "": the cloud's authority with its tenant. Without a cloud such clients are
	// told the public cloud's.
	STSURL string

	// Strict refuses clients that do not begin with TLS (TDS 8.0, encrypt=strict).
	// Otherwise both kinds may come.
	Strict bool

	// Backend is an ordinary SQL Server. Each session that has logged in is joined
	// to a connection of that server: what the client sends and receives from there
	// on is the server's own. The client's database and description of itself
	// replace those of a client of the backend.
	//
	// It has been tried with another front end of this package, with SQL logins, in
	// place of the ordinary server, and not with a SQL Server.
	Backend *Backend

	// Handler speaks for the server once a client has logged in, instead of
	// Backend. Neither: every request succeeds with no rows (see
	// [Start]). Its context ends with the server. When it returns
	// the connection is closed; an error that is or wraps a [*Error] is
	// sent first, as the answer to the client's request or, between requests, to its
	// next one. It is called once per session, concurrently.
	Handler func(ctx context.Context, s *Session) error
}

// Server is a login front end for SQL Server and Azure SQL Database. It speaks
// TDS 7.4, with TLS negotiated inside it, and TDS 8.0, inside TLS, on one port;
// insists on TLS; takes a token at once or says first where to get one; and checks
// it. What happens then is in [Options].
//
// Its methods are safe for concurrent use.
type Server struct {
	frontend.Server
	options Options
	users   users
}

// publicSTSURL is what Azure SQL Database in the public cloud tells clients,
// without the tenant that a server without a cloud does not have.
const publicSTSURL = "https://login.windows.net/common"

// Start starts a SQL Server front end on a free port of 127.0.0.1, with
// a certificate of the cloud's authority. Without [Options.Verify] a
// login needs a token of this cloud for [azuretest.SQLAudience].
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
	if options.STSURL == "" {
		options.STSURL = c.AuthorityHost() + c.TenantID()
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

// NewPipe makes a front end that listens nowhere: connections are handed to
// [Server.ServeConn]. It suits [net.Pipe] inside a testing/synctest bubble,
// where sockets would hold the clock. It needs [Options.Verify] or
// [Options.Passwords], since there is no cloud to ask.
func NewPipe(ca *azuretest.CA, o *Options) (*Server, error) {
	if o == nil || o.Verify == nil && len(o.Passwords) == 0 {
		return nil, errors.New("azuretest: SQL Server front end: Verify or Passwords must be set without a cloud")
	}
	if o.Backend != nil && o.Handler != nil {
		return nil, errors.New("azuretest: SQL Server front end: Backend and Handler exclude each other")
	}
	s := &Server{options: *o}
	s.Faults.Engine, s.Faults.Own, s.Faults.Refuses = "SQL Server", []azuretest.ServerFaultKind{azuretest.Route}, frontend.IsError[*Error]
	s.users.set(o.Users, o.Passwords)
	if s.options.STSURL == "" {
		s.options.STSURL = publicSTSURL
	}
	if s.options.Handler == nil {
		s.options.Handler = noRows
	}
	err := s.Init(ca, o.Names, o.Certificate, func(ctx context.Context, conn net.Conn) { newConn(s, conn).serve(ctx) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// hasDatabase tells whether there is a database of that name. No name is the
// login's default, which always is there.
func (o *Options) hasDatabase(name string) bool {
	return o.Databases == nil || name == "" ||
		slices.ContainsFunc(o.Databases, func(known string) bool { return strings.EqualFold(known, name) })
}
