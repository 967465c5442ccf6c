package mysql

import (
	"errors"
	"slices"
	"strings"

	wire "github.com/dolthub/vitess/go/mysql"
)

// serverErrors are numbers and SQLSTATEs of MySQL's error reference that the engine leaves out. An error without a
// number is known by words of its message.
var serverErrors = []serverError{
	{wire.ERDBAccessDenied, "42000", "Access denied for user"},
	{wire.ERDupEntry, "23000", ""},
	{wire.ERBadNullError, "23000", ""},
	{wire.ERRowIsReferenced2, "23000", ""},
	{wire.ErNoReferencedRow2, "23000", ""},
	{wire.ERNoSuchTable, "42S02", ""},
	{wire.ERBadDb, "42000", "database not found"},
	{wire.ERTableExists, "42S01", "already exists"},
	{wire.ERBadFieldError, "42S22", "could not be found in any table"},
	{wire.ERSPDoesNotExist, "42000", "function: "},
	{wire.ERParseError, "42000", "syntax error"},
	{wire.ERNoDefaultForField, "HY000", "doesn't have a default value"},
	{wire.ERUnknownSystemVariable, "HY000", "Unknown system variable"},
	{3819, "HY000", "Check constraint"},
}

type serverError struct {
	number int
	state  string
	words  string
}

// withNumber completes an error of the engine.
func withNumber(err error) error {
	e, ok := errors.AsType[*wire.SQLError](err)
	if !ok {
		return err
	}
	i := slices.IndexFunc(serverErrors, func(known serverError) bool {
		return known.number == e.Num || e.Num == wire.ERUnknownError && known.words != "" && strings.Contains(e.Message, known.words)
	})
	if i >= 0 {
		e.Num, e.State = serverErrors[i].number, serverErrors[i].state
	}
	return e
}
