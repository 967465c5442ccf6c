// Package sqlite is what the stand-ins for PostgreSQL and SQL Server share: a SQLite database in memory, and SQL cut
// into tokens.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Database is a SQLite database in memory, which all connections of DB share.
type Database struct {
	DB      *sql.DB
	Keep    *sql.Conn // the database lives as long as a connection to it does
	Version string    // of SQLite
}

// databases numbers the SQLite databases of this process, which are known by name.
var databases atomic.Uint64

// Open creates an empty database. Foreign keys are enforced; whoever finds it locked waits up to 10 s.
func Open(ctx context.Context) (*Database, error) {
	name := fmt.Sprintf("file:/passwordless-lab-%d?vfs=memdb&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)", databases.Add(1))
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("lab: SQLite: %w", err)
	}
	m := &Database{DB: db}
	if m.Keep, err = db.Conn(ctx); err == nil {
		err = m.Keep.QueryRowContext(ctx, "select sqlite_version()").Scan(&m.Version)
	}
	if err == nil {
		err = m.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lab: SQLite: %w", err), m.Close())
	}
	return m, nil
}

// prepared is how many connections are made before anybody needs one.
const prepared = 8

// prepare makes connections that know the schema. The first statement of one that does not, even "select 1", reads it,
// and waits for the end of a transaction that writes: no server's clients do.
func (m *Database) prepare(ctx context.Context) error {
	m.DB.SetMaxIdleConns(prepared)
	for range prepared {
		conn, err := m.DB.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.ExecContext(ctx, "select count(*) from sqlite_schema"); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the database.
func (m *Database) Close() error {
	var err error
	if m.Keep != nil {
		err = m.Keep.Close()
	}
	return errors.Join(err, m.DB.Close())
}

// Transact begins or ends the transaction of a session: "begin", "begin immediate", "commit" or "rollback". The client
// may cancel the wait for a lock at the beginning. An end that was cancelled might have come about all the same, so it
// is not. There may be nothing to roll back: SQLite does so itself when a statement that writes is cancelled ("Response
// To Errors Within A Transaction" in its documentation).
func Transact(ctx context.Context, conn *sql.Conn, run string) error {
	uninterrupted := context.WithoutCancel(ctx)
	if strings.HasPrefix(run, "begin") {
		_, err := conn.ExecContext(ctx, run)
		if err != nil {
			_, _ = conn.ExecContext(uninterrupted, "rollback") // cancelled at the last moment it has begun, and fails
		}
		return err
	}
	_, err := conn.ExecContext(uninterrupted, run)
	if err != nil && run == "rollback" && strings.Contains(err.Error(), "no transaction is active") {
		return nil
	}
	return err
}

// Fetch reads all rows of a query, or up to limit of them unless that is less than 0.
func Fetch(ctx context.Context, conn *sql.Conn, query string, arguments []any, limit int) (types []*sql.ColumnType, all [][]any, err error) {
	rows, err := conn.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if types, err = rows.ColumnTypes(); err != nil {
		return nil, nil, err
	}
	for rows.Next() && len(all) != limit {
		row := make([]any, len(types))
		targets := make([]any, len(types))
		for i := range row {
			targets[i] = &row[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, nil, err
		}
		all = append(all, row)
	}
	return types, all, rows.Err()
}
