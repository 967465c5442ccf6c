package sqlserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"
	"weak"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
)

// recorder notes what clients send, and lets each batch named in fails fail.
type recorder struct {
	fails map[string]*sqlserverfront.Error

	mu      sync.Mutex
	batches []string // guarded by mu
}

func (r *recorder) handle(_ context.Context, s *tds.Session) error {
	for {
		request, err := s.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if batch, ok := request.(*tds.Batch); ok {
			r.mu.Lock()
			r.batches = append(r.batches, batch.SQL)
			r.mu.Unlock()
			if e := r.fails[batch.SQL]; e != nil {
				s.Error(e)
			}
		}
	}
}

func TestSessionInitSQL(t *testing.T) {
	const setup, broken = "SET XACT_ABORT ON", "SET NONSENSE ON"
	r := &recorder{fails: map[string]*sqlserverfront.Error{
		broken: {Number: 195, State: 1, Class: 15, Message: "'NONSENSE' is not a recognized SET option."},
	}}
	b := engine.Bench(t, &sqlserverfront.Options{Handler: r.handle})
	c := b.Connector(t)
	c.SessionInitSQL = setup
	db := sql.OpenDB(c)
	defer db.Close()
	for range 2 {
		_, err := db.ExecContext(t.Context(), "delete from t")
		require.NoError(t, err)
	}
	assert.Equal(t, []string{setup, "delete from t", setup, "delete from t"}, r.batches)
	assert.Len(t, b.Server.Logins(), 1)

	c = b.Connector(t)
	c.SessionInitSQL = broken
	err := sql.OpenDB(c).PingContext(t.Context())
	require.ErrorContains(t, err, "sqlserver: SessionInitSQL: mssql: 'NONSENSE' is not a recognized SET option. (195)")
	login := drivertest.LoginError(t, err)
	assert.Empty(t, login.Anchor)
	assert.Len(t, b.Server.Logins(), 2, "it is not tried again")
}

func TestBadConnectionsAreDropped(t *testing.T) {
	b := engine.Bench(t, nil)
	conn, err := b.Connector(t).Connect(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	c := conn.(*Conn)
	assert.True(t, c.IsValid())
	require.NoError(t, c.ResetSession(t.Context()))
	require.NoError(t, b.Server.Close())
	require.Error(t, c.Ping(t.Context()))
	assert.False(t, c.IsValid())
	require.ErrorIs(t, c.ResetSession(t.Context()), driver.ErrBadConn)
}

// TestAbandonedTransaction: the server answers a rollback only when another
// connection has been opened. Until then the one that waits must not be used.
func TestAbandonedTransaction(t *testing.T) {
	begun, another := make(chan struct{}, 2), make(chan struct{})
	b := engine.Bench(t, &sqlserverfront.Options{Handler: func(_ context.Context, s *tds.Session) error {
		for {
			request, err := s.Receive()
			if err != nil {
				return nil // the client has left
			}
			switch r := request.(type) {
			case *tds.Transaction:
				if r.Action == tds.Begin {
					begun <- struct{}{}
				} else if r.Action == tds.Rollback {
					select {
					case <-another:
					case <-time.After(10 * time.Second): // the test fails
					}
				}
				s.FollowTransaction(r)
			case *tds.Batch:
				if r.SQL == "delete from t" {
					close(another)
				}
			}
		}
	}})
	db := sql.OpenDB(b.Connector(t))
	defer db.Close()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	<-begun
	cancel()
	require.Eventually(t, func() bool { return db.Stats().InUse == 0 }, 10*time.Second, time.Millisecond)
	_, err = db.ExecContext(t.Context(), "delete from t")
	require.NoError(t, err)
	assert.Len(t, b.Server.Logins(), 2)

	ctx, cancel = context.WithCancel(t.Context())
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	cancel()
	require.NoError(t, db.PingContext(t.Context()))
	assert.Len(t, b.Server.Logins(), 2, "one that has ended is used again")
}

// TestClosedConnectionsKeepTheirBuffers: the answer to a rollback that nobody waits for is still read when the
// next connection logs in. Under -race this fails if they share a buffer.
func TestClosedConnectionsKeepTheirBuffers(t *testing.T) {
	db := sql.OpenDB(engine.Bench(t, nil).Connector(t))
	defer db.Close()
	for range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		cancel()
		require.Eventually(t, func() bool { return db.Stats().InUse == 0 }, 10*time.Second, 100*time.Microsecond)
		require.NoError(t, db.PingContext(t.Context()))
	}
}

// other is the connection of another driver.
type other struct{ driver.Conn }

func (other) Connect(context.Context) (driver.Conn, error) { return other{}, nil }
func (other) Driver() driver.Driver                        { return Driver{} }
func (other) Close() error                                 { return nil }

func TestRawOfAnotherDriver(t *testing.T) {
	db := sql.OpenDB(other{})
	defer db.Close()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	require.EqualError(t, Raw(conn, func(*mssql.Conn) error { return nil }), "sqlserver: the connection is a sqlserver.other, not one of this driver")
}

// tracing and logging are connections as otelsql's and dd-trace-go's are: around another.
type (
	tracing struct{ other }
	logging struct{ other }
	endless struct{ other }
)

func (c tracing) Raw() driver.Conn         { return c.other.Conn }
func (c logging) WrappedConn() driver.Conn { return c.other.Conn }
func (c endless) Raw() driver.Conn         { return c }

func TestRawSeesThroughWrappers(t *testing.T) {
	native := &Conn{}
	for _, conn := range []driver.Conn{native, tracing{other{native}}, logging{other{tracing{other{native}}}}} {
		got, err := unwrap(conn)
		require.NoError(t, err)
		assert.Same(t, native, got)
	}
	for _, conn := range []driver.Conn{tracing{}, logging{other{other{}}}, endless{}} {
		_, err := unwrap(conn)
		require.ErrorContains(t, err, "not one of this driver")
	}
}

// TestConnectionsKeepNothingOfTheCaller: a connection in the pool outlives the
// request that opened it, and must not hold on to what belongs to that.
func TestConnectionsKeepNothingOfTheCaller(t *testing.T) {
	type key struct{}
	b := engine.Bench(t, nil)
	c := b.Connector(t)
	request := new([1 << 10]byte)
	kept := weak.Make(request)
	conn, err := c.Connect(context.WithValue(t.Context(), key{}, request))
	require.NoError(t, err)
	request = nil
	assert.Eventually(t, func() bool { runtime.GC(); return kept.Value() == nil }, 10*time.Second, time.Millisecond)
	require.NoError(t, conn.Close())
}
