package e2e_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	labsqlserver "github.com/azuredb/passwordless/lab/sqlserver"
)

// logins are those of a user at the stand-in.
func (b *bench) logins(user string) (all []azuretest.ServerLogin) {
	for _, login := range b.server.(*labsqlserver.Server).Front().Logins() {
		if login.User == user {
			all = append(all, login)
		}
	}
	return all
}

// nativeSQLServer is go-mssqldb's own connector, given a token.
func (b *bench) nativeSQLServer(tb testing.TB, token string) *mssql.Connector {
	tb.Helper()
	cfg, err := msdsn.Parse("sqlserver://" + b.server.Addr() + "?encrypt=true&database=" + database)
	require.NoError(tb, err)
	cfg.TLSConfig.RootCAs = b.CA().Pool()
	c, err := mssql.NewSecurityTokenConnector(cfg, func(context.Context) (string, error) { return token, nil })
	require.NoError(tb, err)
	return c
}

// A server that looks at the token again, as Azure SQL does, never finds an expired one: not in a pool under load, and
// not in one that lies idle.
func TestSQLServerConnectionsAreRetired(t *testing.T) {
	const life, workers = 5 * time.Second, 6
	b := sqlServer.on(t)
	b.onAppService(t)
	id := b.userAssigned(t)
	b.inject(t, azuretest.Fault{Identity: id.ClientID, Lifetime: life})
	text := b.to(id.Name, b.key("client_id", id.ClientID))
	c := b.connector(t, text, b.options())
	busy, idle := pooled(t, c), b.db(t, text, b.options())
	busy.SetMaxIdleConns(workers)
	require.NoError(t, idle.PingContext(limited(t)))
	first := c.Status().Token.ExpiresOn
	require.False(t, first.IsZero())

	native := sql.OpenDB(b.nativeSQLServer(t, b.mint(frontendtest.Living(id, 2*time.Second))))
	defer func() { assert.NoError(t, native.Close()) }()
	require.NoError(t, native.PingContext(limited(t)))
	before := len(b.logins(id.Name))

	var load sync.WaitGroup
	ctx, cancel := context.WithCancel(limited(t))
	for range workers {
		load.Go(func() {
			for ctx.Err() == nil {
				_, err := busy.ExecContext(limited(t), b.one)
				assert.NoError(t, err)
			}
		})
	}
	await(t, "the first token has expired", func() bool { return time.Now().After(first.Add(100 * time.Millisecond)) })
	cancel()
	load.Wait()
	opened := len(b.logins(id.Name)) - before
	assert.Greater(t, opened, busy.Stats().OpenConnections, "connections are replaced")
	assert.NoError(t, idle.PingContext(limited(t)))
	assert.Len(t, b.logins(id.Name), before+opened+1, "also an idle one")
	assert.LessOrEqual(t, c.Status().Token.Requests, uint64(3), "and the token renewed at half its life")
	_, err := native.ExecContext(limited(t), b.one)
	assert.Equal(t, 37396, b.code(err), "go-mssqldb alone: %v", err)
}

// A transaction and a connection that is held go on: they are retired when they come back to the pool. The credential
// says that its tokens, which live for an hour, end after a second.
func TestSQLServerTransactionIsNeverCut(t *testing.T) {
	s := onCloud(t)
	server, err := labsqlserver.Start(t.Context(), s.Cloud, nil) // whose database no other test locks
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	b := sqlServer.onto(s, server)
	id, o := b.userAssigned(t), b.options()
	o.Credential = &minted{tokens: []string{b.mint(id)}, life: time.Second}
	db := b.db(t, b.to(id.Name), o)
	table := newTable(t, db, "id int identity primary key, spid int")
	tx, err := db.BeginTx(limited(t), nil)
	require.NoError(t, err)
	held, err := db.Conn(limited(t))
	require.NoError(t, err)
	var spid, again int
	scan(t, held, "select @@spid", &spid)
	statement, err := tx.PrepareContext(limited(t), "insert into "+table+" values (@@spid)")
	require.NoError(t, err)
	rows := 0
	end := time.Now().Add(1200 * time.Millisecond)
	await(t, "both tokens have ended, by what was said of them", func() bool {
		_, err := statement.ExecContext(limited(t))
		require.NoError(t, err)
		rows++
		return time.Now().After(end)
	})
	require.NoError(t, tx.Commit())
	scan(t, held, "select @@spid", &again)
	assert.Equal(t, spid, again)
	logins := len(b.logins(id.Name))
	require.NoError(t, held.Close())
	assert.Zero(t, db.Stats().OpenConnections)

	var n, sessions int
	scan(t, db, "select count(*), count(distinct spid) from "+table, &n, &sessions)
	assert.Equal(t, []int{rows, 1}, []int{n, sessions})
	assert.Len(t, b.logins(id.Name), logins+1)
}
