package sqlserver

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// DriverName is the name that this package registers with database/sql.
const DriverName = "azure-sqlserver"

func init() { sql.Register(DriverName, Driver{}) }

// Driver is the driver that is registered as "azure-sqlserver". The strings it
// takes are those of [NewConnector]; options need NewConnector itself.
type Driver = sqlopen.Driver[*Connector, defaults]

// defaults makes connectors without options.
type defaults struct{}

func (defaults) NewConnector(s string) (*Connector, error) { return NewConnector(s, nil) }

// Connector opens connections to one database as one identity. It is safe for
// concurrent use.
type Connector struct {
	// SessionInitSQL is a batch that each connection runs after its login and
	// whenever database/sql takes it from the pool again, as the field of the same
	// name of go-mssqldb's Connector; such as "SET XACT_ABORT ON". It must be set
	// before the first Connect. Empty: the database's defaults.
	SessionInitSQL string

	handle *connector.Handle
	native msdsn.Config // private, never modified; each login gets a copy
	dial   dialer
	hosts  []dsn.Host // the server and its failover partner
	login  advice.Login

	strict    bool // TDS 8.0, where TLS comes before everything else
	fixedName bool // the connection names what its hosts are verified by
}

// NewConnector finds the connection that s names and chooses its identity, as
// the package comment describes; a nil o means all defaults. Nothing is sent
// anywhere before the first Connect.
//
// Its errors are *[connector.SetupError]: something must be set differently. None
// of them holds a value of s.
func NewConnector(s string, o *connector.Options) (*Connector, error) {
	h, err := connector.Open(dsn.SQLServer, s, o)
	if err != nil {
		return nil, err
	}
	config := h.Config()
	c := &Connector{
		handle:    h,
		hosts:     config.Hosts,
		login:     advice.WithToken,
		strict:    config.Params[msdsn.Encrypt] == "strict",
		fixedName: config.ServerName != "" || o != nil && o.ServerName != "",
	}
	if h.Status().Kind == connector.PasswordLogin {
		c.login = advice.WithPassword
	}
	if c.native, err = native(config); err == nil {
		c.dial = newDialer(c.native, h, o)
		err = c.checkHosts()
	}
	if err != nil {
		_ = h.Close() // never fails; nothing was started
		return nil, err
	}
	return c, nil
}

// checkHosts decides, before a token is asked for, that each server may have it.
func (c *Connector) checkHosts() error {
	for _, host := range c.hosts {
		if _, err := tlsFor(c.handle, host.Name); err != nil {
			return err
		}
	}
	return nil
}

// OpenDB is [sql.OpenDB] of [NewConnector]. Closing the database closes the
// connector.
func OpenDB(s string, o *connector.Options) (*sql.DB, error) {
	return sqlopen.DB(NewConnector(s, o))
}

// Connect logs in and returns a *[Conn]. It obeys ctx, at every step of the
// login; if ctx has no deadline, the login at each server gets 30 seconds, beside
// the time that a token request may take.
//
// A login that the server refuses because the token has expired is tried once
// more with a new token. If no token is to be had the error is a
// *[connector.TokenError], else a *[connector.LoginError], from which errors.As
// reaches go-mssqldb's own [mssql.Error].
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
