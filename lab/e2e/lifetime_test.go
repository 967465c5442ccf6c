package e2e_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

func TestLoginsAfterTheTokenHasExpired(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	old := loginsAfterTheTokenHasExpired(t, s.site(), func(id azuretest.Identity) func(context.Context) error {
		return openPool(t, s.libpq(id.Name)+" client_id="+id.ClientID, s.options()).Ping
	})
	assert.NoError(t, old.PingContext(limited(t)), "the session outlives its token")
}

// A token that has expired, with nothing that renewed it ahead of need (a frozen process): the next logins, many at
// once and also in another way, make one request. It returns a session from before.
func loginsAfterTheTokenHasExpired(t *testing.T, x *site, another func(azuretest.Identity) func(context.Context) error) *sql.Conn {
	t.Helper()
	id := x.userAssigned(t)
	x.inject(t, azuretest.Fault{Identity: id.ClientID, Times: 1, Lifetime: 3 * time.Second})
	c := x.connect(t, x.address, id, x.options(), "client_id="+id.ClientID)
	require.NoError(t, c.Close()) // no renewal ahead of need
	db := pooled(t, c)
	mark := x.mark()
	old, err := db.Conn(limited(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = old.Close() }) // which tells of a session that the server has ended
	expiry := c.Status().Token.ExpiresOn
	await(t, "the token has expired", func() bool { return time.Now().After(expiry) })
	assert.Equal(t, 1, x.asked(mark, id))

	var opening sync.WaitGroup
	open := another(id)
	for range 20 {
		opening.Go(func() {
			conn, err := db.Conn(limited(t))
			if assert.NoError(t, err) {
				assert.NoError(t, conn.Close())
			}
		})
		opening.Go(func() { assert.NoError(t, open(limited(t))) })
	}
	opening.Wait()
	assert.Equal(t, 2, x.asked(mark, id))
	assert.Equal(t, uint64(2), c.Status().Token.Requests)
	return old
}

func TestPoolsOutliveTheirTokens(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	poolsOutliveTheirTokens(t, s.site(), func(id azuretest.Identity) func(context.Context) error {
		pool := openPool(t, s.libpq(id.Name)+" client_id="+id.ClientID, s.options())
		return func(ctx context.Context) error { pool.Reset(); return pool.Ping(ctx) }
	})
}

// Several lives of short tokens in a row, under load, also of another kind: no login fails, and there is one request
// per life or so.
func poolsOutliveTheirTokens(t *testing.T, x *site, another func(azuretest.Identity) func(context.Context) error) {
	t.Helper()
	id := x.userAssigned(t)
	const life = 3 * time.Second
	x.inject(t, azuretest.Fault{Identity: id.ClientID, Lifetime: life})
	c := x.connect(t, x.address, id, x.options(), "client_id="+id.ClientID)
	db, use := pooled(t, c), another(id)
	db.SetMaxIdleConns(-1) // each ping logs in
	began := time.Now()
	require.NoError(t, db.PingContext(limited(t)))
	first := c.Status().Token
	var load sync.WaitGroup
	ctx, cancel := context.WithCancel(limited(t))
	for range 2 {
		load.Go(func() {
			for ctx.Err() == nil {
				assert.NoError(t, db.PingContext(limited(t)))
				assert.NoError(t, use(limited(t)))
			}
		})
	}
	await(t, "the third token has come", func() bool { return c.Status().Token.Requests >= 3 && time.Now().After(first.ExpiresOn) })
	cancel()
	load.Wait()
	now := c.Status().Token
	assert.Zero(t, now.Failures)
	// A token is renewed at half its life, of which the whole seconds of expires_on may take one.
	assert.LessOrEqual(t, now.Requests, uint64(2+time.Since(began)/(life/3)))
}
