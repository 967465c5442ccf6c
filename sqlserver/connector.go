package sqlserver

import (
	"database/sql"
	"database/sql/driver"

	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// Connector opens connections to one database as one identity. It is safe for concurrent use.
type Connector struct {
	// SessionInitSQL is a batch that each connection runs after its login and
	// whenever database/sql takes it from the pool again, as the field of the same
	// name of go-mssqldb's Connector; such as "SET XACT_ABORT ON". It must be set
	// before the first Connect. If empty, the database's defaults apply.
	SessionInitSQL string

	handle *connector.Handle
	native msdsn.Config // private, never modified; each login gets a copy
	dial   dialer
	hosts  []dsn.Host // the server and its failover partner
	token  bool       // what logs in is a token

	strict    bool // TDS 8.0, where TLS comes before everything else
	fixedName bool // the connection names what its hosts are verified by
}

// NewConnector finds the connection that s names and chooses its identity, without
// a network request. If o is nil, the defaults apply. Its errors are
// *[passwordless.SetupError] and hold no value of s.
func NewConnector(s string, o *passwordless.Options) (*Connector, error) {
	return connector.Build(dsn.SQLServer, s, "", o, func(h *connector.Handle) (*Connector, error) {
		config := h.Config()
		cfg, err := native(config)
		if err != nil {
			return nil, err
		}
		c := &Connector{
			handle:    h,
			native:    cfg,
			dial:      newDialer(cfg, h, o),
			hosts:     config.Hosts,
			token:     h.Status().Kind != passwordless.PasswordLogin,
			strict:    config.Params[msdsn.Encrypt] == "strict",
			fixedName: config.ServerName != "" || o != nil && o.ServerName != "",
		}
		for _, host := range c.hosts { // before a token is asked for: each may have it
			if _, err := tlsFor(h, host.Name); err != nil {
				return nil, err
			}
		}
		return c, nil
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
const DriverName = "azure-sqlserver"

func init() { sql.Register(DriverName, Driver{}) }

// Driver is registered with database/sql. It opens what [NewConnector] takes, without options.
type Driver = sqlopen.Driver[*Connector, defaults]

type defaults struct{}

func (defaults) NewConnector(s string) (*Connector, error) { return NewConnector(s, nil) }
