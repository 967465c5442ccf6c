package tsqlite

import (
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// SQLite's expressions for the clock. SQLite has milliseconds, and UTC as Azure SQL Database has.
const (
	sqliteNow       = "(strftime('%Y-%m-%d %H:%M:%f', 'now'))"
	sqliteNowOffset = "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00')"
	sqliteGUID      = "(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
	sqliteIdentity  = "nullif(last_insert_rowid(), 0)"
)

// tsqlFunction is a function of Transact-SQL in SQLite's: {} stands for all arguments, {1} for the first.
type tsqlFunction struct{ sqlite, result string }

// tsqlFunctions are the functions that SQLite does not have or that have a type to keep.
var tsqlFunctions = map[string]tsqlFunction{
	"getdate": {sqliteNow, "datetime"}, "getutcdate": {sqliteNow, "datetime"},
	"sysdatetime": {sqliteNow, "datetime2(7)"}, "sysutcdatetime": {sqliteNow, "datetime2(7)"},
	"sysdatetimeoffset": {sqliteNowOffset, "datetimeoffset(7)"},
	"newid":             {sqliteGUID, "uniqueidentifier"}, "newsequentialid": {sqliteGUID, "uniqueidentifier"},
	"scope_identity": {sqliteIdentity, "decimal(38,0)"},
	"len":            {"length(rtrim({1}))", "int"},
	"charindex":      {"instr({2}, {1})", "int"},
	"isnull":         {"ifnull({1}, {2})", ""},
	"count":          {"count({})", "int"},
	"count_big":      {"count({})", "bigint"},
	"left":           {"substr({1}, 1, {2})", ""},
	"right":          {"substr({1}, -{2})", ""},
	"year":           {"cast(strftime('%Y', {1}) as integer)", "int"},
	"month":          {"cast(strftime('%m', {1}) as integer)", "int"},
	"day":            {"cast(strftime('%d', {1}) as integer)", "int"},
	"object_id":      {`(select object_id from "sys.objects" where name = {1} collate nocase)`, "int"},
	"object_name":    {`(select name from "sys.objects" where object_id = {1})`, "nvarchar(128)"},
}

// fill puts the arguments into SQLite's expression.
func (f tsqlFunction) fill(arguments [][]sqlite.Token) sqlite.Token {
	sql := f.sqlite
	var all []string
	for i, a := range arguments {
		sql = strings.ReplaceAll(sql, "{"+strconv.Itoa(i+1)+"}", joined(a))
		all = append(all, joined(a))
	}
	return raw(strings.ReplaceAll(sql, "{}", strings.Join(all, ", ")))
}

// constants are the functions without arguments and the words that are about the session.
func (e *tsqlEnvironment) constant(name string) (tsqlFunction, bool) {
	switch name {
	case "suser_sname()", "suser_name()", "original_login()", "user_name()", "current_user", "session_user", "system_user":
		return tsqlFunction{sqlite.Literal(e.user), "nvarchar(128)"}, true
	case "db_name()":
		return tsqlFunction{sqlite.Literal(e.database), "nvarchar(128)"}, true
	case "schema_name()":
		return tsqlFunction{"'dbo'", "nvarchar(128)"}, true
	case "current_timestamp":
		return tsqlFunction{sqliteNow, "datetime"}, true
	case "@@version":
		return tsqlFunction{sqlite.Literal(e.version), "nvarchar(300)"}, true
	case "@@servername":
		return tsqlFunction{"'azuretest'", "nvarchar(128)"}, true
	case "@@spid":
		return tsqlFunction{strconv.Itoa(e.spid), "smallint"}, true
	case "@@trancount":
		return tsqlFunction{strconv.Itoa(e.tranCount), "int"}, true
	case "@@rowcount":
		return tsqlFunction{strconv.FormatInt(e.rowCount, 10), "int"}, true
	case "@@error":
		return tsqlFunction{strconv.Itoa(int(e.lastError)), "int"}, true
	case "@@identity":
		return tsqlFunction{sqliteIdentity, "decimal(38,0)"}, true
	}
	return tsqlFunction{}, false
}

// castTo is SQLite's way to make an expression a type of SQL Server's. The value is made one of that type when it
// is sent.
func castTo(expression []sqlite.Token, declared []sqlite.Token) sqlite.Token {
	x := joined(expression)
	t, err := tsqlType(declared)
	if err != nil {
		return raw("cast(" + x + " as " + joined(declared) + ")")
	}
	switch t.Name {
	case "bit":
		return raw("(cast(" + x + " as integer) <> 0)")
	case "date":
		return raw("date(" + x + ")")
	case "char", "varchar", "nchar", "nvarchar":
		if t.Size == tds.Max {
			return raw("cast(" + x + " as text)")
		}
		size := t.Size
		if len(declared) == 1 {
			size = 30 // where no size is given (CAST and CONVERT in the reference of Transact-SQL)
		}
		return raw("substr(cast(" + x + " as text), 1, " + strconv.Itoa(size) + ")")
	case "decimal", "numeric":
		return raw("round(" + x + ", " + strconv.Itoa(int(t.Scale)) + ")")
	case "uniqueidentifier":
		return raw("upper(" + x + ")")
	}
	return raw("cast(" + x + " as " + sqliteAffinity(t) + ")")
}

// sqliteAffinity is the kind of value that SQLite keeps for a type.
func sqliteAffinity(t tds.Type) string {
	switch t.Name {
	case "bit", "tinyint", "smallint", "int", "bigint":
		return "integer"
	case "real", "float":
		return "real"
	case "decimal", "numeric", "money", "smallmoney":
		return "numeric"
	case "binary", "varbinary":
		return "blob"
	}
	return "text"
}

// tsqlType reads a type.
func tsqlType(words []sqlite.Token) (tds.Type, error) {
	plain := make([]sqlite.Token, len(words))
	for i, w := range words {
		plain[i] = sqlite.Token{Kind: sqlite.Word, Text: unquoted(w)}
	}
	return tds.ParseType(joined(plain))
}
