package drivertest

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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// dials counts the network connections of the options that it is put into.
type dials struct{ made, open atomic.Int32 }

func countDials(o *passwordless.Options) *dials {
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

// LoginsLeaveNothing logs in, in a bubble for each fault of a server, those of more
// included, in time, too late, and to a database that is closed meanwhile: neither
// a network connection nor a goroutine is left. Start is InBubble with arguments.
func LoginsLeaveNothing[S Server, C Connector](t *testing.T, start func(*testing.T) (S, *ShortLived, *passwordless.Options), open func(*passwordless.Options) (C, error), more map[string]azuretest.ServerFault) {
	t.Helper()
	faults := map[string]azuretest.ServerFault{
		"none": {}, "no TLS": {Kind: azuretest.NoTLS}, "plaintext": {Kind: azuretest.Plaintext}, "self-signed": {Kind: azuretest.SelfSigned},
		"wrong name": {Kind: azuretest.WrongName}, "expired certificate": {Kind: azuretest.ExpiredCertificate}, "silent": {Kind: azuretest.Silent},
		"slow": {Kind: azuretest.Slow, Delay: time.Second}, "hangs up": {Kind: azuretest.CloseAfterToken}, "half a packet": {Kind: azuretest.HalfPacket},
		"expired token": {Kind: azuretest.ExpiredToken}, "expired token once": {Kind: azuretest.ExpiredToken, Times: 1},
	}
	maps.Copy(faults, more)
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, _, o := start(t)
				d := countDials(o)
				server.Inject(fault)
				c, err := open(o)
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
			}) // which fails if a goroutine is left
		})
	}
}

// ContextEndsWithTheLogin has contexts end at the very moment of each step of a
// login, the last one included. A connection that is returned works, and goes on
// working.
func ContextEndsWithTheLogin[S Server, C Connector](t *testing.T, start func(*testing.T) (S, *ShortLived, *passwordless.Options), open func(*passwordless.Options) (C, error)) {
	t.Helper()
	const step, tries = time.Second, 20
	synctest.Test(t, func(t *testing.T) {
		server, _, o := start(t)
		d := countDials(o)
		server.Inject(azuretest.ServerFault{Kind: azuretest.Slow, Delay: step})
		c, err := open(o)
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
}
