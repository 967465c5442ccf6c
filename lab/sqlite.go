package lab

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// memory is a SQLite database in memory, which all connections of db share.
type memory struct {
	db      *sql.DB
	keep    *sql.Conn // the database lives as long as a connection to it does
	version string    // of SQLite
}

// databases numbers the SQLite databases of this process, which are known by name.
var databases atomic.Uint64

// openMemory creates an empty database. Foreign keys are enforced; whoever finds it locked waits up to 10 s.
func openMemory(ctx context.Context) (*memory, error) {
	name := fmt.Sprintf("file:/passwordless-lab-%d?vfs=memdb&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)", databases.Add(1))
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("lab: SQLite: %w", err)
	}
	m := &memory{db: db}
	if m.keep, err = db.Conn(ctx); err == nil {
		err = m.keep.QueryRowContext(ctx, "select sqlite_version()").Scan(&m.version)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lab: SQLite: %w", err), m.close())
	}
	return m, nil
}

// close ends the database.
func (m *memory) close() error {
	var err error
	if m.keep != nil {
		err = m.keep.Close()
	}
	return errors.Join(err, m.db.Close())
}

// transact begins or ends the transaction of a session: "begin", "begin immediate", "commit" or "rollback". The client
// may cancel the wait for a lock at the beginning. An end that was cancelled might have come about all the same, so it
// is not. There may be nothing to roll back: SQLite does so itself when a statement that writes is cancelled ("Response
// To Errors Within A Transaction" in its documentation).
func transact(ctx context.Context, conn *sql.Conn, run string) error {
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
