package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// DriverName is the name that this package registers with database/sql.
const DriverName = "azure-mysql"

func init() { sql.Register(DriverName, Driver{}) }

// Driver is the driver that is registered as "azure-mysql". The strings it takes
// are those of [NewConnector]; options need NewConnector itself.
type Driver = sqlopen.Driver[*Connector, defaults]

// defaults makes connectors without options.
type defaults struct{}

func (defaults) NewConnector(s string) (*Connector, error) { return NewConnector(s, nil) }

// Connector opens connections to one database as one identity. It is safe for
// concurrent use.
type Connector struct {
	handle  *connector.Handle
	servers []*mysql.Config // in the order to try them; private, never modified
	login   advice.Login
}

// NewConnector finds the connection that s names and chooses its identity, as
// the package comment describes; a nil o means all defaults. Nothing is sent
// anywhere before the first Connect.
//
// Its errors are *[connector.SetupError]: something must be set differently. None
// of them holds a value of s.
func NewConnector(s string, o *connector.Options) (*Connector, error) {
	h, err := connector.Open(dsn.MySQL, s, o)
	if err != nil {
		return nil, err
	}
	servers, err := serversOf(h)
	if err != nil {
		_ = h.Close() // never fails; nothing was started
		return nil, err
	}
	c := &Connector{handle: h, servers: servers, login: advice.WithToken}
	if h.Status().Kind == connector.PasswordLogin {
		c.login = advice.WithPassword
	}
	return c, nil
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

// OpenDB is [sql.OpenDB] of [NewConnector]. Closing the database closes the
// connector.
func OpenDB(s string, o *connector.Options) (*sql.DB, error) {
	return sqlopen.DB(NewConnector(s, o))
}

// Connect logs in and returns go-sql-driver's own connection. It obeys ctx; if
// ctx has no deadline, the login at each host gets 30 seconds, or as long as the
// timeout parameter allows for dialling if that is more, beside the time that a
// token request may take.
//
// A login that the server refuses because the token has expired is tried once
// more with a new token. If no token is to be had the error is a
// *[connector.TokenError], else a *[connector.LoginError], from which errors.As
// reaches the driver's own *[mysql.MySQLError].
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	return c.handle.Connect(ctx, connector.Driver{Login: c.logIn, Classify: c.classify})
}

// Driver returns the [Driver] of this package.
func (c *Connector) Driver() driver.Driver { return Driver{} }

// Close ends the renewal of the token ahead of need. [sql.DB.Close] calls it. It
// may be called more than once, and Connect goes on working: it then gets a
// token when it needs one.
func (c *Connector) Close() error { return c.handle.Close() }

// Status tells where the connector connects, as whom, and how its token is.
func (c *Connector) Status() connector.Status { return c.handle.Status() }
