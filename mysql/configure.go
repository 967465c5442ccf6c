package mysql

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// Configure completes a custom configuration with the connection that s names, as
// [NewConnector] finds it. Set everything of your own first, then call Configure,
// then [mysql.NewConnector]. An error leaves cfg as it was.
//
// Yours stay, where you gave them, address and network, database, user, logger,
// dialer and each parameter; the connection's first host and its settings stand in
// for the rest. A driver's default is taken as not given, and so is the address
// 127.0.0.1:3306, which [mysql.ParseDSN] writes where a string has none. Your own
// host must be trusted just as the connection's. A network that was registered with
// the driver needs its dialer in DialFunc.
//
// The library's are, for each connection, the password, the TLS configuration,
// AllowCleartextPasswords and AllowFallbackToPlaintext, and with a token also
// AllowNativePasswords and AllowOldPasswords. Of a TLS configuration that cfg
// holds or names, the roots and the client certificates are taken over. What
// DialFunc returns makes TLS itself, verified as cfg.TLS says, and logs in inside
// it, so that the driver never has the token, nor has any copy of cfg. A copy works
// as cfg does; one whose DialFunc or BeforeConnect is replaced does not connect.
//
// The functions in before, which replace [mysql.BeforeConnect], run first for each
// connection, in their order, with its own copy of the configuration; they may still
// choose address, user and database, which are checked before a token is asked for.
//
// The token is renewed ahead of need while cfg has connections. A login refused
// because the token has expired is not tried again, as [Connector.Connect] does. The
// driver returns its own bare errors: [Explain] adds what this package knows. What a
// server says until it has accepted the login, before TLS and inside it, is looked at
// before the driver reads it, which panics on packets that are too short.
func Configure(cfg *mysql.Config, s string, o *passwordless.Options, before ...func(context.Context, *mysql.Config) error) error {
	if hasBeforeConnect(cfg) {
		return errors.New("mysql: the configuration has a BeforeConnect already: give that function to Configure instead, after its options")
	}
	if cfg.DialFunc == nil && !slices.Contains([]string{"", "tcp", "tcp4", "tcp6", "unix"}, cfg.Net) {
		return errors.New("mysql: the configuration's network is not one that package net knows: set DialFunc to what is registered for it, or use tcp and Options.Dial")
	}
	own, err := connector.Build(dsn.MySQL, s, cfg.User, o, func(h *connector.Handle) (*mysql.Config, error) {
		own, err := complete(cfg, h.Config())
		if err != nil {
			return nil, err
		}
		return own, attach(own, h, before)
	})
	if err == nil {
		*cfg = *own
	}
	return err
}

// hasBeforeConnect reports whether [mysql.BeforeConnect] has been applied, of
// which only an unexported field tells.
func hasBeforeConnect(cfg *mysql.Config) bool {
	field := reflect.ValueOf(cfg).Elem().FieldByName("beforeConnect")
	return field.IsValid() && !field.IsNil()
}

// attach makes the connections of cfg log in with h, if its host may have the login.
func attach(cfg *mysql.Config, h *connector.Handle, before []func(context.Context, *mysql.Config) error) error {
	extra, err := cfg.TLS, error(nil)
	if extra == nil {
		if extra, err = registered(cfg.TLSConfig); err != nil {
			return err
		}
	}
	p := &configLogin{handle: h, extra: ownSessions(extra), user: cfg.User, before: before, open: sqlopen.NewActiveSet[*loginConn](h.SetActive), dial: cfg.DialFunc}
	if p.dial == nil {
		p.dial = h.DialContext
	}
	config, err := p.tlsFor(cfg.Addr)
	if err != nil {
		return err
	}
	cfg.TLS, cfg.TLSConfig, cfg.Passwd = config, "", ""
	cfg.AllowFallbackToPlaintext, cfg.AllowCleartextPasswords = false, false
	cfg.DialFunc = p.dialLogin
	return cfg.Apply(mysql.BeforeConnect(p.beforeConnect))
}

// configLogin gives each new connection of a configuration its login.
type configLogin struct {
	handle *connector.Handle
	extra  *tls.Config // roots and client certificates; may be nil
	user   string      // of the configuration, before any function changes it
	before []func(context.Context, *mysql.Config) error
	open   *sqlopen.ActiveSet[*loginConn]
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

// dials are what beforeConnect leaves for dialLogin, which the driver calls next: a dial by the address that the driver
// gets. They are those of all configurations, so that also another one's dialLogin takes them out.
var dials sync.Map

// dial is what a connection is made with.
type dial struct {
	of               *configLogin
	conn             *loginConn
	network, address string
}

// beforeConnect is the function of a [mysql.BeforeConnect]: cfg is the connection's own. What it says afterwards
// is of use with dialLogin alone: neither an address that another function could dial, nor a token.
func (p *configLogin) beforeConnect(ctx context.Context, cfg *mysql.Config) error {
	left := cfg.DialFunc // which the driver calls, whatever the functions make of their copy
	for _, f := range p.before {
		if err := f(ctx, cfg); err != nil {
			return err
		}
	}
	for _, f := range []func(context.Context, string, string) (net.Conn, error){left, cfg.DialFunc} {
		if reflect.ValueOf(f).Pointer() != reflect.ValueOf(p.dialLogin).Pointer() {
			return errNotOurs
		}
	}
	config, err := p.tlsFor(cfg.Addr)
	if err != nil {
		return err
	}
	login, err := p.handle.Login(ctx)
	if err != nil {
		return err
	}
	if cfg.User != p.user {
		login.User = cfg.User
	}
	d := dial{of: p, network: cfg.Net, address: cfg.Addr}
	if d.conn, err = setLogin(cfg, config, login); err != nil {
		return err
	}
	cfg.Addr = rand.Text()
	dials.Store(cfg.Addr, d)
	return nil
}

// errNotOurs is the error of a configuration that was changed so that its two functions are not of one Configure.
var errNotOurs = errors.New("mysql: the configuration's DialFunc or BeforeConnect is not the one that Configure left there: set your own before Configure")

// dialLogin is a mysql.Config.DialFunc.
func (p *configLogin) dialLogin(ctx context.Context, _, key string) (net.Conn, error) {
	next, _ := dials.LoadAndDelete(key)
	d, ok := next.(dial)
	if !ok || d.of != p {
		return nil, errNotOurs
	}
	conn, err := p.dial(ctx, d.network, d.address)
	if err != nil {
		return nil, err
	}
	if d.conn.config != nil {
		d.conn.closed = func() { p.open.Remove(d.conn) }
		p.open.Add(d.conn)
	}
	return d.conn.over(conn), nil
}

// tlsFor is the TLS configuration for an address, which may have no port.
func (p *configLogin) tlsFor(address string) (*tls.Config, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	return tlsFor(p.handle, host, p.extra)
}

// defaultAddress is what [mysql.ParseDSN] writes where a string has no address.
const defaultAddress = "127.0.0.1:3306"

// complete returns a configuration with what its author gave in cfg, and else with
// what c says. Parameters are joined in one string for the driver's parser, which
// lets the last one count: so those in unexported fields are found, too.
func complete(cfg *mysql.Config, c dsn.Config) (*mysql.Config, error) {
	if _, err := native(c); err != nil { // it names the parameter
		return nil, err
	}
	theirs, session := query(c.Params)
	yours := given(cfg)
	own, err := mysql.ParseDSN("/?" + theirs + "&" + yours)
	if err != nil || strings.Contains(yours, "/") { // where the parser would end the address
		return nil, connector.BadParameter("", "go-sql-driver does not take the parameters of the connection together with the configuration's")
	}
	maps.Copy(session, cfg.Params)
	own.Params = session
	own.Net, own.Addr = cfg.Net, cfg.Addr
	if cfg.Addr == "" || cfg.Addr == defaultAddress {
		own.Addr = c.Hosts[0].String()
	}
	own.User, own.DBName = cmp.Or(cfg.User, c.User), cmp.Or(cfg.DBName, c.Database)
	if cfg.Loc != nil && cfg.Loc != time.UTC {
		own.Loc = cfg.Loc
	}
	own.AllowAllFiles = cfg.AllowAllFiles
	own.TLS, own.TLSConfig = cfg.TLS, cfg.TLSConfig
	if own.TLSConfig == "" && own.TLS == nil {
		own.TLSConfig = c.Params[tlsParameter]
	}
	own.DialFunc = cfg.DialFunc
	if cfg.Logger != nil {
		own.Logger = cfg.Logger
	}
	return own, nil
}

// given writes the parameters of cfg that are not the driver's defaults as in a
// DSN, without those that this package or complete sees to itself.
func given(cfg *mysql.Config) string {
	bare := *cfg
	bare.User, bare.Passwd, bare.Net, bare.Addr, bare.DBName, bare.TLSConfig, bare.Loc, bare.Params = "", "", "", "", "", "", nil, nil
	bare.AllowAllFiles, bare.AllowCleartextPasswords, bare.AllowFallbackToPlaintext = false, false, false
	_, text, _ := strings.Cut(bare.FormatDSN(), "?")
	return text
}
