package azuretest

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
)

// SQLServerOptions adjusts [Cloud.StartSQLServer] and [NewSQLServer]. A nil
// *SQLServerOptions means all defaults. Options are read once, at the start.
type SQLServerOptions struct {
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
	// be left zero. An error that is or wraps a [*SQLServerError] reaches the client
	// as it is; any other error reaches it as error 18456, and its text only the
	// record. Nil: the cloud's own check, refused with the texts of Azure SQL
	// Database. It may be called concurrently.
	Verify func(token string) (Claims, error)

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
	Backend *SQLServerBackend

	// Handler speaks for the server once a client has logged in, instead of
	// Backend. Neither: every request succeeds with no rows (see
	// [Cloud.StartSQLServer]). Its context ends with the server. When it returns
	// the connection is closed; an error that is or wraps a [*SQLServerError] is
	// sent first, as the answer to the client's request or, between requests, to its
	// next one. It is called once per session, concurrently.
	Handler func(ctx context.Context, s *SQLServerSession) error
}

// SQLServer is a login front end for SQL Server and Azure SQL Database. It speaks
// TDS 7.4, with TLS negotiated inside it, and TDS 8.0, inside TLS, on one port;
// insists on TLS; takes a token at once or says first where to get one; and checks
// it. What happens then is in [SQLServerOptions].
//
// Its methods are safe for concurrent use.
type SQLServer struct {
	frontEnd
	options SQLServerOptions
	users   sqlUsers
}

// publicSTSURL is what Azure SQL Database in the public cloud tells clients,
// without the tenant that a server without a cloud does not have.
const publicSTSURL = "https://login.windows.net/common"

// StartSQLServer starts a SQL Server front end on a free port of 127.0.0.1, with
// a certificate of the cloud's authority. Without [SQLServerOptions.Verify] a
// login needs a token of this cloud for [SQLAudience].
//
// Without a Backend and a Handler every statement succeeds and returns no rows
// and no columns, so that programs which only connect, ping or write can run.
//
// The server runs until [SQLServer.Close], which [Cloud.Close] calls too.
func StartSQLServer(c *Cloud, o *SQLServerOptions) (*SQLServer, error) {
	var options SQLServerOptions
	if o != nil {
		options = *o
	}
	if options.Verify == nil {
		options.Verify = verifySQLServer(c)
	}
	if options.STSURL == "" {
		options.STSURL = c.AuthorityHost() + c.TenantID()
	}
	s, err := NewSQLServer(c.CA(), &options)
	if err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	return s, c.AtClose(s.Close)
}

// NewSQLServer makes a front end that listens nowhere: connections are handed to
// [SQLServer.ServeConn]. It suits [net.Pipe] inside a testing/synctest bubble,
// where sockets would hold the clock. It needs [SQLServerOptions.Verify] or
// [SQLServerOptions.Passwords], since there is no cloud to ask.
func NewSQLServer(ca *CA, o *SQLServerOptions) (*SQLServer, error) {
	if o == nil || o.Verify == nil && len(o.Passwords) == 0 {
		return nil, errors.New("azuretest: SQL Server front end: Verify or Passwords must be set without a cloud")
	}
	if o.Backend != nil && o.Handler != nil {
		return nil, errors.New("azuretest: SQL Server front end: Backend and Handler exclude each other")
	}
	s := &SQLServer{options: *o}
	s.faults.engine, s.faults.own, s.faults.refuses = "SQL Server", []ServerFaultKind{Route}, isError[*SQLServerError]
	s.users.set(o.Users, o.Passwords)
	if s.options.STSURL == "" {
		s.options.STSURL = publicSTSURL
	}
	if s.options.Handler == nil {
		s.options.Handler = sqlNoRows
	}
	err := s.init(ca, o.Names, o.Certificate, func(ctx context.Context, conn net.Conn) { newSQLConn(s, conn).serve(ctx) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// hasDatabase tells whether there is a database of that name. No name is the
// login's default, which always is there.
func (o *SQLServerOptions) hasDatabase(name string) bool {
	return o.Databases == nil || name == "" ||
		slices.ContainsFunc(o.Databases, func(known string) bool { return strings.EqualFold(known, name) })
}
