package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/jackc/pgx/v5"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// DriverName is the name that this package registers with database/sql.
const DriverName = "azure-postgres"

func init() { sql.Register(DriverName, Driver{}) }

// Driver is the driver that is registered as "azure-postgres". The strings it
// takes are those of [NewConnector]; options need NewConnector itself.
type Driver = sqlopen.Driver[*Connector, defaults]

// defaults makes connectors without options.
type defaults struct{}

func (defaults) NewConnector(s string) (*Connector, error) { return NewConnector(s, nil) }

// Connector opens connections to one database as one identity. It is safe for
// concurrent use.
type Connector struct {
	handle *connector.Handle
	native *pgx.ConnConfig // private, never modified; each login gets a copy
}

// NewConnector finds the connection that s names and chooses its identity, as
// the package comment describes; a nil o means all defaults. Nothing is sent
// anywhere before the first Connect.
//
// Its errors are *[connector.SetupError]: something must be set differently. None
// of them holds a value of s.
func NewConnector(s string, o *connector.Options) (*Connector, error) {
	h, err := connector.Open(dsn.PostgreSQL, s, o)
	if err != nil {
		return nil, err
	}
	config := h.Config()
	config.Params = withoutPoolSettings(config.Params)
	cc, err := native(config, pgx.ParseConfig)
	if err == nil {
		useDialer(cc, h, o)
		err = secure(cc, h)
	}
	if err != nil {
		_ = h.Close() // never fails; nothing was started
		return nil, err
	}
	return &Connector{handle: h, native: cc}, nil
}

// OpenDB is [sql.OpenDB] of [NewConnector]. Closing the database closes the
// connector.
func OpenDB(s string, o *connector.Options) (*sql.DB, error) {
	return sqlopen.DB(NewConnector(s, o))
}

// Connect logs in and returns a *[stdlib.Conn]. It obeys ctx; if ctx has no
// deadline and the connection no connect_timeout, the login at each host gets 30
// seconds, beside the time that a token request may take.
//
// A login that the server refuses because the token has expired is tried once
// more with a new token. If no token is to be had the error is a
// *[connector.TokenError], else a *[connector.LoginError], from which errors.As
// reaches pgx's own *[pgconn.ConnectError] and *[pgconn.PgError].
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	return c.handle.Connect(ctx, connector.Driver{Login: c.logIn, Classify: classify})
}

// Driver returns the [Driver] of this package.
func (c *Connector) Driver() driver.Driver { return Driver{} }

// Close ends the renewal of the token ahead of need. [sql.DB.Close] calls it. It
// may be called more than once, and Connect goes on working: it then gets a
// token when it needs one.
func (c *Connector) Close() error { return c.handle.Close() }

// Status tells where the connector connects, as whom, and how its token is.
func (c *Connector) Status() connector.Status { return c.handle.Status() }
