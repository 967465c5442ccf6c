package drivertest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"maps"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gosqldriver "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/mysql"
	"github.com/azuredb/passwordless/postgres"
)

// Every bubble fails if a goroutine is left.

// dials counts the network connections of the options that it is put into.
type dials struct{ made, open atomic.Int32 }

func countDials(o *options) *dials {
	d, dial := new(dials), o.Dial
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		d.made.Add(1)
		d.open.Add(1)
		return &countedConn{Conn: conn, closed: sync.OnceFunc(func() { d.open.Add(-1) })}, nil
	}
	return d
}

type countedConn struct {
	net.Conn
	closed func()
}

func (c *countedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

// Whatever a server does, logins that are in time, too late, and to a database that
// is closed meanwhile leave neither a network connection nor a goroutine.
func TestLoginsLeaveNothing(t *testing.T) {
	connectortest.RandomInBubbles(t)
	onEachMode(t, func(t *testing.T, e *engine, mode string) {
		faults := map[string]azuretest.ServerFault{
			"none": {}, "no TLS": {Kind: azuretest.NoTLS}, "plaintext": {Kind: azuretest.Plaintext}, "self-signed": {Kind: azuretest.SelfSigned},
			"wrong name": {Kind: azuretest.WrongName}, "expired certificate": {Kind: azuretest.ExpiredCertificate}, "silent": {Kind: azuretest.Silent},
			"slow": {Kind: azuretest.Slow, Delay: time.Second}, "hangs up": {Kind: azuretest.CloseAfterToken}, "half a packet": {Kind: azuretest.HalfPacket},
			"expired token": {Kind: azuretest.ExpiredToken}, "expired token once": {Kind: azuretest.ExpiredToken, Times: 1},
			"refused": refuse(e.refusal("Access denied")),
		}
		maps.Copy(faults, e.faults)
		maps.Copy(faults, e.routes)
		for name, fault := range faults {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server, _, o := e.inBubble(t)
					d := countDials(o)
					server.Inject(fault)
					c, err := e.connector(e.hosts(e.host, dsn.Host{Name: e.host.Name, Port: e.host.Port + 1}, mode), o)
					require.NoError(t, err)
					for _, limit := range []time.Duration{time.Nanosecond, 1500 * time.Millisecond, time.Minute} {
						ctx, cancel := context.WithTimeout(t.Context(), limit)
						if conn, err := c.Connect(ctx); err == nil {
							require.NoError(t, conn.Close())
						}
						cancel()
					}
					db := sql.OpenDB(c)
					pinged := make(chan error, 1)
					go func() { pinged <- db.PingContext(context.Background()) }()
					time.Sleep(500 * time.Millisecond)
					require.NoError(t, db.Close())
					<-pinged
					synctest.Wait()
					assert.GreaterOrEqual(t, d.made.Load(), int32(3))
					assert.Zero(t, d.open.Load(), "connections")
					require.NoError(t, server.Close())
				})
			})
		}
	})
}

// Contexts end at the very moment of each step of a login, the last one included. A
// connection that is returned works, and goes on working.
func TestContextEndsWithTheLogin(t *testing.T) {
	connectortest.RandomInBubbles(t)
	const step, tries = time.Second, 20
	onEachMode(t, func(t *testing.T, e *engine, mode string) {
		synctest.Test(t, func(t *testing.T) {
			server, _, o := e.inBubble(t)
			d := countDials(o)
			server.Inject(azuretest.ServerFault{Kind: azuretest.Slow, Delay: step})
			c, err := e.connector(e.to(e.host.Name, mode), o)
			require.NoError(t, err)
			for steps, opened := 1, 0; opened < tries; steps++ {
				opened = 0
				for range tries {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(steps)*step)
					conn, err := c.Connect(ctx)
					cancel()
					if err != nil {
						require.ErrorIs(t, err, context.DeadlineExceeded)
						continue
					}
					opened++
					time.Sleep(time.Minute)
					require.NoError(t, conn.(driver.Pinger).Ping(t.Context()))
					require.NoError(t, conn.Close())
				}
			}
			synctest.Wait()
			assert.Zero(t, d.open.Load(), "connections")
			require.NoError(t, c.Close())
			require.NoError(t, server.Close())
		})
	})
}

// The server is silent: each login ends after the time of its settings, or when its
// context does.
func TestLoginWithoutADeadlineEnds(t *testing.T) {
	connectortest.RandomInBubbles(t)
	onEach(t, func(t *testing.T, e *engine) {
		for settings, limit := range e.limits {
			synctest.Test(t, func(t *testing.T) {
				server, _, o := e.inBubble(t)
				server.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
				c, err := e.connector(e.to(e.host.Name, settings), o)
				require.NoError(t, err)

				start := time.Now()
				_, err = c.Connect(context.Background())
				assert.Equal(t, "no-answer", drivertest.LoginError(t, err).Anchor)
				if e.kind == dsn.SQLServer {
					require.ErrorIs(t, err, context.DeadlineExceeded)
				}
				assert.Equal(t, limit, time.Since(start), "without a deadline")

				start = time.Now()
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				defer cancel()
				_, err = c.Connect(ctx)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, 5*time.Second, time.Since(start), "with a deadline")

				start = time.Now()
				ctx, cancel = context.WithCancel(context.Background())
				time.AfterFunc(time.Second, cancel)
				_, err = c.Connect(ctx)
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, time.Second, time.Since(start), "cancelled")

				require.NoError(t, c.Close())
				require.NoError(t, server.Close())
			})
		}
	})
}

// Neither is a renewal left.
func TestClosedDatabasesLeaveNothing(t *testing.T) {
	connectortest.RandomInBubbles(t)
	onEach(t, func(t *testing.T, e *engine) {
		synctest.Test(t, func(t *testing.T) {
			server, issuer, o := e.inBubble(t)
			for range 50 {
				db, err := e.openDB(e.to(e.host.Name), o)
				require.NoError(t, err)
				require.NoError(t, db.PingContext(t.Context()))
				require.NoError(t, db.Close())
			}
			requests := len(issuer.Issued())
			time.Sleep(10 * time.Hour)
			assert.Len(t, issuer.Issued(), requests)
			require.NoError(t, server.Close())
		})
	})
}

// A pool renews its token, which is good for an hour, while it has connections, and
// no more once it is closed.
func TestPoolIsRenewedWhileItHasConnections(t *testing.T) {
	connectortest.RandomInBubbles(t)
	for _, row := range []struct {
		name string
		engine
		open func(t *testing.T, s string, o *options) (ping func(context.Context) error, closePool func())
	}{
		{"postgres.NewPool", postgresEngine, func(t *testing.T, s string, o *options) (func(context.Context) error, func()) {
			pool, err := postgres.NewPool(t.Context(), s+"pool_min_conns=1 pool_max_conn_lifetime=100h", o)
			require.NoError(t, err)
			return pool.Ping, pool.Close
		}},
		{"mysql.Configure", mysqlEngine, func(t *testing.T, s string, o *options) (func(context.Context) error, func()) {
			cfg := gosqldriver.NewConfig()
			require.NoError(t, mysql.Configure(cfg, s, o))
			native, err := gosqldriver.NewConnector(cfg)
			require.NoError(t, err)
			db := sql.OpenDB(native)
			time.Sleep(10 * time.Hour)
			return db.PingContext, func() { require.NoError(t, db.Close()) }
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, issuer, o := row.inBubble(t)
				ping, closePool := row.open(t, row.to(row.host.Name), o)
				require.NoError(t, ping(t.Context()))
				require.Len(t, issuer.Issued(), 1, "nothing is asked for before the first connection")
				time.Sleep(10 * time.Hour)
				assert.Greater(t, len(issuer.Issued()), 8, "renewed ahead of need")

				closePool()
				closed := len(issuer.Issued())
				time.Sleep(10 * time.Hour)
				assert.Len(t, issuer.Issued(), closed, "a closed pool renews nothing")
				require.NoError(t, server.Close())
			})
		})
	}
}
