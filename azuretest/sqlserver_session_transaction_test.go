package azuretest_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

func TestSQLServerTransactions(t *testing.T) {
	var seen recorder
	db := serveSQL(t, func(s *azuretest.SQLServerSession, r azuretest.SQLServerRequest) error {
		if tran, ok := r.(*azuretest.SQLServerTransaction); ok {
			seen.add(r)
			s.FollowTransaction(tran)
		}
		return nil
	})
	levels := map[sql.IsolationLevel]azuretest.SQLServerIsolation{
		sql.LevelDefault:         azuretest.SQLServerUseCurrent,
		sql.LevelReadUncommitted: azuretest.SQLServerReadUncommitted,
		sql.LevelReadCommitted:   azuretest.SQLServerReadCommitted,
		sql.LevelRepeatableRead:  azuretest.SQLServerRepeatableRead,
		sql.LevelSerializable:    azuretest.SQLServerSerializable,
		sql.LevelSnapshot:        azuretest.SQLServerSnapshot,
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
		begin := requests[len(requests)-2].(*azuretest.SQLServerTransaction)
		assert.Equal(t, azuretest.SQLServerBegin, begin.Action)
		assert.Equal(t, isolation, begin.Isolation)
		end := requests[len(requests)-1].(*azuretest.SQLServerTransaction)
		assert.Equal(t, level == sql.LevelDefault, end.Action == azuretest.SQLServerRollback)
	}
}

// TestSQLServerAbortedTransaction: the driver knows when the server has rolled
// back, and that a batch has begun one.
func TestSQLServerAbortedTransaction(t *testing.T) {
	db := serveSQL(t, func(s *azuretest.SQLServerSession, r azuretest.SQLServerRequest) error {
		switch r := r.(type) {
		case *azuretest.SQLServerTransaction:
			s.FollowTransaction(r)
		case *azuretest.SQLServerBatch:
			if r.SQL == "abort now" {
				s.Error(&azuretest.SQLServerError{Number: 1205, State: 51, Class: 13, Message: "deadlock"})
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

func TestSQLServerReset(t *testing.T) {
	resets := make(chan bool, 10)
	db := serveSQL(t, func(s *azuretest.SQLServerSession, r azuretest.SQLServerRequest) error {
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
