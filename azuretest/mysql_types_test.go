package azuretest_test

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// myTypes answers with a row of every type, twice: in the order of the columns,
// and with NULLs.
func myTypes(_ context.Context, s *azuretest.MySQLSession) error {
	at := time.Date(2026, 2, 28, 23, 59, 58, 123456000, time.UTC)
	columns := []azuretest.MySQLColumn{
		{Name: "text"}, {Name: "blob", Type: azuretest.MySQLBlob}, {Name: "integer", Type: azuretest.MySQLInteger},
		{Name: "unsigned", Type: azuretest.MySQLUnsigned}, {Name: "double", Type: azuretest.MySQLDouble},
		{Name: "datetime", Type: azuretest.MySQLDateTime}, {Name: "bool", Type: azuretest.MySQLInteger},
		{Name: "number as text"}, {Name: "integer as double", Type: azuretest.MySQLDouble}, {Name: "date", Type: azuretest.MySQLDate},
	}
	for {
		if _, err := s.Receive(); err != nil {
			return err
		}
		err := s.Send(azuretest.MySQLResult{Columns: columns, Rows: [][]any{
			{"grüße", []byte{0, 1, 255}, int64(math.MinInt64), uint64(math.MaxUint64), 0.1, at, true, 42, -3, at},
			make([]any, len(columns)),
		}})
		if err != nil {
			return err
		}
	}
}

func TestMySQLTypes(t *testing.T) {
	b := newMyBench(t, &azuretest.MySQLOptions{Handler: myTypes})
	config := b.config()
	config.ParseTime = true
	conn := myConnect(t, config)
	for name, args := range map[string][]any{"text": nil, "binary": {1}} {
		t.Run(name, func(t *testing.T) {
			rows, err := conn.QueryContext(t.Context(), "select"+strings.Repeat("?", len(args)), args...)
			require.NoError(t, err)
			defer rows.Close()
			require.True(t, rows.Next())
			var (
				text     string
				blob     []byte
				integer  int64
				unsigned uint64
				double   float64
				at       time.Time
				yes      bool
				number   int
				whole    float64
				day      time.Time
			)
			require.NoError(t, rows.Scan(&text, &blob, &integer, &unsigned, &double, &at, &yes, &number, &whole, &day))
			assert.Equal(t, "grüße", text)
			assert.Equal(t, []byte{0, 1, 255}, blob)
			assert.Equal(t, int64(math.MinInt64), integer)
			assert.Equal(t, uint64(math.MaxUint64), unsigned)
			assert.Equal(t, 0.1, double)
			assert.Equal(t, "2026-02-28T23:59:58.123456Z", at.Format(time.RFC3339Nano))
			assert.True(t, yes)
			assert.Equal(t, 42, number)
			assert.Equal(t, -3.0, whole)
			assert.Equal(t, "2026-02-28T00:00:00Z", day.Format(time.RFC3339Nano))

			require.True(t, rows.Next())
			nulls := make([]any, 10)
			targets := make([]any, 10)
			for i := range targets {
				targets[i] = &nulls[i]
			}
			require.NoError(t, rows.Scan(targets...))
			assert.Equal(t, make([]any, 10), nulls)
			require.False(t, rows.Next())
			require.NoError(t, rows.Err())
		})
	}
}

func TestMySQLArguments(t *testing.T) {
	var mu sync.Mutex
	var got []any
	b := newMyBench(t, &azuretest.MySQLOptions{Handler: func(_ context.Context, s *azuretest.MySQLSession) error {
		for {
			statement, err := s.Receive()
			if err != nil {
				return err
			}
			mu.Lock()
			got = statement.Args
			mu.Unlock()
			if err := s.Send(azuretest.MySQLResult{}); err != nil {
				return err
			}
		}
	}})
	conn := myConnect(t, b.config())
	at := time.Date(2026, 2, 28, 23, 59, 58, 120000000, time.UTC)
	prepared, err := conn.PrepareContext(t.Context(), `insert into t values (?,?,?,?,?,?,?,?) -- ?`)
	require.NoError(t, err)
	for range 2 {
		_, err = prepared.ExecContext(t.Context(), nil, int64(-5), uint64(math.MaxUint64), 1.5, true, "text?", []byte("bytes"), at)
		require.NoError(t, err)
		mu.Lock()
		assert.Equal(t, []any{nil, int64(-5), uint64(math.MaxUint64), 1.5, int64(1), "text?", "bytes", "2026-02-28 23:59:58.12"}, got)
		mu.Unlock()
	}
	require.NoError(t, prepared.Close())
	_, err = conn.ExecContext(t.Context(), "select 1")
	require.NoError(t, err)
	mu.Lock()
	defer mu.Unlock()
	assert.Nil(t, got)
}

func TestMySQLRowsThatDoNotFit(t *testing.T) {
	text := azuretest.MySQLColumn{Name: "text"}
	for _, c := range []struct {
		name   string
		column azuretest.MySQLType
		row    []any
		err    string
	}{
		{"number", azuretest.MySQLText, []any{1, 2}, "2 values for 1 columns"},
		{"type", azuretest.MySQLText, []any{struct{}{}}, `column "c": a value of type struct {} does not fit`},
		{"sign", azuretest.MySQLUnsigned, []any{-1}, "type int64 does not fit"},
		{"size", azuretest.MySQLInteger, []any{uint64(math.MaxUint64)}, "type uint64 does not fit"},
		{"time", azuretest.MySQLDateTime, []any{"2026-01-01"}, "type string does not fit"},
		{"fraction", azuretest.MySQLInteger, []any{0.5}, "type float64 does not fit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			failed := make(chan error, 1)
			b := newMyBench(t, &azuretest.MySQLOptions{Handler: func(_ context.Context, s *azuretest.MySQLSession) error {
				if _, err := s.Receive(); err != nil {
					return err
				}
				column := text
				column.Name, column.Type = "c", c.column
				failed <- s.Send(azuretest.MySQLResult{Columns: []azuretest.MySQLColumn{column}, Rows: [][]any{c.row}})
				return nil
			}})
			_, err := myConnect(t, b.config()).ExecContext(t.Context(), "select")
			assert.EqualError(t, err, "Error 1105 (HY000): Unknown error")
			assert.ErrorContains(t, <-failed, c.err)
		})
	}
}
