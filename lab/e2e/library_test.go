package e2e_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	entdialect "entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/XSAM/otelsql"
	"github.com/golang-migrate/migrate/v4"
	migratedb "github.com/golang-migrate/migrate/v4/database"
	migratemysql "github.com/golang-migrate/migrate/v4/database/mysql"
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jmoiron/sqlx"
	mssql "github.com/microsoft/go-mssqldb"
	"github.com/ngrok/sqlmw"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mssqldialect"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"xorm.io/xorm"
	"xorm.io/xorm/core"

	"github.com/azuredb/passwordless/postgres"
	"github.com/azuredb/passwordless/sqlserver"
)

// library is what a library is given: a driver of this module with a string, and a database that is open.
type library struct {
	driver string
	text   string
	db     *sql.DB
}

// tryLibraries runs the rows of docs/libraries.md for one engine, whose column there has these libraries and no others.
func tryLibraries(t *testing.T, column int, o library, rows map[string]func(*testing.T, library)) {
	t.Helper()
	text, err := os.ReadFile("../../docs/libraries.md")
	require.NoError(t, err)
	var documented []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([\w-]+) \|(.*)\|(.*)\|(.*)\|$`).FindAllStringSubmatch(string(text), -1) {
		if what := strings.TrimSpace(row[1+column]); row[1] != "library" && what != "-" {
			documented = append(documented, row[1])
		}
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(rows)), documented)
	for name, use := range rows {
		t.Run(name, func(t *testing.T) { use(t, o) })
	}
}

func TestLibrariesPostgreSQL(t *testing.T) {
	s := onStage(t)
	_, text := s.ready(t, "")
	s.setTrust(t)
	tryLibraries(t, 1, library{postgres.DriverName, text, sqlOpenAs(t, postgres.DriverName, text)}, map[string]func(*testing.T, library){
		"sqlx": trySQLX("pgx", sqlx.DOLLAR, "select $1 + 1"),
		"GORM": func(t *testing.T, o library) {
			orm, err := gorm.Open(gormpostgres.New(gormpostgres.Config{Conn: o.db}), &gorm.Config{})
			require.NoError(t, err)
			requireThree(t, func(n *int) error { return orm.Raw("select ? + 1", 2).Scan(n).Error })
			require.NoError(t, orm.AutoMigrate(&author{}, &book{}))
		},
		"ent":            tryEnt(entdialect.Postgres, "select $1 + 1"),
		"xorm":           tryXORM("pgx", "postgres:///app"),
		"goose":          tryGoose(goose.DialectPostgres),
		"golang-migrate": tryMigrate(func(db *sql.DB) (migratedb.Driver, error) { return migratepgx.WithInstance(db, &migratepgx.Config{}) }),
		"bun":            tryBun(func() schema.Dialect { return pgdialect.New() }),
		"otelsql":        tryOTel,
	})
}

func TestLibrariesMySQL(t *testing.T) {
	b := mySQL.on(t)
	_, text := b.ready(t, "parseTime=true", "multiStatements=true")
	b.setTrust(t)
	tryLibraries(t, 2, library{b.driver, text, b.sqlOpen(t, text)}, map[string]func(*testing.T, library){
		"sqlx":  trySQLX("mysql", sqlx.QUESTION, "select ? + 1"),
		"GORM":  b.tryGORM,
		"ent":   tryEnt(entdialect.MySQL, "select ? + 1"),
		"xorm":  tryXORM("mysql", "/app"),
		"goose": tryGoose(goose.DialectMySQL),
		"golang-migrate": tryMigrate(func(db *sql.DB) (migratedb.Driver, error) {
			return migratemysql.WithInstance(db, &migratemysql.Config{})
		}),
		"bun":     tryBun(func() schema.Dialect { return mysqldialect.New() }),
		"otelsql": tryOTel,
	})
}

func TestLibrariesSQLServer(t *testing.T) {
	b := sqlServer.on(t)
	_, text := b.ready(t)
	b.setTrust(t)
	tryLibraries(t, 3, library{b.driver, text, b.sqlOpen(t, text)}, map[string]func(*testing.T, library){
		"sqlx":    trySQLX("sqlserver", sqlx.AT, "select @p1 + 1"),
		"GORM":    b.tryGORM,
		"bun":     tryBun(func() schema.Dialect { return mssqldialect.New() }),
		"xorm":    tryXORM("mssql", "database=app"),
		"goose":   tryGoose(goose.DialectMSSQL),
		"otelsql": tryOTel,
	})
}

func requireThree(t *testing.T, ask func(*int) error) {
	t.Helper()
	var n int
	require.NoError(t, ask(&n))
	assert.Equal(t, 3, n)
}

func trySQLX(name string, bind int, query string) func(*testing.T, library) {
	return func(t *testing.T, o library) {
		db := sqlx.NewDb(o.db, name)
		assert.Equal(t, query, db.Rebind("select ? + 1"))
		requireThree(t, func(n *int) error { return db.GetContext(limited(t), n, query, 2) })

		sqlx.BindDriver(o.driver, bind)
		own, err := sqlx.ConnectContext(limited(t), o.driver, o.text)
		require.NoError(t, err)
		defer func() { assert.NoError(t, own.Close()) }()
		requireThree(t, func(n *int) error { return own.GetContext(limited(t), n, own.Rebind("select ? + 1"), 2) })
	}
}

func (b *bench) tryGORM(t *testing.T, o library) {
	orm := b.openGORM(t, o.db, false)
	requireThree(t, func(n *int) error { return orm.Raw("select ? + 1", 2).Scan(n).Error })
}

func tryEnt(name, query string) func(*testing.T, library) {
	return func(t *testing.T, o library) {
		requireThree(t, func(n *int) error {
			rows := &entsql.Rows{}
			if err := entsql.OpenDB(name, o.db).Query(limited(t), query, []any{2}, rows); err != nil {
				return err
			}
			defer func() { assert.NoError(t, rows.Close()) }()
			return entsql.ScanOne(rows, n)
		})
	}
}

// tryXORM gives xorm a string from which it takes the database's name, and nothing else.
func tryXORM(name, text string) func(*testing.T, library) {
	return func(t *testing.T, o library) {
		orm, err := xorm.NewEngineWithDB(name, text, core.FromDB(sqlOpenAs(t, o.driver, o.text))) // closed with the engine
		require.NoError(t, err)
		defer func() { assert.NoError(t, orm.Close()) }()
		requireThree(t, func(n *int) error { _, err := orm.SQL("select ? + 1", 2).Get(n); return err })
	}
}

func tryGoose(name goose.Dialect) func(*testing.T, library) {
	return func(t *testing.T, o library) {
		files := fstest.MapFS{"1_goose.sql": {Data: []byte("-- +goose Up\ncreate table by_goose (id int primary key);\n-- +goose Down\ndrop table by_goose;\n")}}
		migrations, err := goose.NewProvider(name, o.db, files)
		require.NoError(t, err)
		done, err := migrations.Up(limited(t))
		require.NoError(t, err)
		assert.Len(t, done, 1)
		_, err = migrations.DownTo(limited(t), 0)
		require.NoError(t, err)
	}
}

func tryMigrate(with func(*sql.DB) (migratedb.Driver, error)) func(*testing.T, library) {
	return func(t *testing.T, o library) {
		files := fstest.MapFS{
			"1_m.up.sql":   {Data: []byte("create table by_migrate (id int primary key);")},
			"1_m.down.sql": {Data: []byte("drop table by_migrate;")},
		}
		source, err := iofs.New(files, ".")
		require.NoError(t, err)
		db, err := sql.Open(o.driver, o.text) // which Close of the migrations closes
		require.NoError(t, err)
		native, err := with(db)
		require.NoError(t, err)
		migrations, err := migrate.NewWithInstance("iofs", source, o.driver, native)
		require.NoError(t, err)
		require.NoError(t, migrations.Up())
		require.NoError(t, migrations.Down())
		fromSource, fromDB := migrations.Close()
		require.NoError(t, fromSource)
		require.NoError(t, fromDB)
	}
}

func tryBun(name func() schema.Dialect) func(*testing.T, library) {
	return func(t *testing.T, o library) {
		db := bun.NewDB(o.db, name())
		requireThree(t, func(n *int) error { return db.NewSelect().ColumnExpr("? + 1", 2).Scan(limited(t), n) })
	}
}

// tryOTel also opens the empty string without any settings, as otelsql.Register does to find the driver.
func tryOTel(t *testing.T, o library) {
	name, err := otelsql.Register(o.driver)
	require.NoError(t, err)
	for _, open := range []func() (*sql.DB, error){
		func() (*sql.DB, error) { return sql.Open(name, o.text) },
		func() (*sql.DB, error) { return otelsql.Open(o.driver, o.text) },
	} {
		db, err := open()
		require.NoError(t, err)
		require.NoError(t, db.PingContext(limited(t)))
		requireRaw(t, o, db)
		require.NoError(t, db.Close())
	}
}

// requireRaw reaches go-mssqldb's connection through a wrapper.
func requireRaw(t *testing.T, o library, db *sql.DB) {
	t.Helper()
	if o.driver != sqlserver.DriverName {
		return
	}
	conn, err := db.Conn(limited(t))
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	require.NoError(t, sqlserver.Raw(conn, func(native *mssql.Conn) error { return native.Ping(limited(t)) }))
}

// counting is an interceptor of sqlmw.
type counting struct {
	sqlmw.NullInterceptor
	queries int
}

func (c *counting) ConnQueryContext(ctx context.Context, conn driver.QueryerContext, query string, args []driver.NamedValue) (context.Context, driver.Rows, error) {
	c.queries++
	rows, err := conn.QueryContext(ctx, query, args)
	return ctx, rows, err
}

// sqlmw wraps a driver, which it is given by library the empty string.
func TestInterceptedDriver(t *testing.T) {
	s := onStage(t)
	found, err := sql.Open(postgres.DriverName, "")
	require.NoError(t, err, "without any settings")
	require.ErrorContains(t, found.PingContext(limited(t)), "no connection settings")
	c := new(counting)
	sql.Register("intercepted-postgres", sqlmw.Driver(found.Driver(), c))
	_, text := s.ready(t, "")
	s.setTrust(t)
	db := sqlOpenAs(t, "intercepted-postgres", text)
	requireThree(t, func(n *int) error { return db.QueryRowContext(limited(t), "select 3").Scan(n) })
	assert.Equal(t, 1, c.queries)
}
