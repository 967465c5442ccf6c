package mysql

import (
	"database/sql"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/lab/internal/labtest"
)

func TestEmbeddedMySQL(t *testing.T) {
	for name, change := range map[string]func(*mysql.Config){
		"prepared":     func(*mysql.Config) {},
		"interpolated": func(c *mysql.Config) { c.InterpolateParams = true },
	} {
		t.Run(name, func(t *testing.T) {
			checkOrders(t, openMySQL(t, change))
		})
	}
}

// checkOrders makes a table, fills it, reads it and empties it.
func checkOrders(t *testing.T, db *sql.DB) {
	ctx := labtest.Limited(t)
	exec := func(query string, args ...any) (affected, last int64) {
		t.Helper()
		r, err := db.ExecContext(ctx, query, args...)
		require.NoError(t, err)
		affected, err = r.RowsAffected()
		require.NoError(t, err)
		last, err = r.LastInsertId()
		require.NoError(t, err)
		return affected, last
	}
	exec("CREATE TABLE `orders` (`id` bigint(20) unsigned NOT NULL AUTO_INCREMENT, item varchar(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'what, (it) is', " +
		"amount int, paid tinyint(1), price double, cost decimal(10,2), at datetime(6) DEFAULT CURRENT_TIMESTAMP(6), day date, raw longblob, PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4")
	at := time.Date(2026, 2, 28, 23, 59, 58, 123456000, time.UTC)
	affected, last := exec("insert into orders (item, amount, paid, price, cost, at, day, raw) values (?, ?, ?, ?, ?, ?, ?, ?)",
		`it's; "?" \ %`, 3, true, 2.5, "1.25", at, "2026-02-28", []byte{0, 255, '\''})
	assert.EqualValues(t, []int64{1, 1}, []int64{affected, last})
	affected, last = exec(`insert into orders (item) values ("pen"), ('it\'s \\ ''new''')`)
	assert.EqualValues(t, []int64{2, 2}, []int64{affected, last}, "the first of two")

	var (
		id       uint64
		item     string
		amount   int
		paid     bool
		price    float64
		cost     string
		when, on time.Time
		raw      []byte
	)
	row := db.QueryRowContext(ctx, "select * from orders where id = ? for update", 1)
	require.NoError(t, row.Scan(&id, &item, &amount, &paid, &price, &cost, &when, &on, &raw))
	assert.Equal(t, uint64(1), id)
	assert.Equal(t, `it's; "?" \ %`, item)
	assert.Equal(t, 3, amount)
	assert.True(t, paid)
	assert.InDelta(t, 2.5, price, 0)
	assert.Equal(t, "1.25", cost)
	assert.Equal(t, at, when)
	assert.Equal(t, at.Truncate(24*time.Hour), on)
	assert.Equal(t, []byte{0, 255, '\''}, raw)

	require.NoError(t, db.QueryRowContext(ctx, "select item, at from orders where id = ?", 3).Scan(&item, &when))
	assert.Equal(t, `it's \ 'new'`, item)
	assert.WithinDuration(t, time.Now(), when, time.Minute)
	var count int
	var average float64
	var missing sql.NullInt64
	require.NoError(t, db.QueryRowContext(ctx, "select count(*), avg(id), max(amount) from orders where item >= ? and id<>1", "a").Scan(&count, &average, &missing))
	assert.Equal(t, 2, count)
	assert.InDelta(t, 2.5, average, 0)
	assert.False(t, missing.Valid)
	affected, _ = exec("update orders set amount = ? # all\n", 5)
	assert.EqualValues(t, 3, affected)
	affected, _ = exec("insert ignore into orders (id, item) values (1, 'again')")
	assert.Zero(t, affected)
	affected, _ = exec("delete from orders -- all")
	assert.EqualValues(t, 3, affected)
}
