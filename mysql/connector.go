package mysql

import (
	"database/sql"
	"database/sql/driver"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// Connector opens connections to one database as one identity. It is safe for concurrent use.
type Connector struct {
	handle  *connector.Handle
	servers []*mysql.Config // in the order to try them; private, never modified
	token   bool            // what logs in is a token
}

// NewConnector finds the connection that s names and chooses its identity, without
// a network request. If o is nil, the defaults apply. Its errors are
// *[passwordless.SetupError] and hold no value of s.
func NewConnector(s string, o *passwordless.Options) (*Connector, error) {
	return connector.Build(dsn.MySQL, s, "", o, func(h *connector.Handle) (*Connector, error) {
		servers, err := serversOf(h)
		if err != nil {
			return nil, err
		}
		return &Connector{handle: h, servers: servers, token: h.Status().Kind != passwordless.PasswordLogin}, nil
	})
}

// serversOf makes the driver's configuration for each host of the connection.
func serversOf(h *connector.Handle) ([]*mysql.Config, error) {
	c := h.Config()
	common, err := native(c)
	if err != nil {
		return nil, err
	}
	extra, err := registered(c.Params[tlsParameter])
	if err != nil {
		return nil, err
	}
	extra = ownSessions(extra)
	servers := make([]*mysql.Config, len(c.Hosts))
	for i, host := range c.Hosts {
		server := common.Clone()
		server.Addr = host.String()
		if server.TLS, err = tlsFor(h, host.Name, extra); err != nil {
			return nil, err
		}
		servers[i] = server
	}
	return servers, nil
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
const DriverName = "azure-mysql"

func init() { sql.Register(DriverName, Driver{}) }

// Driver is registered with database/sql. It opens what [NewConnector] takes, without options.
type Driver = sqlopen.Driver[*Connector, defaults]

type defaults struct{}

func (defaults) NewConnector(s string) (*Connector, error) { return NewConnector(s, nil) }
