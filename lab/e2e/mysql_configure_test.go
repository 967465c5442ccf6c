package e2e_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/mysql"
)

// openConfigured is a database over a program's own configuration, until the test ends.
func openConfigured(t *testing.T, cfg *gomysql.Config, text string, o *passwordless.Options, before ...func(context.Context, *gomysql.Config) error) *sql.DB {
	t.Helper()
	require.NoError(t, mysql.Configure(cfg, text, o, before...))
	c, err := gomysql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(c)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// The program's own settings and functions stay, for each connection.
func TestMySQLConfiguredKeepsWhatIsTheirs(t *testing.T) {
	b := mySQL.on(t)
	user, text := b.ready(t, "parseTime=false", "collation=utf8mb4_general_ci", "sql_mode='ANSI'", "time_zone='%2B01:00'")
	cfg := gomysql.NewConfig()
	cfg.ParseTime = true
	cfg.Collation = "utf8mb4_unicode_ci"
	cfg.Params = map[string]string{"time_zone": "'+05:45'"}
	var calls []string
	db := openConfigured(t, cfg, text, b.options(),
		func(_ context.Context, own *gomysql.Config) error {
			calls = append(calls, "first "+own.User)
			own.Params["wait_timeout"] = "4321"
			return nil
		},
		func(_ context.Context, own *gomysql.Config) error {
			calls = append(calls, "second "+own.Params["wait_timeout"])
			return nil
		})
	db.SetMaxIdleConns(-1)
	var collation, mode, zone string
	var wait int
	scan(t, db, "select @@collation_connection, @@sql_mode, @@time_zone, @@wait_timeout", &collation, &mode, &zone, &wait)
	assert.Equal(t, []any{"utf8mb4_unicode_ci", "+05:45", 4321}, []any{collation, zone, wait})
	assert.Contains(t, mode, "ANSI")
	var now time.Time
	scan(t, db, "select now()", &now)
	assert.Equal(t, []string{"first " + user, "second 4321", "first " + user, "second 4321"}, calls)
	b.requireUser(t, user, db)

	failed := errors.New("not today")
	refusing := openConfigured(t, gomysql.NewConfig(), text, b.options(), func(context.Context, *gomysql.Config) error { return failed })
	assert.ErrorIs(t, refusing.PingContext(limited(t)), failed)
}

// A server that asks for a file of the client's gets none, whatever the string says: allowAllFiles is a decision of
// the program. Readers that the program has registered are another.
func TestMySQLNoStringLetsTheServerReadFiles(t *testing.T) {
	b := mySQL.on(t)
	file := filepath.Join(t.TempDir(), "secret.csv")
	require.NoError(t, os.WriteFile(file, []byte("1\n2\n"), 0o600))
	var enabled int
	scan(t, b.admin(t), "select @@local_infile", &enabled)
	require.Equal(t, 1, enabled, "the server would take it")
	_, text := b.ready(t)
	table := newTable(t, b.db(t, text, b.options()), "id int primary key")
	load := fmt.Sprintf("load data local infile '%s' into table %s", file, table)
	for _, more := range []string{"", "&allowAllFiles=true", "&AllowAllFiles=1&allowAllFiles=true"} {
		for name, set := range map[string]setting{
			"literal":   {text: text + more, options: b.options()},
			"variables": {options: b.options(b.connectionString(text + more))},
		} {
			db := b.db(t, set.text, set.options)
			_, err := db.ExecContext(limited(t), load)
			assert.ErrorContains(t, err, "is not registered", name+more)
			assert.Zero(t, count(t, db, table), name+more)
		}
	}
	gomysql.RegisterReaderHandler(table, func() io.Reader { return strings.NewReader("3\n4\n5\n") })
	defer gomysql.DeregisterReaderHandler(table)
	db := b.db(t, text, b.options())
	execute(t, db, fmt.Sprintf("load data local infile 'Reader::%s' into table %s", table, table))
	assert.Equal(t, 3, count(t, db, table))

	cfg := gomysql.NewConfig()
	cfg.AllowAllFiles = true
	own := openConfigured(t, cfg, text, b.options())
	execute(t, own, "delete from "+table)
	execute(t, own, load)
	assert.Equal(t, 2, count(t, own, table))
}
