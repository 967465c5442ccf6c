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
	"github.com/azuredb/passwordless/postgres"
)

// A token that has expired, with nothing that renewed it ahead of need (a frozen process): what was logged in
// goes on, and the next logins, many at once, make one request.
func TestLoginsAfterTheTokenHasExpired(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	s.inject(t, azuretest.Fault{Identity: id.ClientID, Times: 1, Lifetime: 3 * time.Second})
	text := s.libpq(id.Name) + " client_id=" + id.ClientID
	c, err := postgres.NewConnector(text, s.options())
	require.NoError(t, err)
	require.NoError(t, c.Close()) // no renewal ahead of need
	db := sql.OpenDB(c)
	defer func() { assert.NoError(t, db.Close()) }()
	mark := s.mark()
	old, err := db.Conn(limited(t))
	require.NoError(t, err)
	defer func() { assert.NoError(t, old.Close()) }()
	expiry := c.Status().Token.ExpiresOn
	await(t, "the token has expired", func() bool { return time.Now().After(expiry) })
	assert.Equal(t, 1, s.asked(mark, id))

	var opening sync.WaitGroup
	pool := openPool(t, text, s.options())
	for range 20 {
		opening.Go(func() {
			conn, err := db.Conn(limited(t))
			if assert.NoError(t, err) {
				assert.NoError(t, conn.Close())
			}
		})
		opening.Go(func() { assert.NoError(t, pool.Ping(limited(t))) })
	}
	opening.Wait()
	assert.Equal(t, 2, s.asked(mark, id))
	assert.Equal(t, uint64(2), c.Status().Token.Requests)
	assert.NoError(t, old.PingContext(limited(t)), "the session outlives its token")
}

// Several lives of short tokens in a row, under load: no login fails, and there is one request per life or so.
func TestPoolsOutliveTheirTokens(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	const life = 3 * time.Second
	s.inject(t, azuretest.Fault{Identity: id.ClientID, Lifetime: life})
	text := s.libpq(id.Name) + " client_id=" + id.ClientID
	db, pool := openDB(t, text, s.options()), openPool(t, text, s.options())
	db.SetMaxIdleConns(-1) // each ping logs in
	began := time.Now()
	requireUser(t, id.Name, db)
	first := statusOf(t, id.Name).Token
	var load sync.WaitGroup
	ctx, cancel := context.WithCancel(limited(t))
	for range 2 {
		load.Go(func() {
			for ctx.Err() == nil {
				assert.NoError(t, db.PingContext(limited(t)))
				pool.Reset()
				assert.NoError(t, pool.Ping(limited(t)))
			}
		})
	}
	await(t, "the third token has come", func() bool { return statusOf(t, id.Name).Token.Requests >= 3 && time.Now().After(first.ExpiresOn) })
	cancel()
	load.Wait()
	now := statusOf(t, id.Name).Token
	assert.Zero(t, now.Failures)
	// A token is renewed at half its life, of which the whole seconds of expires_on may take one.
	assert.LessOrEqual(t, now.Requests, uint64(2+time.Since(began)/(life/3)))
}
