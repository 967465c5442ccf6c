package sqlite

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A connection that is new to its client does not wait for another's transaction to read no table.
func TestNothingWaitsForATransactionThatWrites(t *testing.T) {
	m, err := Open(t.Context())
	require.NoError(t, err)
	defer func() { assert.NoError(t, m.Close()) }()
	writer, err := m.DB.Conn(t.Context())
	require.NoError(t, err)
	defer func() { assert.NoError(t, writer.Close()) }()
	require.NoError(t, Transact(t.Context(), writer, "begin immediate"))
	var one int
	require.NoError(t, m.DB.QueryRowContext(t.Context(), "select 1").Scan(&one), "SQLite says it is locked after 10 s")
	require.NoError(t, Transact(t.Context(), writer, "rollback"))
}
