package sqlserverfront_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
)

// Without a handler every request succeeds, so that programs run that only
// connect and write.
func TestWithoutHandler(t *testing.T) {
	b := newBench(t, nil)
	db := open(t, byToken(t, b.config(t, ""), b.Token))
	_, err := db.ExecContext(t.Context(), "insert into t values (@p1, @p2)", 1, "x")
	require.NoError(t, err)
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelSerializable})
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "delete from t")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	tx, err = db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	require.ErrorIs(t, db.QueryRowContext(t.Context(), "select 1").Err(), nil)
	assert.Len(t, b.Server.Logins(), 1)
}

// The session knows who the client is and when its token ends.
func TestSessionOfLogin(t *testing.T) {
	seen := make(chan *tds.Session, 1)
	b := newBench(t, &sqlserverfront.Options{Handler: func(_ context.Context, s *tds.Session) error {
		seen <- s
		return nil
	}})
	require.NoError(t, connect(t, byToken(t, b.config(t, "app name=bench;workstation id=desk;applicationintent=ReadOnly"), b.Token)))
	s := <-seen
	claims, err := b.Cloud.Verify(b.Token, azuretest.SQLAudience)
	require.NoError(t, err)
	assert.Equal(t, b.ID.Name, s.User)
	assert.Equal(t, "orders", s.Database)
	assert.Equal(t, "bench", s.AppName)
	assert.Equal(t, "desk", s.HostName)
	assert.True(t, s.ReadOnlyIntent)
	assert.Equal(t, claims.Expires, s.TokenExpires)
}
