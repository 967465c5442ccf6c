package postgres

import (
	"context"
	"errors"
	"runtime"
	"weak"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// NewPool returns a pool of connections to the database that s names, as
// [NewConnector] finds it. Parameters named pool_*, such as pool_max_conns=10,
// adjust it as [pgxpool.ParseConfig] describes. It does not wait for a connection;
// Ping does. pgxpool returns pgx's own errors: [Explain] adds what this package knows.
//
// The token is renewed ahead of need while the pool has connections. Close the
// pool when it is done: pgxpool's own goroutine keeps one that is only dropped.
// [passwordless.Statuses] lists a closed pool until it is collected.
func NewPool(ctx context.Context, s string, o *passwordless.Options) (*pgxpool.Pool, error) {
	cfg, err := connector.Build(dsn.PostgreSQL, s, "", o, func(h *connector.Handle) (*pgxpool.Config, error) {
		cfg, err := poolConfig(h.Config())
		if err != nil {
			return nil, err
		}
		return cfg, attach(cfg, h, o)
	})
	if err != nil {
		return nil, err
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}

// poolConfig makes pgxpool's configuration of a connection.
func poolConfig(c dsn.Config) (*pgxpool.Config, error) {
	var cfg *pgxpool.Config
	_, err := native(c, func(conninfo string) (cc *pgx.ConnConfig, err error) {
		if cfg, err = pgxpool.ParseConfig(conninfo); err == nil {
			cc = cfg.ConnConfig
		}
		return cc, err
	})
	return cfg, err
}

// ConfigurePool completes a configuration that [pgxpool.ParseConfig] has made with
// the connection that s names, as [NewConnector] finds it. Set everything of your own
// first, then call ConfigurePool, then [pgxpool.NewWithConfig]. An error leaves cfg
// as it was.
//
// Yours stay the settings of the pool, the hooks, the tracer, the query modes,
// and the dialer unless the options bring one. Hosts with ports, database, user,
// each run-time parameter, connect_timeout, target_session_attrs, sslnegotiation
// and the protocol versions are yours where you gave them, by assignment or in the
// string that pgxpool parsed, and the connection's otherwise: what pgx took from
// PG* variables, a service file or its own defaults does not count. The string is
// read as package dsn reads it. Your own host must be trusted just as the
// connection's.
//
// The library's are, for each connection, the password, TLSConfig, Fallbacks
// (your hosts, without those that go without TLS), SSLCertMode, RequireAuth and
// ChannelBinding. Your BeforeConnect runs first and may still choose host and user,
// which are checked before a token is asked for. Your AfterNetConnect gets the
// connection after its certificate has been verified. AfterConnect and BeforeClose
// are called as before; they also tell the library whether the pool has connections,
// for a token is renewed ahead of need only while it has.
func ConfigurePool(cfg *pgxpool.Config, s string, o *passwordless.Options) error {
	if cfg == nil || !parsed(cfg) {
		return errors.New("postgres: the pool configuration was not made by pgxpool.ParseConfig: make it with that, then call ConfigurePool")
	}
	given, err := explicitIn(cfg.ConnConfig)
	if err != nil {
		return err
	}
	own, err := connector.Build(dsn.PostgreSQL, s, given.user, o, func(h *connector.Handle) (*pgxpool.Config, error) {
		cc, err := given.complete(cfg.ConnConfig, h.Config())
		if err != nil {
			return nil, err
		}
		own := &pgxpool.Config{ConnConfig: cc, BeforeConnect: cfg.BeforeConnect, AfterConnect: cfg.AfterConnect, BeforeClose: cfg.BeforeClose}
		return own, attach(own, h, o)
	})
	if err != nil {
		return err
	}
	*cfg.ConnConfig = *own.ConnConfig
	cfg.BeforeConnect, cfg.AfterConnect, cfg.BeforeClose = own.BeforeConnect, own.AfterConnect, own.BeforeClose
	return nil
}

// attach makes the pool of cfg log in with h.
func attach(cfg *pgxpool.Config, h *connector.Handle, o *passwordless.Options) error {
	useDialer(cfg.ConnConfig, h, o)
	if err := secure(cfg.ConnConfig, h); err != nil {
		return err
	}
	p := &poolLogin{configLogin{h, cfg.ConnConfig.User}, poolOnly{cfg.ConnConfig.LookupFunc}, cfg.BeforeConnect}
	cfg.BeforeConnect, cfg.ConnConfig.LookupFunc = p.beforeConnect, p.only.refuse
	follow(cfg, sqlopen.NewActiveSet[weak.Pointer[pgx.Conn]](h.SetActive))
	return nil
}

// follow has the pool of cfg report its connections to the set, after the hooks
// that are there. pgxpool calls BeforeClose once for each connection whose
// AfterConnect succeeded; a hijacked one leaves the set when it is collected.
func follow(cfg *pgxpool.Config, set *sqlopen.ActiveSet[weak.Pointer[pgx.Conn]]) {
	opened, closing := cfg.AfterConnect, cfg.BeforeClose
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if opened != nil {
			if err := opened(ctx, conn); err != nil {
				return err // pgxpool closes conn without a BeforeClose
			}
		}
		key := weak.Make(conn)
		set.Add(key)
		runtime.AddCleanup(conn, set.Remove, key)
		return nil
	}
	cfg.BeforeClose = func(conn *pgx.Conn) {
		set.Remove(weak.Make(conn))
		if closing != nil {
			closing(conn)
		}
	}
}

// poolLogin gives each new connection of a pool its login.
type poolLogin struct {
	configLogin
	only   poolOnly
	before func(context.Context, *pgx.ConnConfig) error
}

// beforeConnect is a pgxpool.Config.BeforeConnect: cc is the connection's own.
func (p *poolLogin) beforeConnect(ctx context.Context, cc *pgx.ConnConfig) error {
	withoutPool(cc)
	if p.before != nil {
		if err := p.before(ctx, cc); err != nil {
			return err
		}
	}
	if err := p.logIn(ctx, cc); err != nil {
		return err
	}
	bound(ctx, cc)
	return nil
}

// poolOnly stands in for the LookupFunc of a pool's configuration, which has no
// login of its own, until the pool's BeforeConnect puts the real one back.
type poolOnly struct{ lookup pgconn.LookupFunc }

func (p poolOnly) refuse(context.Context, string) ([]string, error) { return nil, poolOnlyError(p) }

// withoutPool gives cc its own LookupFunc back.
func withoutPool(cc *pgx.ConnConfig) bool {
	if code(cc.LookupFunc) != code(poolOnly{}.refuse) {
		return false
	}
	_, err := cc.LookupFunc(context.Background(), "")
	only, ok := errors.AsType[poolOnlyError](err)
	if ok {
		cc.LookupFunc = only.lookup
	}
	return ok
}

type poolOnlyError poolOnly

func (poolOnlyError) Error() string {
	return "postgres: this is the configuration of a pool, which alone gives it a login: call postgres.Configure with it first, for pgx.ConnectConfig and stdlib.OpenDB"
}
