package sqlserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/azuredb/passwordless/connector"
)

// Conn is a connection of the driver: go-mssqldb's, which goes back to the server
// for a new login before the token that opened it expires. [Raw] reaches the
// *mssql.Conn in it.
type Conn struct {
	*mssql.Conn

	network     net.Conn // that it uses
	handle      *connector.Handle
	retires     time.Time       // if zero, never
	retired     bool            // it has been logged
	transaction context.Context // that the last transaction was begun with; nil once the connection is back in the pool
}

// What database/sql looks for in a connection.
var (
	_ driver.Conn               = (*Conn)(nil)
	_ driver.ConnBeginTx        = (*Conn)(nil)
	_ driver.ConnPrepareContext = (*Conn)(nil)
	_ driver.NamedValueChecker  = (*Conn)(nil)
	_ driver.Pinger             = (*Conn)(nil)
	_ driver.SessionResetter    = (*Conn)(nil)
	_ driver.Validator          = (*Conn)(nil)
)

// ResetSession is called by database/sql when it takes the connection from the pool.
// One that is due to be retired says that it is bad, and is replaced.
func (c *Conn) ResetSession(ctx context.Context) error {
	if c.retire() {
		return driver.ErrBadConn
	}
	return c.Conn.ResetSession(ctx)
}

// BeginTx is go-mssqldb's, and notes the context for IsValid.
func (c *Conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.transaction = ctx
	return c.Conn.BeginTx(ctx, o)
}

// IsValid is called by database/sql when the connection comes back to the pool,
// which one that is due to be retired does not. Nor does one whose transaction
// ended with its context: go-mssqldb does not wait for the answer to the rollback,
// and the next statement would read it (github.com/microsoft/go-mssqldb/issues/390).
func (c *Conn) IsValid() bool {
	transaction := c.transaction
	c.transaction = nil
	return (transaction == nil || transaction.Err() == nil) && !c.retire() && c.Conn.IsValid()
}

// Close closes the connection to the server. It leaves out go-mssqldb's own Close (mssql.go), which hands the
// connection's buffers to the next one, while the goroutine that reads the answer to a rollback may still fill them.
func (c *Conn) Close() error {
	return c.network.Close()
}

// Raw calls f with the native connection of conn, which must not be used after f has
// returned. An error of f is returned as it is. Raw sees through the connections of
// wrappers that have a method Raw or WrappedConn for the one inside.
func Raw(conn *sql.Conn, f func(*mssql.Conn) error) error {
	return conn.Raw(func(dc any) error {
		c, err := unwrap(dc)
		if err != nil {
			return err
		}
		return f(c.Conn)
	})
}

// maxWrappers is more than anyone puts around each other; one that returns itself has no end.
const maxWrappers = 16

// unwrap returns the connection of this driver that is in dc.
func unwrap(dc any) (*Conn, error) {
	inner := dc
	for range maxWrappers {
		switch c := inner.(type) {
		case *Conn:
			return c, nil
		case interface{ Raw() driver.Conn }: // otelsql
			inner = c.Raw()
		case interface{ WrappedConn() driver.Conn }: // dd-trace-go
			inner = c.WrappedConn()
		}
	}
	return nil, fmt.Errorf("sqlserver: the connection is a %T, not one of this driver", dc)
}

// maxMargin is how long before the token's end a connection is retired at the latest,
// for the statement that begins a moment earlier, and for clocks that differ.
const maxMargin = 2 * time.Minute

// retirement returns when to retire a connection whose login at now used a token
// that is good until expires; zero, for never, if that is zero.
//
// Azure SQL looks at the token again while the session lives, and then answers
// every query with error 37396. So the last moment is two minutes before the end,
// or a tenth of what is left of the token if that is less. Each connection goes at
// its own moment in the fifth of the time before that: a pool must not go at once.
func retirement(now, expires time.Time) time.Time {
	if expires.IsZero() {
		return time.Time{}
	}
	left := max(expires.Sub(now), 0)
	last := left - min(maxMargin, left/10)
	spread := time.Duration(rand.Float64() * float64(last/5))
	// Without the monotonic clock, which stands still while a machine sleeps.
	return now.Round(0).Add(last - spread)
}

// retire reports whether the connection is to be retired, and tells the log once.
func (c *Conn) retire() bool {
	if c.retires.IsZero() || time.Now().Before(c.retires) {
		return false
	}
	if !c.retired {
		c.retired = true
		c.handle.Retired()
	}
	return true
}
