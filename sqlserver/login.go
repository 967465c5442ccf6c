package sqlserver

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/redact"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// Connect logs in and returns a *[Conn]. Every step obeys ctx; without a deadline it
// gets 30 seconds at each server, plus the time of a token request. A token that the
// server calls expired is replaced, once. Errors are *[passwordless.TokenError] or
// *[passwordless.LoginError], which unwraps to go-mssqldb's [mssql.Error].
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	return c.handle.Connect(ctx, connector.Driver{
		Login:    c.logIn,
		Classify: c.classify,
	})
}

// logIn tries the servers in order, by tryElsewhere. go-mssqldb's own failover would
// verify the partner by the name of the first.
func (c *Connector) logIn(ctx context.Context, a *connector.Attempt) (driver.Conn, error) {
	var failed redact.Errors
	for _, host := range c.hosts {
		l := &serverLogin{
			handle: c.handle, attempt: a, dial: c.dial, address: host.String(), strict: c.strict,
			caller: ctx, tenantless: c.handle.NeedsTenant(),
		}
		if !l.tenantless {
			var err error
			if l.login, err = a.Login(ctx); err != nil {
				return nil, err
			}
		}
		conn, err := c.loginAt(host, l)
		if err == nil {
			network, retires := l.conn, retirement(time.Now(), l.login.ExpiresOn)
			*l = serverLogin{} // go-mssqldb keeps it: it must not keep the caller's context and the token with it
			return &Conn{Conn: conn, network: network, handle: c.handle, retires: retires}, nil
		}
		failed = append(failed, redact.NewError(host.String(), err, err.Error(), l.login.Password.Reveal(), len(answers(err)) > 0))
		if ctx.Err() != nil || !c.tryElsewhere(err) {
			break
		}
	}
	return nil, failed
}

// loginAt logs in to one server, or where that redirects to.
func (c *Connector) loginAt(host dsn.Host, l *serverLogin) (*mssql.Conn, error) {
	cfg, err := c.config(host, l)
	if err != nil {
		return nil, err
	}
	native, err := l.connector(cfg)
	if err != nil {
		return nil, err
	}
	native.Dialer = l
	return l.run(native, c.SessionInitSQL)
}

// config is go-mssqldb's configuration for one login at host, whose TLS is put into l.
func (c *Connector) config(host dsn.Host, l *serverLogin) (msdsn.Config, error) {
	cfg := c.native
	cfg.Host, cfg.Port = host.Name, uint64(host.Port)
	tlsConfig, err := tlsFor(c.handle, host.Name)
	if err != nil {
		return msdsn.Config{}, err
	}
	if tlsConfig != nil {
		if c.strict {
			tlsConfig.NextProtos = []string{"tds/8.0"}
		}
		l.tls, l.name = tlsConfig, tlsConfig.ServerName
		tlsConfig.VerifyConnection = l.verified
	}
	cfg.Encryption, cfg.TLSConfig = msdsn.EncryptionDisabled, nil // loginConn makes TLS
	if c.fixedName && !strings.Contains(l.name, "*") {
		cfg.Host = l.name // Azure's gateway goes by the name in the login, which through a tunnel is not the one dialled
	}
	if !c.token {
		cfg.User, cfg.Password = l.login.User, l.login.Password.Reveal()
	}
	return cfg, nil
}

// prepare runs batch as the first thing in the session of conn.
func prepare(ctx context.Context, conn *mssql.Conn, batch string) error {
	stmt, err := conn.PrepareContext(ctx, batch)
	if err != nil {
		return err
	}
	defer stmt.Close()
	if _, err = stmt.(driver.StmtExecContext).ExecContext(ctx, nil); err != nil {
		return fmt.Errorf("sqlserver: SessionInitSQL: %w", err)
	}
	return nil
}

// serverLogin is the login at one server and those that it redirects to: go-mssqldb
// dials and gets the token here, again for each redirect. It is used by one
// goroutine; only the closing of connections comes from outside.
type serverLogin struct {
	handle  *connector.Handle
	attempt *connector.Attempt
	dial    dialer
	address string // host:port of the first server
	strict  bool
	caller  context.Context // the token request's: it is not part of the time for the login

	tenantless bool            // the server must name the tenant before there is a login
	login      connector.Login // zero until then

	tls     *tls.Config // for this login; nil without TLS
	name    string      // that the present server's certificate is verified against; empty without TLS
	secured bool        // the present connection's handshake is done, and the server is one that may have the token
	refused error       // why the login was broken off here, of which go-mssqldb keeps only a text or nothing

	malformed atomic.Pointer[error] // what the server sent, as a goroutine of go-mssqldb's found it

	dials int
	conn  net.Conn        // of the last dial
	ctx   context.Context // when it ends, so does every connection of the login
	limit *time.Timer     // ends ctx; nil if the caller's deadline does
	stops []func() bool   // each takes one connection out of ctx's reach
}

// connector returns go-mssqldb's connector for the login. It is used once.
func (l *serverLogin) connector(cfg msdsn.Config) (*mssql.Connector, error) {
	switch {
	case l.tenantless:
		// The workflow of the other drivers' service principals.
		return mssql.NewActiveDirectoryTokenConnector(cfg, mssql.FedAuthADALWorkflowPassword, l.tokenOfTenant)
	case l.login.IsToken:
		return mssql.NewSecurityTokenConnector(cfg, l.token)
	default:
		return mssql.NewConnectorConfig(cfg), nil
	}
}

// run connects, within the caller's context and [sqlopen.LoginTimeout].
func (l *serverLogin) run(native *mssql.Connector, initSQL string) (*mssql.Conn, error) {
	ctx, cancel := context.WithCancel(l.caller)
	defer cancel()
	l.ctx = ctx
	if _, ok := ctx.Deadline(); !ok {
		l.limit = time.AfterFunc(sqlopen.LoginTimeout, cancel)
		defer l.limit.Stop()
	}
	conn, err := connectNative(ctx, native)
	if err != nil {
		return nil, l.explain(err) // cancel closes what a panic has left open
	}
	native.SessionInitSQL = initSQL // which go-mssqldb's Connect would run without telling how it failed
	if initSQL != "" {
		err = prepare(ctx, conn.(*mssql.Conn), initSQL)
	}
	if inTime := l.release(); err == nil && inTime {
		return conn.(*mssql.Conn), nil
	}
	_ = l.conn.Close()
	return nil, l.explain(err)
}

// release takes the connections out of the context's reach; false if it has ended, and closed them.
func (l *serverLogin) release() bool {
	inTime := true
	for _, stop := range l.stops {
		inTime = stop() && inTime
	}
	return inTime
}

// explain returns the error of a login that failed with err; nil if only its time was over.
func (l *serverLogin) explain(err error) error {
	if l.refused != nil {
		return l.refused
	}
	if malformed := l.malformed.Load(); malformed != nil {
		return *malformed
	}
	if _, answered := errors.AsType[mssql.Error](err); answered {
		return err
	}
	over := l.caller.Err()
	// Package net may notice a deadline a moment before the context does.
	if deadline, ok := l.caller.Deadline(); over == nil && (l.ctx.Err() != nil || ok && !time.Now().Before(deadline)) {
		over = context.DeadlineExceeded
	}
	if over != nil {
		return fmt.Errorf("sqlserver: the login did not end in time: %w", over)
	}
	return err
}

// pause stops the clock of the login's limit; resume starts it anew.
func (l *serverLogin) pause() {
	if l.limit != nil {
		l.limit.Stop()
	}
}

func (l *serverLogin) resume() {
	if l.limit != nil {
		l.limit.Reset(sqlopen.LoginTimeout)
	}
}
