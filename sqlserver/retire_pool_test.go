package sqlserver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// revalidating answers every request, until the token of the session has
// expired: as Azure SQL does, it then refuses everything with error 37396.
func revalidating(_ context.Context, s *azuretest.SQLServerSession) error {
	for {
		request, err := s.ReceiveUnexpired()
		if err != nil {
			return err
		}
		if _, ok := request.(*azuretest.SQLServerBatch); ok {
			time.Sleep(queryTime)
		}
	}
}

// queryTime is how long a statement takes.
const queryTime = 10 * time.Second

const tokenLife = 10 * time.Minute

// TestPoolOutlivesItsTokens keeps 50 connections busy for an hour with tokens
// that live ten minutes, on a server that looks at them with every query.
func TestPoolOutlivesItsTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, credential, o := inBubble(t, tokenLife, &azuretest.SQLServerOptions{Handler: revalidating})
		db, err := OpenDB(inBubbleDSN, o)
		require.NoError(t, err)
		const workers = 50
		db.SetMaxOpenConns(workers)
		db.SetMaxIdleConns(workers)
		var queries sync.WaitGroup
		end := time.Now().Add(time.Hour)
		for range workers {
			queries.Go(func() {
				for time.Now().Before(end) {
					_, err := db.ExecContext(context.Background(), "update t set a = 1")
					assert.NoError(t, err)
					time.Sleep(rand.N(queryTime / 2))
				}
			})
		}
		queries.Wait()
		logins := server.Logins()
		assert.Greater(t, len(logins), 6*workers/2, "connections are replaced")
		assert.NoError(t, spreadOut(logins))
		tokens := map[[32]byte]bool{}
		for _, l := range logins {
			tokens[l.PasswordSHA256] = true
		}
		// A token is renewed from 4 min 50 s before its end: one request in 5 min 10 s.
		assert.LessOrEqual(t, credential.Requests(), int(time.Hour/(tokenLife-290*time.Second))+1)
		assert.LessOrEqual(t, len(tokens), credential.Requests())
		require.NoError(t, db.Close())
		require.NoError(t, server.Close())
	})
}

// spreadOut returns an error if, after the start, more than half of the pool
// was opened within ten seconds.
func spreadOut(logins []azuretest.ServerLogin) error {
	perTen := map[time.Duration]int{}
	for _, l := range logins {
		if since := l.Time.Sub(logins[0].Time); since > time.Minute {
			perTen[since/(10*time.Second)]++
		}
	}
	for at, n := range perTen {
		if n > 50/2 {
			return fmt.Errorf("%d connections were opened in 10 s, %v after the start", n, at*10*time.Second)
		}
	}
	return nil
}

// TestIdleConnectionIsReplaced lets a connection lie in the pool for longer than
// its token lives.
func TestIdleConnectionIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, credential, o := inBubble(t, tokenLife, &azuretest.SQLServerOptions{Handler: revalidating})
		db, err := OpenDB(inBubbleDSN, o)
		require.NoError(t, err)
		for range 5 {
			require.NoError(t, db.PingContext(t.Context()))
			time.Sleep(tokenLife + time.Second)
		}
		assert.Len(t, server.Logins(), 5)
		assert.Greater(t, credential.Requests(), 4)
		require.NoError(t, db.Close())
		require.NoError(t, server.Close())
	})
}

// TestTransactionIsNeverCut has a transaction, and a connection that is held,
// outlive their token on a server that does not look again.
func TestTransactionIsNeverCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := func(_ context.Context, s *azuretest.SQLServerSession) error {
			for {
				request, err := s.Receive()
				if err != nil {
					return nil
				}
				if t, ok := request.(*azuretest.SQLServerTransaction); ok {
					s.FollowTransaction(t)
				}
			}
		}
		server, _, o := inBubble(t, tokenLife, &azuretest.SQLServerOptions{Handler: handler})
		db, err := OpenDB(inBubbleDSN, o)
		require.NoError(t, err)
		ctx := t.Context()
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		held, err := db.Conn(ctx)
		require.NoError(t, err)
		stmt, err := tx.PrepareContext(ctx, "update t set a = 1")
		require.NoError(t, err)
		for range 5 {
			_, err = stmt.ExecContext(ctx)
			require.NoError(t, err)
			require.NoError(t, held.PingContext(ctx))
			time.Sleep(tokenLife / 2)
		}
		require.NoError(t, tx.Commit())
		require.NoError(t, held.Close())
		require.Len(t, server.Logins(), 2)

		require.NoError(t, db.PingContext(ctx))
		assert.Len(t, server.Logins(), 3, "afterwards both are retired")
		assert.Equal(t, 1, db.Stats().OpenConnections)
		require.NoError(t, db.Close())
		require.NoError(t, server.Close())
	})
}
