// Package testdb stands in for the one that starts containers: each test gets a new database on a server that runs.
package testdb

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
)

// OptionsFunc is of the containers.
type OptionsFunc func()

// NewPostgres returns a new database.
func NewPostgres(...OptionsFunc) (*sql.DB, func(), error) {
	return newDatabase("pgx", "COMPAT_POSTGRES")
}

// NewMariaDB returns a new database.
func NewMariaDB(...OptionsFunc) (*sql.DB, func(), error) { return newDatabase("mysql", "COMPAT_MYSQL") }

func newDatabase(driver, variable string) (*sql.DB, func(), error) {
	admin, err := sql.Open(driver, os.Getenv(variable+"_ADMIN"))
	if err != nil {
		return nil, nil, err
	}
	defer admin.Close()
	name := fmt.Sprint("goose_", time.Now().UnixNano())
	if _, err := admin.Exec("create database " + name); err != nil {
		return nil, nil, err
	}
	s := strings.Replace(os.Getenv(variable), os.Getenv("COMPAT_DATABASE"), name, 1)
	db, err := sql.Open(os.Getenv(variable+"_DRIVER"), s)
	if err != nil {
		return nil, nil, err
	}
	return db, func() { _ = db.Close() }, nil
}

var errOther = errors.New("another engine")

// The others are not tested here.
func NewSpanner(...OptionsFunc) (*sql.DB, func(), error)    { return nil, nil, errOther }
func NewClickHouse(...OptionsFunc) (*sql.DB, func(), error) { return nil, nil, errOther }
func NewTurso(...OptionsFunc) (*sql.DB, func(), error)      { return nil, nil, errOther }
func NewYdb(...OptionsFunc) (*sql.DB, func(), error)        { return nil, nil, errOther }
func NewStarrocks(...OptionsFunc) (*sql.DB, func(), error)  { return nil, nil, errOther }
