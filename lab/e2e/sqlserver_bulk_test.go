package e2e_test

import (
	"database/sql"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/sqlserver"
)

// orders are rows for bulk copy.
var orders = [][]any{
	{int64(1), "Ångström", 0.5, aMoment, []byte{1, 2}, true},
	{int64(2), nil, nil, nil, nil, nil},
	{int64(3), "漢字 🦆", -1e9, aMoment.AddDate(0, 0, 1), []byte{}, false},
}

const (
	orderColumns = "id bigint primary key, item nvarchar(40), weight float, placed datetime2(6), raw varbinary(20), paid bit"
	orderHash    = "select count(*), sum(id), max(item), min(weight), max(placed) from "
)

// requireOrders asserts that a table has the rows.
func requireOrders(t *testing.T, db *sql.DB, table string) {
	t.Helper()
	var n, sum int
	var item string
	var weight float64
	var placed time.Time
	scan(t, db, orderHash+table, &n, &sum, &item, &weight, &placed)
	assert.Equal(t, []any{3, 6, "漢字 🦆", -1e9}, []any{n, sum, item, weight})
	assert.True(t, placed.Equal(aMoment.AddDate(0, 0, 1)), "%v", placed)
}

func TestSQLServerBulkCopyOverTheRawConnection(t *testing.T) {
	b := sqlServer.on(t)
	db := b.readyDB(t)
	table := newTable(t, db, orderColumns)
	conn, err := db.Conn(limited(t))
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	require.NoError(t, sqlserver.Raw(conn, func(native *mssql.Conn) error {
		bulk := native.CreateBulkContext(limited(t), "dbo."+table, []string{"id", "item", "weight", "placed", "raw", "paid"})
		for _, row := range orders {
			if err := bulk.AddRow(row); err != nil {
				return err
			}
		}
		copied, err := bulk.Done()
		assert.Equal(t, int64(3), copied)
		return err
	}))
	requireOrders(t, db, table)
}

// CopyIn works in a transaction and follows its fate.
func TestSQLServerCopyIn(t *testing.T) {
	b := sqlServer.on(t)
	db := b.readyDB(t)
	table := newTable(t, db, orderColumns)
	copyIn := mssql.CopyIn(table, mssql.BulkOptions{}, "id", "item", "weight", "placed", "raw", "paid")
	for _, finish := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
		require.Zero(t, count(t, db, table))
		tx, err := db.BeginTx(limited(t), nil)
		require.NoError(t, err)
		statement, err := tx.PrepareContext(limited(t), copyIn)
		require.NoError(t, err)
		for _, row := range orders {
			_, err = statement.ExecContext(limited(t), row...)
			require.NoError(t, err)
		}
		result, err := statement.ExecContext(limited(t)) // sends them
		require.NoError(t, err)
		copied, err := result.RowsAffected()
		require.NoError(t, err)
		assert.Equal(t, int64(3), copied)
		require.NoError(t, statement.Close())
		require.NoError(t, finish(tx))
	}
	requireOrders(t, db, table)
}
