package postgres

import (
	"database/sql"
	"database/sql/driver"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// Connector opens connections to one database as one identity. It is safe for concurrent use.
type Connector struct {
	handle *connector.Handle
	native *pgx.ConnConfig // private, never modified; each login gets a copy
}

// NewConnector finds the connection that s names and chooses its identity, without
// a network request. If o is nil, the defaults apply. Its errors are
// *[passwordless.SetupError] and hold no value of s.
func NewConnector(s string, o *passwordless.Options) (*Connector, error) {
	return connector.Build(dsn.PostgreSQL, s, "", o, func(h *connector.Handle) (*Connector, error) {
		c := h.Config()
		// pgx alone would send pgxpool's parameters to the server, which refuses the login for them.
		maps.DeleteFunc(c.Params, func(key, _ string) bool { return strings.HasPrefix(key, "pool_") })
		cc, err := sharedNative(c)
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

// Close ends the renewal of the token; Connect still works. [sql.DB.Close] calls it.
func (c *Connector) Close() error { return c.handle.Close() }

// Status tells where the connector connects, as which identity, and how its token is.
func (c *Connector) Status() passwordless.Status { return c.handle.Status() }

// Driver returns a [Driver].
func (c *Connector) Driver() driver.Driver { return Driver{} }

// DriverName is the name that this package registers with database/sql.
const DriverName = "azure-postgres"

func init() { sql.Register(DriverName, Driver{}) }

// Driver is registered with database/sql. It opens what [NewConnector] takes, without options.
type Driver = sqlopen.Driver[*Connector, defaults]

type defaults struct{}

func (defaults) NewConnector(s string) (*Connector, error) { return NewConnector(s, nil) }
