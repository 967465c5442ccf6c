package tsqlite

import (
	"errors"
	"fmt"
	"strings"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// sqlServerNumbers are SQL Server's errors (sys.messages) for words in SQLite's messages. %s is what follows the
// words.
var sqlServerNumbers = []struct {
	words   string
	number  int32
	message string
}{
	{"no such table: ", 208, "Invalid object name '%s'."},
	{"no such column: ", 207, "Invalid column name '%s'."},
	{"has no column named ", 207, "Invalid column name '%s'."},
	{"no such function: ", 195, "'%s' is not a recognized built-in function name."},
	{"no such index: ", 3701, "Cannot drop the index '%s', because it does not exist or you do not have permission."},
	{"missing named argument ", 137, "Must declare the scalar variable \"@%s\"."},
	{"NOT NULL constraint failed: ", 515, "Cannot insert the value NULL into column '%s'; column does not allow nulls."},
	{"FOREIGN KEY constraint failed", 547, "The statement conflicted with a FOREIGN KEY constraint.%s"},
	{"CHECK constraint failed: " + lengthPrefix, 2628, "String or binary data would be truncated in column '%s'."},
	{"CHECK constraint failed: ", 547, "The statement conflicted with the CHECK constraint \"%s\"."},
	{"already exists", 2714, "There is already an object with that name in the database.%s"},
	{"database is locked", 1222, "Lock request time out period exceeded.%s"},
	{"database table is locked", 1222, "Lock request time out period exceeded.%s"},
	{"syntax error", 102, ""},
	{"incomplete input", 102, ""},
	{"unrecognized token", 102, ""},
}

// goesOn are the errors after which a batch goes on with its next statement, unless XACT_ABORT is on.
var goesOn = []int32{515, 547, 2627, 2628}

// asServerError makes an error of SQLite one of SQL Server.
func asServerError(err error) *sqlserverfront.Error {
	if known, ok := errors.AsType[*sqlserverfront.Error](err); ok {
		return known
	}
	text := err.Error()
	if cause, ok := errors.AsType[*driver.Error](err); ok {
		text, _, _ = strings.Cut(strings.TrimPrefix(text, "SQL logic error: "), fmt.Sprintf(" (%d)", cause.Code()))
		switch cause.Code() {
		case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID:
			_, column, _ := strings.Cut(text, "failed: ")
			table, _, _ := strings.Cut(column, ".")
			kind := map[bool]string{true: "UNIQUE KEY", false: "PRIMARY KEY"}[cause.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE]
			return serverError(2627, "Violation of %s constraint on '%s'. Cannot insert duplicate key in object 'dbo.%s'.", kind, column, table)
		}
	}
	for _, row := range sqlServerNumbers {
		_, rest, found := strings.Cut(text, row.words)
		if !found {
			continue
		}
		if row.number == 102 {
			return serverError(102, "Incorrect syntax: %s", text)
		}
		if !strings.HasSuffix(row.words, " ") {
			rest = ""
		}
		return serverError(row.number, row.message, strings.Trim(rest, `"`))
	}
	return serverError(50000, "SQLite, which stands in for SQL Server: %s", text)
}

// serverError makes an error of the class that its number has in sys.messages.
func serverError(number int32, format string, args ...any) *sqlserverfront.Error {
	class := uint8(16)
	switch number {
	case 102, 137, 195:
		class = 15
	case 2627:
		class = 14
	}
	return &sqlserverfront.Error{Number: number, State: 1, Class: class, Message: fmt.Sprintf(format, args...), Line: 1}
}

// incorrectSyntax is about a statement that the stand-in does not understand.
func incorrectSyntax(words []sqlite.Token) *sqlserverfront.Error {
	return serverError(102, "Incorrect syntax near '%s': SQLite stands in for SQL Server here.", joined(words[:min(len(words), 3)]))
}

// unavailable is about a statement that SQL Server has and the stand-in does not.
func unavailable(what string) *sqlserverfront.Error {
	return serverError(40510, "Statement '%s' is not supported: SQLite stands in for SQL Server here.", strings.ToUpper(what))
}
