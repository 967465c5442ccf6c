package mysqltest_test

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest/mysqltest"
)

// myTypes answers with a row of every type, twice: in the order of the columns,
// and with NULLs.
func types(_ context.Context, s *mysqltest.Session) error {
	at := time.Date(2026, 2, 28, 23, 59, 58, 123456000, time.UTC)
	columns := []mysqltest.Column{
		{Name: "text"}, {Name: "blob", Type: mysqltest.Blob}, {Name: "integer", Type: mysqltest.Integer},
		{Name: "unsigned", Type: mysqltest.Unsigned}, {Name: "double", Type: mysqltest.Double},
		{Name: "datetime", Type: mysqltest.DateTime}, {Name: "bool", Type: mysqltest.Integer},
		{Name: "number as text"}, {Name: "integer as double", Type: mysqltest.Double}, {Name: "date", Type: mysqltest.Date},
	}
	for {
		if _, err := s.Receive(); err != nil {
			return err
		}
		err := s.Send(mysqltest.Result{Columns: columns, Rows: [][]any{
			{"grüße", []byte{0, 1, 255}, int64(math.MinInt64), uint64(math.MaxUint64), 0.1, at, true, 42, -3, at},
			make([]any, len(columns)),
		}})
		if err != nil {
			return err
		}
	}
}

func TestTypes(t *testing.T) {
	b := newBench(t, &mysqltest.Options{Handler: types})
	config := b.config()
	config.ParseTime = true
	conn := connect(t, config)
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

func TestArguments(t *testing.T) {
	var mu sync.Mutex
	var got []any
	b := newBench(t, &mysqltest.Options{Handler: func(_ context.Context, s *mysqltest.Session) error {
		for {
			statement, err := s.Receive()
			if err != nil {
				return err
			}
			mu.Lock()
			got = statement.Args
			mu.Unlock()
			if err := s.Send(mysqltest.Result{}); err != nil {
				return err
			}
		}
	}})
	conn := connect(t, b.config())
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

func TestRowsThatDoNotFit(t *testing.T) {
	text := mysqltest.Column{Name: "text"}
	for _, c := range []struct {
		name   string
		column mysqltest.Type
		row    []any
		err    string
	}{
		{"number", mysqltest.Text, []any{1, 2}, "2 values for 1 columns"},
		{"type", mysqltest.Text, []any{struct{}{}}, `column "c": a value of type struct {} does not fit`},
		{"sign", mysqltest.Unsigned, []any{-1}, "type int64 does not fit"},
		{"size", mysqltest.Integer, []any{uint64(math.MaxUint64)}, "type uint64 does not fit"},
		{"time", mysqltest.DateTime, []any{"2026-01-01"}, "type string does not fit"},
		{"fraction", mysqltest.Integer, []any{0.5}, "type float64 does not fit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			failed := make(chan error, 1)
			b := newBench(t, &mysqltest.Options{Handler: func(_ context.Context, s *mysqltest.Session) error {
				if _, err := s.Receive(); err != nil {
					return err
				}
				column := text
				column.Name, column.Type = "c", c.column
				failed <- s.Send(mysqltest.Result{Columns: []mysqltest.Column{column}, Rows: [][]any{c.row}})
				return nil
			}})
			_, err := connect(t, b.config()).ExecContext(t.Context(), "select")
			assert.EqualError(t, err, "Error 1105 (HY000): Unknown error")
			assert.ErrorContains(t, <-failed, c.err)
		})
	}
}
