package sqlserverfront

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/tds"
)

// Options adjusts a front end. If nil, all defaults. They are read once, at the start.
type Options struct {
	azuretest.ServerOptions

	Certificate tls.Certificate // default: one that the cloud's CA issues for Names

	// Databases are the databases there are, compared without case. Another one is
	// error 4060. If nil, any.
	Databases []string

	// Verify decides on a token, and says whose it is and when it expires, which may
	// be left zero. An [*Error] reaches the client as it is; any other error reaches it
	// as error 18456, and its text only the record. If nil, the cloud's check, with the
	// texts of Azure SQL Database. It may be called concurrently.
	Verify func(token string) (azuretest.Claims, error)

	// STSURL is where clients that ask for it are told to get a token (go-mssqldb's
	// NewActiveDirectoryTokenConnector). If empty, the cloud's authority with its
	// tenant; without a cloud the public cloud's.
	STSURL string

	// BackendTLS is what the Backend's certificate is verified with. If nil, TLS if the
	// Backend has it, whatever its certificate, as suits a container on this machine.
	BackendTLS *tls.Config

	// Handler speaks the protocol with a client that has logged in, instead of
	// Backend and Query.
	Handler func(ctx context.Context, s *tds.Session) error
}

// Server is an [azuretest.Server] for SQL Server and Azure SQL Database: TDS 7.4,
// with TLS negotiated inside it, and TDS 8.0, inside TLS, on one port.
type Server struct {
	base
	mu      sync.Mutex // guards Users and Passwords in options
	options Options
	backend *url.URL // nil without Options.Backend
}

type base = frontend.Server

// publicSTSURL is what Azure SQL Database in the public cloud tells clients,
// without the tenant that a server without a cloud does not have.
const publicSTSURL = "https://login.windows.net/common"

// Start starts a front end on a free port of 127.0.0.1. Without [Options.Verify] a
// login needs a token of the cloud for [azuretest.SQLAudience]. The server runs
// until it or the cloud is closed.
func Start(cloud *azuretest.Cloud, o *Options) (*Server, error) { return build(cloud, cloud.CA(), o) }

// NewPipe makes a front end that listens nowhere: see [azuretest.Server].ServeConn.
// It needs Verify or Passwords, since there is no cloud to ask.
func NewPipe(ca *azuretest.CA, o *Options) (*Server, error) { return build(nil, ca, o) }

func build(cloud *azuretest.Cloud, ca *azuretest.CA, o *Options) (*Server, error) {
	s := &Server{options: frontend.OrDefaults(o)}
	o = &s.options
	o.Users, o.Passwords = slices.Clone(o.Users), maps.Clone(o.Passwords)
	if cloud != nil {
		o.STSURL = cmp.Or(o.STSURL, cloud.AuthorityHost()+cloud.TenantID())
	}
	if o.Verify == nil && cloud != nil {
		o.Verify = func(token string) (azuretest.Claims, error) { return verify(cloud, token) }
	}
	o.STSURL = cmp.Or(o.STSURL, publicSTSURL)
	if o.Backend != "" {
		var err error
		if s.backend, err = url.Parse(o.Backend); err != nil || s.backend.Scheme != "sqlserver" || s.backend.User == nil {
			return nil, errors.New("azuretest: the Backend must look like sqlserver://user:password@host:port")
		}
	}
	var anyone func(user, secret string) error
	if o.Verify != nil { // which says who the user is
		anyone = func(string, string) error { return nil }
	}
	return s, frontend.Init(&s.base, frontend.Config{
		Engine: "SQL Server", Faults: []azuretest.ServerFaultKind{azuretest.Route},
		IsError:   func(err error) bool { return len(errorsIn(err)) > 0 },
		Variables: "AZURE_SQL_",
		Setting: func(host string, port int, _ string) string {
			return fmt.Sprintf("Server=tcp:%s,%d;Database=app;Encrypt=true", host, port)
		},
		Cloud: cloud, CA: ca, Options: o.ServerOptions, Certificate: o.Certificate, Verify: anyone, Handler: o.Handler != nil,
		Protocol: func(c *frontend.Conn) frontend.Protocol {
			return &client{Conn: c, server: s, stream: tds.NewStream(c.In, c.Conn)}
		},
	})
}

// hasDatabase tells whether there is a database of that name. No name is the
// login's default, which always is there.
func (o *Options) hasDatabase(name string) bool {
	return o.Databases == nil || name == "" ||
		slices.ContainsFunc(o.Databases, func(known string) bool { return strings.EqualFold(known, name) })
}

// password is that of a SQL login.
func (s *Server) password(user string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	password, ok := s.options.Passwords[user]
	return password, ok
}

// has tells whether the bearer of a token has a user in the database.
func (s *Server) has(bearer azuretest.Claims) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.Users == nil || slices.ContainsFunc(bearer.Names, func(name string) bool { return slices.Contains(s.options.Users, name) })
}

// AddUser gives the identity of that name a user in the database, from the next
// login on. If [Options.Users] was nil every identity has one already.
func (s *Server) AddUser(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.options.Users != nil && !slices.Contains(s.options.Users, name) {
		s.options.Users = append(s.options.Users, name)
	}
}

// AddLogin adds a SQL login, or gives it another password, from the next login on.
func (s *Server) AddLogin(user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.options.Passwords == nil {
		s.options.Passwords = make(map[string]string)
	}
	s.options.Passwords[user] = password
}
