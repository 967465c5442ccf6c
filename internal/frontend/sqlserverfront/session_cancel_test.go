package sqlserverfront_test

import (
	"context"
	"database/sql"
	"net"
	"sync"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
)

func TestCancel(t *testing.T) {
	waiting := make(chan struct{}, 1)
	db := serveSQL(t, func(s *tds.Session, r tds.Request) error {
		if b, ok := r.(*tds.Batch); ok && b.SQL == "wait a while" {
			waiting <- struct{}{}
			<-r.Context().Done()
			s.Error(&sqlserverfront.Error{Number: 1, Class: 16, Message: "not seen"})
			assert.ErrorIs(t, s.Row(), context.Canceled)
		}
		return nil
	})
	db.SetMaxOpenConns(1)
	for _, arguments := range [][]any{nil, {1}} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-waiting
			cancel()
		}()
		_, err := db.ExecContext(ctx, "wait a while", arguments...)
		assert.ErrorIs(t, err, context.Canceled)
		require.NoError(t, db.PingContext(t.Context()), "the connection is usable")
	}
	assert.Equal(t, 1, db.Stats().OpenConnections)
}

// TestCancelRows cancels in the middle of rows, which the client has to
// read until it is told that it has cancelled.
func TestCancelRows(t *testing.T) {
	db := serveSQL(t, func(s *tds.Session, r tds.Request) error {
		if b, ok := r.(*tds.Batch); !ok || b.SQL != "select n" {
			return nil
		}
		if err := s.Columns(intColumn("n")); err != nil {
			return err
		}
		for n := 0; ; n++ {
			if err := s.Row(n); err != nil {
				assert.ErrorIs(t, err, context.Canceled)
				return nil
			}
		}
	})
	db.SetMaxOpenConns(1)
	for range 20 {
		rows, err := db.Query("select n")
		require.NoError(t, err)
		for range 100 {
			require.True(t, rows.Next())
		}
		require.NoError(t, rows.Close())
		require.NoError(t, db.Ping())
	}
	assert.Equal(t, 1, db.Stats().OpenConnections)
}

// TestCancelRace cancels at about the time at which the answer ends: the
// client must hear of it exactly once, or the next answer is taken for another.
func TestCancelRace(t *testing.T) {
	db := serveSQL(t, func(s *tds.Session, r tds.Request) error {
		b, ok := r.(*tds.Batch)
		if !ok || len(b.Parameters) == 0 {
			return nil
		}
		if err := s.Columns(tds.Column{Name: "n", Type: kind(t, "bigint")}); err != nil {
			return err
		}
		if s.Row(b.Parameters[0].Value) == nil {
			s.Done(1)
		}
		return nil
	})
	db.SetMaxOpenConns(1)
	cancelled := 0
	for i := range 500 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%100)*5*time.Microsecond)
		var n int
		err := db.QueryRowContext(ctx, "select @p1", i).Scan(&n)
		cancel()
		if err == nil {
			assert.Equal(t, i, n)
			continue
		}
		cancelled++
		require.NoError(t, db.QueryRowContext(t.Context(), "select @p1", -i).Scan(&n))
		require.Equal(t, -i, n)
	}
	t.Logf("%d of 500 cancelled", cancelled)
}

// lineDialer remembers the connection that it made.
type lineDialer struct{ line chan net.Conn }

func (d lineDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		d.line <- conn
	}
	return conn, err
}

// TestClientLeaves: a request's context ends with the client.
func TestClientLeaves(t *testing.T) {
	ended := make(chan error, 1)
	waiting := make(chan struct{})
	connector := connectSQL(t, func(_ context.Context, s *tds.Session) error {
		r, err := s.Receive()
		if err != nil {
			return err
		}
		close(waiting)
		<-r.Context().Done()
		_, err = s.Receive()
		ended <- err
		return err
	}, "")
	dialer := lineDialer{make(chan net.Conn, 1)}
	connector.Dialer = dialer
	db := sql.OpenDB(connector)
	defer db.Close()
	var client sync.WaitGroup
	client.Go(func() {
		_, err := db.Exec("wait a while")
		assert.Error(t, err)
	})
	<-waiting
	(<-dialer.line).Close()
	assert.Error(t, <-ended)
	client.Wait()
}

func TestTokenExpires(t *testing.T) {
	db := openSQL(t, func(_ context.Context, s *tds.Session) error {
		r, err := s.ReceiveUnexpired()
		if err != nil {
			return err
		}
		assert.NotNil(t, r)
		s.TokenExpires = time.Now()
		_, err = s.ReceiveUnexpired()
		return err
	}, "")
	require.NoError(t, db.Ping())
	_, err := db.Exec("select 1")
	serverError := withDefaults(t, err)
	assert.EqualValues(t, 37396, serverError.Number)
	assert.EqualValues(t, 20, serverError.Class)
}

// TestUnsupported: a request that is not understood fails, and the
// session goes on.
func TestUnsupported(t *testing.T) {
	db := serveSQL(t, func(*tds.Session, tds.Request) error { return nil })
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), "exec p @p1", mssql.TVP{TypeName: "numbers", Value: []struct{ N int }{{1}}})
	serverError := withDefaults(t, err)
	assert.EqualValues(t, 50000, serverError.Number)
	assert.Contains(t, serverError.Message, "not supported")
	require.NoError(t, conn.PingContext(t.Context()))
}
