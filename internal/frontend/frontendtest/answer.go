package frontendtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/azuredb/passwordless/azuretest"
)

// At is the time in the rows of "types".
var At = time.Date(2026, 2, 28, 23, 59, 58, 123456000, time.UTC)

// Types is the first row of "types": a value of every type, and one of none.
var Types = []any{"grüße", []byte{0, 255}, int64(math.MinInt64), 0.1, true, At, nil}

// Answer answers a statement by its first word: "echo" with its own text and
// arguments, "types" with [Types] and a row of NULLs, "mixed" with rows that do not
// fit, "fail" and "other" with errors, of which the first wraps failure, and "end"
// by closing the connection. All others succeed with three rows.
func Answer(failure error) func(context.Context, azuretest.Statement) (azuretest.Result, error) {
	return func(_ context.Context, s azuretest.Statement) (azuretest.Result, error) {
		switch verb, _, _ := strings.Cut(s.SQL, " "); verb {
		case "echo", "EXEC":
			text := fmt.Sprintf("%s@%s: %s %v", s.User, s.Database, s.SQL, s.Args)
			return azuretest.Result{Columns: []string{"echo"}, Rows: [][]any{{text}}}, nil
		case "types":
			return azuretest.Result{
				Columns: []string{"text", "bytes", "int", "float", "bool", "time", "nothing"},
				Rows:    [][]any{Types, make([]any, len(Types))},
			}, nil
		case "fail":
			return azuretest.Result{}, fmt.Errorf("wrapped: %w", failure)
		case "other":
			return azuretest.Result{}, errors.New("no such thing")
		case "mixed":
			return azuretest.Result{Columns: []string{"c"}, Rows: [][]any{{1}, {"x"}}}, nil
		case "end":
			return azuretest.Result{}, io.EOF
		}
		return azuretest.Result{RowsAffected: 3}, nil
	}
}
