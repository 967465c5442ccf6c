package postgres

import (
	"database/sql"
	"database/sql/driver"

	"github.com/jackc/pgx/v5"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// Connector opens connections to one database as one identity. It is safe for
// concurrent use.
type Connector struct {
	handle *connector.Handle
	native *pgx.ConnConfig // private, never modified; each login gets a copy
}

// NewConnector finds the connection that s names and chooses its identity, without
// a network request. If o is nil, all options have their defaults. Its errors are
// *[passwordless.SetupError] and hold no value of s.
func NewConnector(s string, o *passwordless.Options) (*Connector, error) {
	return connector.Build(dsn.PostgreSQL, s, o, func(h *connector.Handle) (*Connector, error) {
		config := h.Config()
		config.Params = withoutPoolSettings(config.Params)
		cc, err := native(config, pgx.ParseConfig)
		if err != nil {
			return nil, err
		}
		useDialer(cc, h, o)
		return &Connector{handle: h, native: cc}, secure(cc, h)
	})
}

// OpenDB is [sql.OpenDB] of [NewConnector].
func OpenDB(s string, o *passwordless.Options) (*sql.DB, error) {
	return sqlopen.DB(NewConnector(s, o))
}

// Close ends the renewal of the token ahead of need; Connect still works. It may be
// called more than once; [sql.DB.Close] calls it.
func (c *Connector) Close() error { return c.handle.Close() }

// Status tells where the connector connects, as which identity, and how its token
// is.
func (c *Connector) Status() passwordless.Status { return c.handle.Status() }

// Driver returns a [Driver].
func (c *Connector) Driver() driver.Driver { return Driver{} }

// DriverName is the name that this package registers with database/sql.
const DriverName = "azure-postgres"

func init() { sql.Register(DriverName, Driver{}) }

// Driver is registered with database/sql. It opens the strings that [NewConnector]
// takes, without options.
type Driver = sqlopen.Driver[*Connector, defaults]

type defaults struct{}

func (defaults) NewConnector(s string) (*Connector, error) { return NewConnector(s, nil) }
