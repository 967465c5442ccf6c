package e2e_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	gormmysql "gorm.io/driver/mysql"
	gormsqlserver "gorm.io/driver/sqlserver"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"

	labmysql "github.com/azuredb/passwordless/lab/mysql"
)

// dialectors are GORM's, over a database of this library's.
var dialectors = map[*engine]func(*sql.DB) gorm.Dialector{
	&mySQL:     func(db *sql.DB) gorm.Dialector { return gormmysql.New(gormmysql.Config{Conn: db}) },
	&sqlServer: func(db *sql.DB) gorm.Dialector { return gormsqlserver.New(gormsqlserver.Config{Conn: db}) },
}

// author and book are GORM's models.
type author struct {
	ID     uint
	Name   string `gorm:"size:40;not null;uniqueIndex"`
	Born   *time.Time
	Rating float64 `gorm:"precision:8;scale:2"`
	Active bool
	Books  []book
}

type book struct {
	gorm.Model
	AuthorID uint
	Title    string `gorm:"size:100;index"`
	Cover    []byte
}

// openGORM is GORM over the database, with tables of its own.
func (b *bench) openGORM(t *testing.T, db *sql.DB, prepare bool) *gorm.DB {
	t.Helper()
	orm, err := gorm.Open(dialectors[b.engine](db), &gorm.Config{
		PrepareStmt: prepare, TranslateError: true, Logger: logger.Discard,
		NamingStrategy: schema.NamingStrategy{TablePrefix: fmt.Sprintf("g%d_", tables.Add(1))},
	})
	require.NoError(t, err)
	return orm.WithContext(limited(t))
}

func TestEngineGORM(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		more := map[*engine]string{&mySQL: "parseTime=true"}[b.engine]
		for _, prepare := range []bool{false, true} {
			t.Run(fmt.Sprint("prepared ", prepare), func(t *testing.T) { useGORM(t, b.openGORM(t, b.readyDB(t, more), prepare)) })
		}
	})
}

// GORM works on the program's own configuration, too.
func TestGORMOnAConfigurationOfOnesOwn(t *testing.T) {
	b := mySQL.on(t)
	_, text := b.ready(t)
	cfg := gomysql.NewConfig()
	cfg.ParseTime = true
	useGORM(t, b.openGORM(t, openConfigured(t, cfg, text, b.options()), false))
}

// The embedded MySQL serves both: it has information_schema and savepoints.
func TestORMsOnTheEmbeddedMySQL(t *testing.T) {
	s := onCloud(t)
	server, err := labmysql.Start(limited(t), s.Cloud, &labmysql.Options{Embedded: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	b := mySQL.onto(s, server)
	for _, prepare := range []bool{false, true} {
		t.Run(fmt.Sprint("GORM, prepared ", prepare), func(t *testing.T) { useGORM(t, b.openGORM(t, b.readyDB(t, "parseTime=true"), prepare)) })
	}
	t.Run("sqlx", func(t *testing.T) { useSQLX(t, b) })
}

// useGORM does what programs do with it.
func useGORM(t *testing.T, orm *gorm.DB) {
	t.Helper()
	for range 2 { // the second time there is nothing to do
		require.NoError(t, orm.AutoMigrate(&author{}, &book{}))
	}
	assert.True(t, orm.Migrator().HasTable(&author{}))
	assert.True(t, orm.Migrator().HasColumn(&book{}, "Title"))
	assert.True(t, orm.Migrator().HasIndex(&book{}, "Title"))

	born := time.Date(1815, 12, 10, 0, 0, 0, 0, time.UTC)
	ada := author{Name: "Ada", Born: &born, Rating: 9.25, Active: true, Books: []book{{Title: "Notes", Cover: []byte{0, 0xff}}, {Title: "Letters"}}}
	require.NoError(t, orm.Create(&ada).Error)
	assert.NotZero(t, ada.ID)
	require.NoError(t, orm.CreateInBatches([]author{{Name: "Bob"}, {Name: "Cid"}, {Name: "Dan"}}, 2).Error)
	assert.ErrorIs(t, orm.Create(&author{Name: "Ada"}).Error, gorm.ErrDuplicatedKey)

	var got author
	require.NoError(t, orm.Preload("Books", func(tx *gorm.DB) *gorm.DB { return tx.Order("title") }).Where("name = ?", "Ada").First(&got).Error)
	require.Len(t, got.Books, 2)
	assert.Equal(t, []any{"Letters", "Notes", []byte{0, 0xff}}, []any{got.Books[0].Title, got.Books[1].Title, got.Books[1].Cover})
	assert.Equal(t, []any{9.25, true}, []any{got.Rating, got.Active})
	assert.True(t, got.Born.Equal(born), "%v", got.Born)
	assert.WithinDuration(t, time.Now(), got.Books[0].CreatedAt, time.Hour)
	assert.ErrorIs(t, orm.First(&author{}, "name = ?", "Eve").Error, gorm.ErrRecordNotFound)

	changeWithGORM(t, orm)
	requireGORMTransactions(t, orm)
	require.NoError(t, orm.Migrator().DropTable(&author{}, &book{}))
	assert.False(t, orm.Migrator().HasTable(&author{}))
}

// changeWithGORM updates, upserts, pages and deletes.
func changeWithGORM(t *testing.T, orm *gorm.DB) {
	t.Helper()
	require.NoError(t, orm.Model(&author{}).Where("name = ?", "Bob").Updates(map[string]any{"rating": 5, "active": true}).Error)
	bob := author{}
	require.NoError(t, orm.Take(&bob, "name = ?", "Bob").Error)
	assert.Equal(t, []any{5.0, true}, []any{bob.Rating, bob.Active})
	bob.Rating = 6.5
	require.NoError(t, orm.Save(&bob).Error)
	upsert := orm.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"name"})})
	require.NoError(t, upsert.Create(&author{ID: bob.ID, Name: "Robert"}).Error)
	var names []string
	require.NoError(t, orm.Model(&author{}).Where("rating > ?", 1).Order("rating").Pluck("name", &names).Error)
	assert.Equal(t, []string{"Robert", "Ada"}, names)
	require.NoError(t, orm.Model(&author{}).Order("name").Offset(1).Limit(2).Pluck("name", &names).Error)
	assert.Equal(t, []string{"Cid", "Dan"}, names)
	var n int64
	require.NoError(t, orm.Where("title = ?", "Letters").Delete(&book{}).Error, "softly")
	require.NoError(t, orm.Model(&book{}).Count(&n).Error)
	assert.Equal(t, int64(1), n)
	require.NoError(t, orm.Unscoped().Where("title = ?", "Letters").Delete(&book{}).Error)
	require.NoError(t, orm.Unscoped().Model(&book{}).Count(&n).Error)
	assert.Equal(t, int64(1), n)
}

// requireGORMTransactions asserts that what failed leaves nothing, also inside of what did not.
func requireGORMTransactions(t *testing.T, orm *gorm.DB) {
	t.Helper()
	failed := errors.New("no")
	assert.ErrorIs(t, orm.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Create(&author{Name: "rolled back"}).Error)
		return failed
	}), failed)
	require.NoError(t, orm.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Create(&author{Name: "kept"}).Error)
		assert.ErrorIs(t, tx.Transaction(func(inner *gorm.DB) error { // a savepoint
			require.NoError(t, inner.Create(&author{Name: "inner"}).Error)
			return failed
		}), failed)
		return nil
	}, &sql.TxOptions{Isolation: sql.LevelSerializable}))
	var names []string
	require.NoError(t, orm.Model(&author{}).Where("name in ?", []string{"rolled back", "kept", "inner"}).Pluck("name", &names).Error)
	assert.Equal(t, []string{"kept"}, names)
}

// person is a row for sqlx.
type person struct {
	ID   int            `db:"id"`
	Name string         `db:"name"`
	Note sql.NullString `db:"note"`
}

func TestEngineSQLX(t *testing.T) { onEach(t, useSQLX) }

// useSQLX does what programs do with it. sqlx knows the marks for parameters by the native driver's name.
func useSQLX(t *testing.T, b *bench) {
	t.Helper()
	db := sqlx.NewDb(b.readyDB(t), b.name)
	table := newTable(t, db.DB, "id int primary key, name varchar(40) not null, note varchar(40)")
	ctx := limited(t)
	insert := "insert into " + table + " (id, name, note) values (:id, :name, :note)"
	_, err := db.NamedExecContext(ctx, insert, person{1, "Ada", sql.NullString{String: "first", Valid: true}})
	require.NoError(t, err)
	_, err = db.NamedExecContext(ctx, insert, []person{{ID: 2, Name: "Bob"}, {ID: 3, Name: "Cid"}})
	require.NoError(t, err)

	var one person
	require.NoError(t, db.GetContext(ctx, &one, db.Rebind("select * from "+table+" where id = ?"), 1))
	assert.Equal(t, person{1, "Ada", sql.NullString{String: "first", Valid: true}}, one)
	query, args, err := sqlx.In("select * from "+table+" where id in (?) and note is null order by id", []int{1, 2, 3})
	require.NoError(t, err)
	var some []person
	require.NoError(t, db.SelectContext(ctx, &some, db.Rebind(query), args...))
	assert.Equal(t, []person{{ID: 2, Name: "Bob"}, {ID: 3, Name: "Cid"}}, some)
	require.ErrorIs(t, db.GetContext(ctx, &one, db.Rebind("select * from "+table+" where id = ?"), 4), sql.ErrNoRows)

	requireSQLXStatements(ctx, t, db, table)
}

// requireSQLXStatements uses prepared statements, named ones too, and transactions.
func requireSQLXStatements(ctx context.Context, t *testing.T, db *sqlx.DB, table string) {
	t.Helper()
	named, err := db.PrepareNamedContext(ctx, "select name from "+table+" where id = :id")
	require.NoError(t, err)
	defer func() { assert.NoError(t, named.Close()) }()
	plain, err := db.PreparexContext(ctx, db.Rebind("update "+table+" set note = ? where id = ?"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, plain.Close()) }()
	for id, name := range map[int]string{1: "Ada", 2: "Bob"} {
		var got string
		require.NoError(t, named.GetContext(ctx, &got, map[string]any{"id": id}))
		assert.Equal(t, name, got)
	}
	for _, finish := range []func(*sqlx.Tx) error{func(tx *sqlx.Tx) error { return tx.Commit() }, func(tx *sqlx.Tx) error { return tx.Rollback() }} {
		tx, err := db.BeginTxx(ctx, nil)
		require.NoError(t, err)
		var before sql.NullString
		require.NoError(t, tx.GetContext(ctx, &before, "select note from "+table+" where id = 2"))
		_, err = tx.StmtxContext(ctx, plain).ExecContext(ctx, before.String+"!", 2)
		require.NoError(t, err)
		require.NoError(t, finish(tx))
	}
	rows, err := db.NamedQueryContext(ctx, "select * from "+table+" where name = :name", map[string]any{"name": "Bob"})
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	var bob person
	require.True(t, rows.Next())
	require.NoError(t, rows.StructScan(&bob))
	assert.Equal(t, "!", bob.Note.String)
}
