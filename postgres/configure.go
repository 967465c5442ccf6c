package postgres

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// Configure completes a configuration that [pgx.ParseConfig] has made with the
// connection that s names, as [NewConnector] finds it: for [stdlib.OpenDB] and
// [stdlib.RegisterConnConfig] with pgx's own options, and for [pgx.ConnectConfig], which
// returns one connection. Set everything of your own first, then call Configure. An
// error leaves cfg as it was. A pool's ConnConfig may be completed so, too.
//
// What stays yours and what is the library's is as [ConfigurePool] has it. A
// [stdlib.OptionBeforeConnect] runs first; it may choose the user, and among the hosts
// of the configuration as [stdlib.RandomizeHostOrderFunc] does, but must not replace
// TLSConfig, DialFunc or AfterNetConnect: no token is asked for then.
//
// The token is renewed ahead of need while there are connections. A login refused
// because the token has expired is not tried again, as [Connector.Connect] does; the
// next one gets a new token. pgx returns its own errors: [Explain] adds what this
// package knows. Use a copy of cfg for each [pgconn.ConnectConfig].
func Configure(cfg *pgx.ConnConfig, s string, o *passwordless.Options) error {
	given, err := explicitIn(cfg)
	if err != nil {
		return err
	}
	own, err := connector.Build(dsn.PostgreSQL, s, given.user, o, func(h *connector.Handle) (*pgx.ConnConfig, error) {
		cc, err := given.complete(cfg, h.Config())
		if err != nil {
			return nil, err
		}
		useDialer(cc, h, o)
		if err := secure(cc, h); err != nil {
			return nil, err
		}
		c := &configured{
			configLogin: configLogin{h, cc.User},
			shared:      &cfg.Config,
			open:        sqlopen.NewActiveSet[*configuredConn](h.SetActive),
			dial:        cc.DialFunc,
			next:        cc.AfterNetConnect,
		}
		cc.DialFunc, cc.AfterNetConnect = c.dialBound, c.afterNetConnect
		return cc, nil
	})
	if err != nil {
		return err
	}
	*cfg = *own
	return nil
}

// configLogin gives the connections of a configuration their login.
type configLogin struct {
	handle *connector.Handle
	user   string // of the configuration, before anybody's BeforeConnect
}

// logIn completes cc, one connection's own, with a login.
func (l configLogin) logIn(ctx context.Context, cc *pgx.ConnConfig) error {
	if err := secure(cc, l.handle); err != nil {
		return err
	}
	began := time.Now()
	login, err := l.handle.Login(ctx)
	if err != nil {
		l.handle.LoginEnded(ctx, began, err, connector.Classification{})
		return err
	}
	if cc.User != l.user {
		login.User = cc.User
	}
	setLogin(cc, login)
	l.follow(ctx, cc, login, began)
	return nil
}

// follow has the login tell how it ends. pgx cannot try a login again: what follows from a refusal is for the next one.
func (l configLogin) follow(ctx context.Context, cc *pgx.ConnConfig, login connector.Login, began time.Time) {
	var pending atomic.Pointer[context.Context] // until it is done: the connection must not keep it
	pending.Store(&ctx)
	refused, after := cc.OnPgError, cc.AfterConnect
	cc.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		if cmp.Or(err.SeverityUnlocalized, err.Severity) == "FATAL" { // no query's own error
			c := classify(err)
			l.handle.Refused(login, c)
			if ctx := pending.Load(); ctx != nil {
				l.handle.LoginEnded(*ctx, began, err, c)
			}
		}
		return refused == nil || refused(conn, err)
	}
	cc.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
		pending.Store(nil)
		l.handle.LoginEnded(ctx, began, nil, connector.Classification{})
		if after == nil {
			return nil
		}
		return after(ctx, conn)
	}
}

// configured is a configuration that Configure has completed. The token enters the
// configuration of one connection, which pgx makes, once the server is verified.
type configured struct {
	configLogin
	shared *pgconn.Config // the caller's, which no token may enter
	open   *sqlopen.ActiveSet[*configuredConn]
	dial   pgconn.DialFunc
	next   func(context.Context, *pgconn.Config, net.Conn) (net.Conn, error)
}

// configuredConn is a network connection under TLS, which tells of its end.
type configuredConn struct {
	loginConn
	login *boundLogin
	owner *configured
}

// Close closes the connection, and says so.
func (c *configuredConn) Close() error {
	c.owner.open.Remove(c)
	return c.Conn.Close()
}

// dialBound is a pgconn.Config.DialFunc. Requests to cancel a query use it, too.
func (c *configured) dialBound(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	login := &boundLogin{stop: sqlopen.CloseAfter(ctx, conn)}
	own := &configuredConn{loginConn{Conn: conn, done: &login.done}, login, c}
	c.open.Add(own)
	return own, nil
}

var (
	errReplaced = errors.New("postgres: TLSConfig or DialFunc is not the one that Configure left in the configuration: set your own before Configure")
	errShared   = errors.New("postgres: pgconn.ConnectConfig would leave the token in the configuration: give it a copy for each connection, or use pgx.ConnectConfig")
)

// afterNetConnect is a pgconn.Config.AfterNetConnect: config is one connection's own.
func (c *configured) afterNetConnect(ctx context.Context, config *pgconn.Config, conn net.Conn) (net.Conn, error) {
	if config == c.shared {
		return conn, errShared
	}
	own, ok := under(conn).(*configuredConn)
	if !ok || own.owner != c {
		return conn, errReplaced
	}
	cc := &pgx.ConnConfig{Config: *config.Copy()}
	if err := c.checkTLS(cc); err != nil {
		return conn, err
	}
	cc.AfterNetConnect = c.next
	if err := c.logIn(ctx, cc); err != nil {
		return conn, err
	}
	*config = cc.Config
	first := own.login
	first.bound(config)
	check := config.AfterNetConnect
	config.AfterNetConnect = func(ctx context.Context, config *pgconn.Config, conn net.Conn) (net.Conn, error) {
		again, ok := under(conn).(*configuredConn)
		if !ok {
			return conn, errReplaced
		}
		first.stop() // of another host or address
		first.stop, again.done = again.login.stop, &first.done
		return check(ctx, config, conn)
	}
	return check(ctx, config, conn)
}

// under is the network connection below TLS, if there is TLS.
func under(conn net.Conn) net.Conn {
	if secured, ok := conn.(*tls.Conn); ok {
		return secured.NetConn()
	}
	return conn
}

// checkTLS makes sure that each host of cc has the library's TLS.
func (c *configured) checkTLS(cc *pgx.ConnConfig) error {
	for _, host := range append(cc.Fallbacks, &pgconn.FallbackConfig{Host: cc.Host, TLSConfig: cc.TLSConfig}) {
		want, err := c.handle.TLSConfig(host.Host)
		if err != nil {
			return err
		}
		if !sameTLS(host.TLSConfig, want) {
			return errReplaced
		}
	}
	return nil
}

// sameTLS reports whether a configuration verifies what want does.
func sameTLS(config, want *tls.Config) bool {
	if config == nil || want == nil {
		return config == want
	}
	return config.ServerName == want.ServerName && config.RootCAs.Equal(want.RootCAs) && !config.InsecureSkipVerify &&
		config.MinVersion >= want.MinVersion && config.VerifyPeerCertificate == nil && config.VerifyConnection == nil &&
		config.EncryptedClientHelloRejectionVerify == nil && config.Time == nil
}
