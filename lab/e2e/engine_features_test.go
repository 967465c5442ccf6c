package e2e_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// duplicates are the servers' numbers for a key that is there already.
var duplicates = map[*engine]int{&mySQL: 1062, &sqlServer: 2627}

func TestEngineStatementsAndTransactions(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		for _, mode := range statementModes[b.engine] {
			t.Run("mode "+mode, func(t *testing.T) {
				db := b.readyDB(t, mode)
				table := newTable(t, db, "id int primary key, name varchar(40)")
				statement, err := db.PrepareContext(limited(t), b.rebound("insert into "+table+" values (?, ?)"))
				require.NoError(t, err)
				defer func() { assert.NoError(t, statement.Close()) }()

				insert := func(id int, finish func(*sql.Tx) error) {
					tx, err := db.BeginTx(limited(t), &sql.TxOptions{Isolation: sql.LevelSerializable})
					require.NoError(t, err)
					_, err = tx.StmtContext(limited(t), statement).ExecContext(limited(t), id, "name")
					require.NoError(t, err)
					require.NoError(t, finish(tx))
				}
				insert(1, (*sql.Tx).Commit)
				insert(2, (*sql.Tx).Rollback)
				_, err = statement.ExecContext(limited(t), 1, "again")
				require.Equal(t, duplicates[b.engine], b.code(err), "%v", err)
				var n, id int
				row := db.QueryRowContext(limited(t), b.rebound("select count(*), min(id) from "+table+" where name = ?"), "name")
				require.NoError(t, row.Scan(&n, &id))
				assert.Equal(t, []int{1, 1}, []int{n, id})
			})
		}
	})
}

// A transaction whose context ends is rolled back.
func TestEngineTransactionOfAContextThatEnds(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		db := b.readyDB(t)
		table := newTable(t, db, "id int primary key")
		ctx, cancel := context.WithCancel(limited(t))
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		execute(t, tx, "insert into "+table+" values (1)")
		cancel()
		await(t, "the transaction has ended", func() bool { return db.Stats().InUse == 0 })
		assert.Error(t, tx.Commit())
		assert.Zero(t, count(t, db, table))
	})
}

// Connections of a prepared statement come and go, also under it.
func TestEnginePreparedStatementsOutliveConnections(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		_, text := b.ready(t)
		var wires cutter
		o := b.options()
		o.Dial = wires.dial
		db := b.db(t, text, o)
		db.SetMaxOpenConns(4)
		db.SetMaxIdleConns(2)
		statement, err := db.PrepareContext(limited(t), b.rebound("select concat(?, ''), concat(?, '')"))
		require.NoError(t, err)
		defer func() { assert.NoError(t, statement.Close()) }()
		for round := range 3 {
			if round > 0 {
				await(t, "no login is under way", func() bool { return db.Stats().OpenConnections == db.Stats().Idle })
				wires.cut()
			}
			var callers sync.WaitGroup
			for i := range 20 {
				callers.Go(func() {
					mine := fmt.Sprint("caller ", i)
					var first, second string
					if assert.NoError(t, statement.QueryRowContext(limited(t), mine, "b").Scan(&first, &second)) {
						assert.Equal(t, []string{mine, "b"}, []string{first, second})
					}
				})
			}
			callers.Wait()
		}
	})
}

// Statements in one text have one result each.
func TestEngineSeveralResults(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		var more string
		if b.engine == &mySQL {
			more = "multiStatements=true"
		}
		db := b.readyDB(t, more)
		table := newTable(t, db, "id int primary key")
		rows, err := db.QueryContext(limited(t), "insert into "+table+" values (1), (2); select id from "+table+" order by id; select 'x' as a, 'y' as b")
		require.NoError(t, err)
		defer func() { assert.NoError(t, rows.Close()) }()
		var got []string
		for more := true; more; more = rows.NextResultSet() {
			columns, err := rows.Columns()
			require.NoError(t, err)
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(string)
			}
			for rows.Next() {
				require.NoError(t, rows.Scan(values...))
				for i, value := range values {
					got = append(got, columns[i]+"="+*value.(*string))
				}
			}
		}
		require.NoError(t, rows.Err())
		assert.Equal(t, []string{"id=1", "id=2", "a=x", "b=y"}, got)
	})
}

// What wraps drivers (tracing, ORMs) works with a driver's name and a string, or with driver.DriverContext: nothing
// has to be registered with the native driver.
func TestEngineDriverByName(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.setTrust(t)
		user, text := b.ready(t)
		db := b.sqlOpen(t, text)
		b.requireUser(t, user, db)
		assert.Contains(t, sql.Drivers(), b.driver)

		wrapped, err := db.Driver().(driver.DriverContext).OpenConnector(text)
		require.NoError(t, err)
		again := sql.OpenDB(wrapped)
		defer func() { assert.NoError(t, again.Close()) }()
		b.requireUser(t, user, again)
		conn, err := db.Driver().Open(text)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	})
}

// A second server is tried where the first cannot be reached, but not where the first cannot prove who it is: that
// would be a way to choose the server from outside.
func TestEngineNextHost(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		id := b.userAssigned(t)
		texts := func(first string) []string {
			if b.engine == &mySQL {
				return []string{
					fmt.Sprintf("%s@tcp(%s,%s)/%s?client_id=%s", id.Name, first, b.server.Addr(), database, id.ClientID),
					fmt.Sprintf("mysql://%s@%s,%s/%s?client_id=%s", id.Name, first, b.server.Addr(), database, id.ClientID),
				}
			}
			return []string{
				b.text(first, database, "", "client_id="+id.ClientID, "failoverpartner="+loopback, fmt.Sprint("failoverport=", port(t, b.server.Addr()))),
				fmt.Sprintf("Server=%s,%d;Failover Partner=%s,%d;Database=%s;Client_Id=%s", loopback, port(t, first),
					loopback, port(t, b.server.Addr()), database, id.ClientID),
			}
		}
		for _, text := range texts(b.newValve(t).nowhere) {
			b.requireUser(t, id.Name, b.db(t, text, b.options()))
		}
		impostor := b.named(t, "another.example")
		for _, text := range texts(impostor.Addr()) {
			requireLoginError(t, b.db(t, text, b.options()).PingContext(limited(t)), "server-certificate", "for another name")
		}
		requireNoToken(t, impostor)
	})
}
