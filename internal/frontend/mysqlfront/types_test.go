package mysqlfront_test

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
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

func TestTypes(t *testing.T) {
	at := time.Date(2026, 2, 28, 23, 59, 58, 123456000, time.UTC)
	columns := []string{"text", "blob", "integer", "double", "datetime", "bool", "int"}
	b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Query: func(context.Context, azuretest.Statement) (azuretest.Result, error) {
		return azuretest.Result{Columns: columns, Rows: [][]any{
			{"grüße", []byte{0, 1, 255}, int64(math.MinInt64), 0.1, at, true, 42},
			make([]any, len(columns)),
		}}, nil
	}}})
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
				text    string
				blob    []byte
				integer int64
				double  float64
				when    time.Time
				yes     bool
				number  int
			)
			require.NoError(t, rows.Scan(&text, &blob, &integer, &double, &when, &yes, &number))
			assert.Equal(t, "grüße", text)
			assert.Equal(t, []byte{0, 1, 255}, blob)
			assert.Equal(t, int64(math.MinInt64), integer)
			assert.Equal(t, 0.1, double)
			assert.Equal(t, "2026-02-28T23:59:58.123456Z", when.Format(time.RFC3339Nano))
			assert.True(t, yes)
			assert.Equal(t, 42, number)

			require.True(t, rows.Next())
			nulls := make([]any, len(columns))
			targets := make([]any, len(columns))
			for i := range targets {
				targets[i] = &nulls[i]
			}
			require.NoError(t, rows.Scan(targets...))
			assert.Equal(t, make([]any, len(columns)), nulls)
			require.False(t, rows.Next())
			require.NoError(t, rows.Err())
		})
	}
}

func TestArguments(t *testing.T) {
	var mu sync.Mutex
	var got []any
	b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Query: func(_ context.Context, s azuretest.Statement) (azuretest.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		got = s.Args
		return azuretest.Result{}, nil
	}}})
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
	for _, c := range []struct {
		name string
		rows [][]any
		err  string
	}{
		{"number", [][]any{{1, 2}}, "row 0 has 2 values for 1 columns"},
		{"type", [][]any{{1}, {struct{}{}}}, `row 1, column "c": unsupported type struct {}`},
		{"size", [][]any{{uint64(math.MaxUint64)}}, "uint64 values with high bit set are not supported"},
		{"mixed", [][]any{{nil}, {1}, {"x"}}, `row 2, column "c": a string in a column of int64`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Query: func(context.Context, azuretest.Statement) (azuretest.Result, error) {
				return azuretest.Result{Columns: []string{"c"}, Rows: c.rows}, nil
			}}})
			_, err := connect(t, b.config()).ExecContext(t.Context(), "select")
			assert.ErrorContains(t, err, "Error 1105 (HY000): azuretest: ")
			assert.ErrorContains(t, err, c.err)
		})
	}
}
