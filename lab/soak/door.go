package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/mysql"
	"github.com/azuredb/passwordless/postgres"
	"github.com/azuredb/passwordless/sqlserver"
)

// handle is an open database.
type handle interface {
	io.Closer
	conn(context.Context) (session, error)
}

// session is a connection that a worker has taken.
type session interface {
	query(ctx context.Context, text string) error
	// transact runs the statement, waits, runs it again and commits.
	transact(ctx context.Context, text string, hold time.Duration) error
	// end hands the connection back, or has it closed.
	end(discard bool) error
}

// door is a way to open a database.
type door struct {
	name string
	open func(reference string, o *passwordless.Options) (handle, error)
}

// dialect is what the workers do with an engine.
type dialect struct {
	doors []door
	slow  string        // a statement that takes 0.3 s
	hold  time.Duration // how long a transaction may be held
}

// dialects are the engines by their names. SQL Server's stand-in lends its whole database to one transaction.
var dialects = map[string]dialect{
	"postgresql": {
		[]door{
			ofConnector(func(s string, o *passwordless.Options) (driver.Connector, error) { return postgres.NewConnector(s, o) }),
			byName(postgres.DriverName),
			{"pgxpool", func(s string, o *passwordless.Options) (handle, error) {
				pool, err := postgres.NewPool(context.Background(), s, o)
				return poolHandle{pool}, err
			}},
		}, "select pg_sleep(0.3)", 2 * time.Second,
	},
	"mysql": {
		[]door{
			ofConnector(func(s string, o *passwordless.Options) (driver.Connector, error) { return mysql.NewConnector(s, o) }),
			byName(mysql.DriverName),
		}, "select sleep(0.3)", 2 * time.Second,
	},
	"sqlserver": {
		[]door{
			ofConnector(func(s string, o *passwordless.Options) (driver.Connector, error) { return sqlserver.NewConnector(s, o) }),
			byName(sqlserver.DriverName),
		}, "waitfor delay '00:00:00.300'", 100 * time.Millisecond,
	},
}

// ofConnector is sql.OpenDB.
func ofConnector(open func(string, *passwordless.Options) (driver.Connector, error)) door {
	return door{"NewConnector", func(s string, o *passwordless.Options) (handle, error) {
		c, err := open(s, o)
		if err != nil {
			return nil, err
		}
		return sqlHandle{sql.OpenDB(c)}, nil
	}}
}

// byName is sql.Open, which takes no options.
func byName(driver string) door {
	return door{"sql.Open", func(s string, _ *passwordless.Options) (handle, error) {
		db, err := sql.Open(driver, s)
		return sqlHandle{db}, err
	}}
}

type sqlHandle struct{ *sql.DB }

func (h sqlHandle) conn(ctx context.Context) (session, error) {
	c, err := h.Conn(ctx)
	return sqlSession{c}, err
}

type sqlSession struct{ *sql.Conn }

// query reads the result to its end; some statements have no rows.
func (s sqlSession) query(ctx context.Context, text string) error {
	return drain(s.QueryContext(ctx, text))
}

func drain(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

func (s sqlSession) transact(ctx context.Context, text string, hold time.Duration) error {
	tx, err := s.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := drain(tx.QueryContext(ctx, text)); err != nil {
		return err
	}
	pause(ctx, hold)
	if err := drain(tx.QueryContext(ctx, text)); err != nil {
		return err
	}
	return tx.Commit()
}

func (s sqlSession) end(discard bool) error {
	if discard {
		if err := s.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) && !errors.Is(err, sql.ErrConnDone) {
			return fmt.Errorf("discard a connection: %w", err)
		}
	}
	if err := s.Close(); !errors.Is(err, sql.ErrConnDone) {
		return err
	}
	return nil
}

type poolHandle struct{ *pgxpool.Pool }

func (h poolHandle) conn(ctx context.Context) (session, error) {
	c, err := h.Acquire(ctx)
	return poolSession{c}, err
}

func (h poolHandle) Close() error {
	h.Pool.Close()
	return nil
}

type poolSession struct{ *pgxpool.Conn }

func (s poolSession) query(ctx context.Context, text string) error {
	_, err := s.Exec(ctx, text)
	return err
}

func (s poolSession) transact(ctx context.Context, text string, hold time.Duration) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, text); err != nil {
		return err
	}
	pause(ctx, hold)
	if _, err := tx.Exec(ctx, text); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func (s poolSession) end(discard bool) error {
	if !discard {
		s.Release()
		return nil
	}
	_ = s.Hijack().Close(context.Background()) // of a broken connection it is an error
	return nil
}

// pause waits, or less if ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
