package postgres

import (
	"context"
	"database/sql/driver"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// tokenAuth is the RequireAuth of token logins: the server may ask for a password
// in clear text, over TLS, and for nothing else.
const tokenAuth = "password"

// Connect logs in and returns a *[stdlib.Conn], within ctx; if neither ctx nor
// connect_timeout sets a limit, within 30 seconds at each host, plus the time of a
// token request. A token that the server calls expired is replaced, once. errors.As
// reaches pgx's *[pgconn.ConnectError] and *[pgconn.PgError] from its *[passwordless.LoginError].
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	return c.handle.Connect(ctx, connector.Driver{Login: c.logIn, Classify: classify})
}

// logIn makes one attempt, with all hosts.
func (c *Connector) logIn(ctx context.Context, a *connector.Attempt) (driver.Conn, error) {
	login, err := a.Login(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // of what closes a connection in time
	cc := c.native.Copy()
	if _, ok := ctx.Deadline(); !ok && cc.ConnectTimeout == 0 {
		cc.ConnectTimeout = sqlopen.LoginTimeout
	}
	setLogin(cc, login)
	bound(ctx, cc)
	conn, err := sqlopen.Connect(ctx, stdlib.GetConnector(*cc))
	if err != nil {
		return nil, withoutSecret(err)
	}
	return conn, nil
}

// setLogin puts one login into cc, after secure, and has its network connection
// checked.
func setLogin(cc *pgx.ConnConfig, l connector.Login) {
	cc.User, cc.Password = l.User, l.Password.Reveal()
	if l.IsToken {
		cc.RequireAuth = tokenAuth
	}
	only := tlsOnly{next: cc.AfterNetConnect}
	for _, host := range append(cc.Fallbacks, &pgconn.FallbackConfig{TLSConfig: cc.TLSConfig}) {
		if host.TLSConfig == nil {
			only.plain = !l.IsToken
			continue
		}
		only.names = append(only.names, host.TLSConfig.ServerName)
	}
	cc.AfterNetConnect = only.check
}
