package mysqltest

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
)

// The authentication plugins of ordinary MySQL users.
const (
	CachingSHA2    = "caching_sha2_password" // MySQL 8's own default
	NativePassword = "mysql_native_password" // MariaDB's, and that of older servers
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

	// Users are the database users for Microsoft Entra identities. A login as any
	// other name is refused. Nil: every name is a user, and only the token decides.
	Users []string

	// Passwords are users that log in with an ordinary password instead of a
	// token: user to password. They need not be in Users.
	Passwords map[string]string

	// PasswordOf finds the password of a user that is not in Passwords; false: the
	// user logs in with a token. It is asked at each login, and may be called
	// concurrently.
	PasswordOf func(user string) (password string, ok bool)

	// Databases are the databases there are. A login that asks for another one is
	// refused (error 1049). Nil: any.
	Databases []string

	// AuthPlugin is the plugin of users with a password, and the one that the
	// greeting names: [CachingSHA2] or [NativePassword]. Empty:
	// CachingSHA2.
	AuthPlugin string

	// InsecureTransport lets users with a password log in without TLS, as servers
	// with require_secure_transport=OFF do. Tokens are still not asked for.
	InsecureTransport bool

	// Verify decides on a login by a user without a password. An error that
	// is or wraps a [*Error] reaches the client as it is; any other error
	// reaches it as "Access denied for user" (1045), and its text only the record.
	// Nil: the cloud's own check of the token, refused with the texts of Azure
	// Database for MySQL. It may be called concurrently.
	Verify func(user, password string) error

	// Backend is an ordinary MySQL or MariaDB server, with a user and password of
	// its own, as "user:password@tcp(host:port)/database" or
	// "user:password@unix(/path)/database". Each session that has logged in is
	// joined to a connection of that server, without TLS: what the client sends and
	// receives from there on is the server's own. The client's database replaces
	// the one given here. Its user must have the plugin mysql_native_password or
	// caching_sha2_password, or, on a UNIX socket, one that asks nothing.
	Backend string

	// Handler speaks for the server once a client has logged in, instead of
	// Backend. Neither: every statement succeeds with no rows (see
	// [Start]). Its context ends with the server. When it returns the
	// connection is closed; an error that is or wraps a [*Error] is sent first.
	// It is called once per session, concurrently.
	Handler func(ctx context.Context, s *Session) error
}

// Server is a login front end for MySQL. It speaks the real wire protocol
// over real TLS, refuses logins without TLS before it asks for a password, asks
// for the token with the plugin mysql_clear_password like Azure Database for
// MySQL, and checks it. What happens then is in [Options].
//
// Its methods are safe for concurrent use.
type Server struct {
	frontend.Server
	options     Options
	backend     *backend      // nil without Options.Backend
	connections atomic.Uint32 // numbers the connections of a server without a backend

	known sync.Map                        // users whose password has been seen, for caching_sha2_password
	key   func() (*rsa.PrivateKey, error) // for passwords of that plugin without TLS
}

// Start starts a MySQL front end on a free port of 127.0.0.1, with a
// certificate of the cloud's authority. Without [Options.Verify] a login
// needs a token of this cloud for [azuretest.OSSRDBMSAudience] that belongs to the user it
// names.
//
// Without a Backend and a Handler every statement succeeds and returns no rows
// and no columns, so that programs which only connect, ping or write can run.
//
// The server runs until its Close, which [azuretest.Cloud.Close] calls too.
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

// NewPipe makes a front end that listens nowhere: connections are handed
// to its ServeConn. It suits [net.Pipe] inside a testing/synctest bubble, where
// sockets would hold the clock. It needs [Options.Verify] or
// [Options.Passwords], since there is no cloud to ask.
func NewPipe(ca *azuretest.CA, o *Options) (*Server, error) {
	if o == nil || o.Verify == nil && len(o.Passwords) == 0 && o.PasswordOf == nil {
		return nil, errors.New("azuretest: MySQL front end: Verify or Passwords must be set without a cloud")
	}
	if o.Backend != "" && o.Handler != nil {
		return nil, errors.New("azuretest: MySQL front end: Backend and Handler exclude each other")
	}
	s := &Server{options: *o, key: sync.OnceValues(newKey)}
	s.Faults.Engine, s.Faults.Own, s.Faults.Refuses = "MySQL", []azuretest.ServerFaultKind{azuretest.AskNativePassword, azuretest.AskCachingSHA2}, frontend.IsError[*Error]
	switch s.options.AuthPlugin {
	case "":
		s.options.AuthPlugin = CachingSHA2
	case CachingSHA2, NativePassword:
	default:
		return nil, fmt.Errorf("azuretest: MySQL front end: AuthPlugin must be %s or %s", CachingSHA2, NativePassword)
	}
	if o.Backend != "" {
		var err error
		if s.backend, err = parseBackend(o.Backend); err != nil {
			return nil, fmt.Errorf("azuretest: MySQL front end: %w", err)
		}
	}
	return s, s.Init(ca, o.Names, o.Certificate, s.serveConn)
}

// password is that of an ordinary user; false: user logs in with a token.
func (o *Options) password(user string) (string, bool) {
	password, ok := o.Passwords[user]
	if !ok && o.PasswordOf != nil {
		password, ok = o.PasswordOf(user)
	}
	return password, ok
}

// hasUser tells whether a token may log in as user.
func (o *Options) hasUser(user string) bool {
	return o.Users == nil || slices.Contains(o.Users, user)
}

// hasDatabase tells whether there is a database of that name. A client may name
// none.
func (o *Options) hasDatabase(name string) bool {
	return o.Databases == nil || name == "" || slices.Contains(o.Databases, name)
}
