package sqlserverfront_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
)

func TestTransactions(t *testing.T) {
	var seen recorder
	db := serveSQL(t, func(s *tds.Session, r tds.Request) error {
		if tran, ok := r.(*tds.Transaction); ok {
			seen.add(r)
			s.FollowTransaction(tran)
		}
		return nil
	})
	levels := map[sql.IsolationLevel]tds.Isolation{
		sql.LevelDefault:         tds.UseCurrent,
		sql.LevelReadUncommitted: tds.ReadUncommitted,
		sql.LevelReadCommitted:   tds.ReadCommitted,
		sql.LevelRepeatableRead:  tds.RepeatableRead,
		sql.LevelSerializable:    tds.Serializable,
		sql.LevelSnapshot:        tds.Snapshot,
	}
	for level, isolation := range levels {
		tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
		require.NoError(t, err)
		_, err = tx.Exec("insert")
		require.NoError(t, err)
		if level == sql.LevelDefault {
			require.NoError(t, tx.Rollback())
		} else {
			require.NoError(t, tx.Commit())
		}
		requests := seen.all()
		begin := requests[len(requests)-2].(*tds.Transaction)
		assert.Equal(t, tds.Begin, begin.Action)
		assert.Equal(t, isolation, begin.Isolation)
		end := requests[len(requests)-1].(*tds.Transaction)
		assert.Equal(t, level == sql.LevelDefault, end.Action == tds.Rollback)
	}
}

// TestAbortedTransaction: the driver knows when the server has rolled
// back, and that a batch has begun one.
func TestAbortedTransaction(t *testing.T) {
	db := serveSQL(t, func(s *tds.Session, r tds.Request) error {
		switch r := r.(type) {
		case *tds.Transaction:
			s.FollowTransaction(r)
		case *tds.Batch:
			if r.SQL == "abort now" {
				s.Error(&sqlserverfront.Error{Number: 1205, State: 51, Class: 13, Message: "deadlock"})
				s.TransactionEnded(false)
			}
		}
		return nil
	})
	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("abort now")
	require.Error(t, err)
	_, err = tx.Exec("more")
	assert.ErrorContains(t, err, "aborted by the server")
	assert.NoError(t, tx.Rollback())
}

func TestReset(t *testing.T) {
	resets := make(chan bool, 10)
	db := serveSQL(t, func(s *tds.Session, r tds.Request) error {
		reset, _ := r.Reset()
		resets <- reset
		return nil
	})
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	for range 2 {
		_, err := conn.ExecContext(t.Context(), "set language")
		require.NoError(t, err)
	}
	require.NoError(t, conn.Close())
	require.NoError(t, db.Ping())
	assert.True(t, <-resets, "the driver resets a new connection too")
	assert.False(t, <-resets)
	assert.True(t, <-resets, "it comes from the pool again")
}
