package sqlserverfront_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
)

func intColumn(name string) tds.Column {
	return tds.Column{Name: name, Type: tds.Type{Name: "int"}, NotNull: true}
}

func TestSession(t *testing.T) {
	seen := make(chan *tds.Session, 1)
	db := openSQL(t, func(ctx context.Context, s *tds.Session) error {
		seen <- s
		_, err := s.Receive()
		return err
	}, "&applicationintent=ReadOnly&workstation id=laptop")
	require.NoError(t, db.Ping())
	s := <-seen
	assert.Equal(t, "app", s.User)
	assert.Equal(t, "sales", s.Database)
	assert.Equal(t, "tests", s.AppName)
	assert.Equal(t, "laptop", s.HostName)
	assert.True(t, s.ReadOnlyIntent)
	assert.True(t, s.TokenExpires.IsZero())
}

func TestResults(t *testing.T) {
	db := serveSQL(t, func(s *tds.Session, r tds.Request) error {
		s.Done(-1) // SET
		if err := s.Columns(intColumn("a"), intColumn("")); err != nil {
			return err
		}
		for i := range 2 {
			if err := s.Row(int64(i), int64(10*i)); err != nil {
				return err
			}
		}
		s.Done(2)
		s.Info(&sqlserverfront.Error{Message: "halfway"})
		s.Done(5) // UPDATE
		if err := s.Columns(tds.Column{Name: "b", Type: kind(t, "nvarchar(3)")}); err != nil {
			return err
		}
		s.Done(0)
		return nil
	})
	for _, arguments := range [][]any{nil, {1}} { // a batch, and sp_executesql
		rows, err := db.Query("several", arguments...)
		require.NoError(t, err)
		names, err := rows.Columns()
		require.NoError(t, err)
		assert.Equal(t, []string{"a", ""}, names)
		types, err := rows.ColumnTypes()
		require.NoError(t, err)
		nullable, ok := types[0].Nullable()
		assert.True(t, ok)
		assert.False(t, nullable)
		var sum, a, b int
		for rows.Next() {
			require.NoError(t, rows.Scan(&a, &b))
			sum += a + b
		}
		assert.Equal(t, 11, sum)
		require.True(t, rows.NextResultSet(), "%v", rows.Err())
		assert.False(t, rows.Next())
		assert.False(t, rows.NextResultSet())
		require.NoError(t, rows.Err())

		result, err := db.Exec("several", arguments...)
		require.NoError(t, err)
		affected, err := result.RowsAffected()
		require.NoError(t, err)
		assert.EqualValues(t, 7, affected)
	}
}

func TestManyRows(t *testing.T) {
	long := strings.Repeat("long ", 1000)
	db := openSQL(t, func(_ context.Context, s *tds.Session) error {
		for {
			if _, err := s.Receive(); err != nil {
				return err
			}
			if err := s.Columns(intColumn("id"), tds.Column{Name: "text", Type: kind(t, "nvarchar(max)")}); err != nil {
				return err
			}
			for i := range 500 {
				if err := s.Row(i, long[:i]); err != nil {
					return err
				}
			}
			s.Done(500)
		}
	}, "&packet size=8192")
	rows, err := db.Query("select * from many")
	require.NoError(t, err)
	defer rows.Close()
	count := 0
	for ; rows.Next(); count++ {
		var id int
		var text string
		require.NoError(t, rows.Scan(&id, &text))
		assert.Equal(t, count, id)
		assert.Equal(t, long[:id], text)
	}
	require.NoError(t, rows.Err())
	assert.Equal(t, 500, count)
}

func TestErrors(t *testing.T) {
	db := serveSQL(t, func(s *tds.Session, r tds.Request) error {
		b, ok := r.(*tds.Batch)
		if !ok {
			return nil
		}
		switch b.SQL {
		case "fail now":
			s.Error(&sqlserverfront.Error{Number: 208, State: 3, Class: 16, Message: "Invalid object name 'x'.", Procedure: "p", Line: 7})
		case "after rows":
			if err := s.Columns(intColumn("a")); err != nil {
				return err
			}
			if err := s.Row(int64(1)); err != nil {
				return err
			}
			s.Error(&sqlserverfront.Error{Number: 8134, State: 1, Class: 16, Message: "Divide by zero error encountered."})
			s.Done(1)
		case "fatal now":
			return &sqlserverfront.Error{Number: 40197, State: 1, Class: 20, Message: "The service has encountered an error."}
		}
		return nil
	})
	for _, arguments := range [][]any{nil, {1}} {
		_, err := db.Exec("fail now", arguments...)
		serverError := withDefaults(t, err)
		serverError.All = nil
		assert.Equal(t, mssql.Error{
			Number: 208, State: 3, Class: 16, Message: "Invalid object name 'x'.", ServerName: "azuretest", ProcName: "p", LineNo: 7,
		}, serverError)

		rows, err := db.Query("after rows", arguments...)
		require.NoError(t, err)
		assert.True(t, rows.Next())
		assert.False(t, rows.Next())
		assert.EqualValues(t, 8134, withDefaults(t, rows.Err()).Number)
		require.NoError(t, db.Ping(), "the session goes on")
	}
	_, err := db.Exec("fatal now")
	assert.EqualValues(t, 40197, withDefaults(t, err).Number)
	require.Eventually(t, func() bool { return db.Ping() == nil }, 5*time.Second, time.Millisecond)
}

// The error of a handler that does not wait for a request answers the first one.
func TestHandlerEndsAtOnce(t *testing.T) {
	db := openSQL(t, func(context.Context, *tds.Session) error {
		return &sqlserverfront.Error{Number: 40197, State: 1, Class: 20, Message: "The service has encountered an error."}
	}, "")
	assert.EqualValues(t, 40197, withDefaults(t, db.Ping()).Number)
	_, err := db.Conn(t.Context()) // asks for nothing, and does not keep the server from closing
	require.NoError(t, err)
}

func TestOutputParameters(t *testing.T) {
	var seen recorder
	db := serveSQL(t, func(s *tds.Session, r tds.Request) error {
		seen.add(r)
		var parameters []tds.Parameter
		switch r := r.(type) {
		case *tds.Batch:
			parameters = r.Parameters
		case *tds.Call:
			parameters = r.Parameters
		}
		for _, p := range parameters {
			value := p.Value
			if n, ok := value.(int64); ok {
				value = n + 1
			}
			if p.Output {
				if err := s.ReturnValue(p, value); err != nil {
					return err
				}
			}
		}
		s.Done(3)
		return nil
	})
	number, text, moment := int64(1), "in", at("2024-02-29 12:34:56 +02:00")
	for _, query := range []string{"set @number = @number + 1", "dbo.increment"} {
		result, err := db.Exec(query, sql.Named("number", sql.Out{Dest: &number, In: true}), sql.Named("text", sql.Out{Dest: &text, In: true}),
			sql.Named("moment", sql.Out{Dest: &moment, In: true}), sql.Named("plain", "x"))
		require.NoError(t, err)
		affected, err := result.RowsAffected()
		require.NoError(t, err)
		assert.EqualValues(t, 3, affected)
		assert.Equal(t, "in", text)
		assert.True(t, moment.Equal(at("2024-02-29 12:34:56 +02:00")))
	}
	assert.EqualValues(t, 3, number)
	requests := seen.all()
	require.Len(t, requests, 2)
	batch := requests[0].(*tds.Batch)
	assert.Equal(t, tds.Parameter{Name: "@number", Type: kind(t, "bigint"), Output: true, Value: int64(1)}, batch.Parameters[0])
	assert.Equal(t, "nvarchar(2)", batch.Parameters[1].Type.String(), "as declared")
	call := requests[1].(*tds.Call)
	assert.Equal(t, "dbo.increment", call.Procedure)
	assert.Equal(t, "nvarchar(max)", call.Parameters[1].Type.String(), "as sent")
	assert.Equal(t, tds.Parameter{Name: "@plain", Type: kind(t, "nvarchar(1)"), Value: "x"}, call.Parameters[3])
}
