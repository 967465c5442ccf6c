package mysqlfront

import (
	"crypto/tls"
	"errors"
	"fmt"
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

// Options adjusts a front end. If nil, all defaults. They are read once, at the start.
type Options struct {
	azuretest.ServerOptions

	Certificate tls.Certificate // default: one that the cloud's CA issues for Names

	// AuthPlugin is the plugin of users with a password, and the one that the
	// greeting names: [CachingSHA2] or [NativePassword]. If empty, CachingSHA2.
	AuthPlugin string

	// InsecureTransport lets users with a password log in without TLS, as servers
	// with require_secure_transport=OFF do. Tokens are still not asked for.
	InsecureTransport bool

	// PassOn leaves the decision to the server behind Backend, a UNIX socket: it is logged in to with the
	// client's own user and password. If it refuses a token, the client is told what Verify says of that,
	// in place of the server's own words.
	PassOn bool

	// Rewrite changes the statements for the server behind Backend. If nil, they stay as they are.
	Rewrite func(sql string) string

	// Verify decides on a login by a user without a password. An
	// [*azuretest.ServerError] reaches the client as it is; any other error reaches it
	// as error 1045, and its text only the record. If nil, the cloud's own check of the
	// token, refused with the texts of Azure Database for MySQL. It may be called
	// concurrently.
	Verify func(user, password string) error
}

// Server is an [azuretest.Server] for MySQL.
type Server struct {
	base
	options     Options
	backend     *backend      // nil without Options.Backend
	connections atomic.Uint32 // numbers the connections of a server without a backend

	known sync.Map                // users whose password has been seen, for caching_sha2_password
	key   func() (*rsaKey, error) // for passwords of that plugin without TLS
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
	s := &Server{options: frontend.OrDefaults(o), key: sync.OnceValues(newKey)}
	switch o := &s.options; o.AuthPlugin {
	case "":
		o.AuthPlugin = CachingSHA2
	case CachingSHA2, NativePassword:
	default:
		return nil, fmt.Errorf("azuretest: AuthPlugin must be %s or %s", CachingSHA2, NativePassword)
	}
	if backend := s.options.Backend; backend != "" {
		var err error
		if s.backend, err = parseBackend(backend); err != nil {
			return nil, fmt.Errorf("azuretest: %w", err)
		}
	}
	return s, frontend.Init(&s.base, frontend.Config{
		Engine: "MySQL", Faults: []azuretest.ServerFaultKind{azuretest.AskNativePassword, azuretest.AskCachingSHA2}, IsError: isError,
		Protocol: func(c *frontend.Conn) frontend.Protocol { return &client{Conn: c, server: s, wire: newWire(c, c.In)} },
		Verify:   s.options.Verify, CloudVerify: verify,
		Cloud: cloud, CA: ca, Options: s.options.ServerOptions, Certificate: s.options.Certificate,
		Setting: func(host string, port int, user string) string {
			return fmt.Sprintf("%s@tcp(%s:%d)/app?tls=true", user, host, port)
		},
		Variables: "AZURE_MYSQL_",
	})
}

func isError(err error) bool {
	_, ok := errors.AsType[*azuretest.ServerError](err)
	return ok
}
