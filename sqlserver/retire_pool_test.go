package sqlserver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
)

// revalidating is a server that looks at the token with every request: as Azure
// SQL does, it refuses everything with error 37396 once that has expired.
type revalidating struct {
	takes   time.Duration // each statement
	refused atomic.Int32  // requests
}

// serve answers a statement with the value of its first parameter.
func (r *revalidating) serve(_ context.Context, s *tds.Session) error {
	for {
		request, err := s.ReceiveUnexpired()
		if err != nil {
			if _, ok := errors.AsType[*sqlserverfront.Error](err); ok {
				r.refused.Add(1)
			}
			return err
		}
		switch q := request.(type) {
		case *tds.Transaction:
			s.FollowTransaction(q)
		case *tds.Batch:
			time.Sleep(r.takes)
			for _, p := range q.Parameters[:min(1, len(q.Parameters))] {
				if err := errors.Join(s.Columns(tds.Column{Type: p.Type}), s.Row(p.Value)); err != nil {
					return err
				}
			}
		}
	}
}

const tokenLife = 10 * time.Minute

// TestPoolOutlivesItsTokens keeps 50 connections busy for an hour with tokens
// that live ten minutes.
func TestPoolOutlivesItsTokens(t *testing.T) {
	connectortest.RandomInBubbles(t)
	for _, row := range []struct {
		name             string
		refreshAfter     time.Duration // the issuer says
		takes            time.Duration // a statement
		least, most      time.Duration // from one token request to the next
		fewest, greatest int           // requests
	}{
		// From 4 min 50 s before its end on a token is renewed, within a tenth of what
		// then is left until callers would have to wait for it.
		{"the issuer says nothing", 0, 10 * time.Second, 310 * time.Second, 336 * time.Second, 11, 12},
		{"the issuer says late", 520 * time.Second, 5 * time.Second, 520 * time.Second, 525 * time.Second, 7, 7},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &revalidating{takes: row.takes}
				server, issuer, o := inBubble(t, tokenLife, &sqlserverfront.Options{Handler: r.serve})
				issuer.RefreshAfter = row.refreshAfter
				db, err := OpenDB(inBubbleDSN, o)
				require.NoError(t, err)
				assert.Greater(t, keepBusy(t, db, 50, time.Hour), 50*100)
				require.NoError(t, db.Close())
				assert.Zero(t, r.refused.Load())

				logins, requests := server.Logins(), issuer.Times()
				assert.Greater(t, len(logins), 50*5, "connections are replaced")
				require.NoError(t, spreadOut(logins))
				tokens := map[[32]byte]bool{}
				for _, l := range logins {
					tokens[l.PasswordSHA256] = true
				}
				assert.GreaterOrEqual(t, len(requests), row.fewest)
				assert.LessOrEqual(t, len(requests), row.greatest)
				assert.GreaterOrEqual(t, len(tokens), len(requests)-1, "all are used, but one that has just come")
				assert.LessOrEqual(t, len(tokens), len(requests))
				for i, at := range requests[1:] {
					assert.GreaterOrEqual(t, at.Sub(requests[i]), row.least)
					assert.LessOrEqual(t, at.Sub(requests[i]), row.most)
				}
				require.NoError(t, server.Close())
			})
		})
	}
}

// keepBusy has workers use a pool of as many connections, until the given time is
// over, for statements, queries, prepared ones and transactions. It returns how
// many there were; none may fail.
func keepBusy(t *testing.T, db *sql.DB, workers int, during time.Duration) int {
	t.Helper()
	db.SetMaxOpenConns(workers)
	db.SetMaxIdleConns(workers)
	ctx := t.Context()
	const update = "update t set a = 1"
	query := func(row *sql.Row, want int) error {
		var got int
		err := row.Scan(&got)
		assert.Equal(t, want, got)
		return err
	}
	prepared, err := db.PrepareContext(ctx, "select @p1")
	require.NoError(t, err)
	uses := []func(n int) error{
		func(int) error { _, err := db.ExecContext(ctx, update); return err },
		func(n int) error { return query(db.QueryRowContext(ctx, "select @p1", n), n) },
		func(n int) error { return query(prepared.QueryRowContext(ctx, n), n) },
		func(n int) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, update)
			return errors.Join(err, query(tx.QueryRowContext(ctx, "select @p1", n), n), tx.Commit())
		},
	}
	var traffic sync.WaitGroup
	var done atomic.Int32
	end := time.Now().Add(during)
	for range workers {
		traffic.Go(func() {
			for time.Now().Before(end) {
				n := int(done.Add(1))
				assert.NoError(t, uses[n%len(uses)](n))
				time.Sleep(rand.N(20 * time.Second))
			}
		})
	}
	traffic.Wait()
	require.NoError(t, prepared.Close())
	return int(done.Load())
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
	connectortest.RandomInBubbles(t)
	synctest.Test(t, func(t *testing.T) {
		server, issuer, o := inBubble(t, tokenLife, &sqlserverfront.Options{Handler: new(revalidating).serve})
		db, err := OpenDB(inBubbleDSN, o)
		require.NoError(t, err)
		for range 5 {
			require.NoError(t, db.PingContext(t.Context()))
			time.Sleep(tokenLife + time.Second)
		}
		assert.Len(t, server.Logins(), 5)
		assert.Greater(t, len(issuer.Issued()), 4)
		require.NoError(t, db.Close())
		require.NoError(t, server.Close())
	})
}

// TestTransactionIsNeverCut has a transaction, and a connection that is held,
// outlive their token on a server that does not look again.
func TestTransactionIsNeverCut(t *testing.T) {
	connectortest.RandomInBubbles(t)
	synctest.Test(t, func(t *testing.T) {
		handler := func(_ context.Context, s *tds.Session) error {
			for {
				request, err := s.Receive()
				if err != nil {
					return nil
				}
				if t, ok := request.(*tds.Transaction); ok {
					s.FollowTransaction(t)
				}
			}
		}
		server, _, o := inBubble(t, tokenLife, &sqlserverfront.Options{Handler: handler})
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
