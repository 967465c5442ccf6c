package tsqlite

import (
	"slices"
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// SQLite's expressions for the clock, which has milliseconds, and UTC as Azure SQL Database has.
const (
	sqliteNow       = "(strftime('%Y-%m-%d %H:%M:%f', 'now'))"
	sqliteNowOffset = "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00')"
	sqliteGUID      = "(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
	sqliteIdentity  = "nullif(last_insert_rowid(), 0)"
)

// tsqlFunction is a function of Transact-SQL in SQLite's: {} stands for all arguments, {1} for the first, other words in
// braces for what the session knows (fill).
type tsqlFunction struct{ sqlite, result string }

// tsqlConstants are words, and calls without arguments.
var tsqlConstants = map[string]tsqlFunction{
	"getdate()": {sqliteNow, "datetime"}, "getutcdate()": {sqliteNow, "datetime"}, "current_timestamp": {sqliteNow, "datetime"},
	"sysdatetime()": {sqliteNow, "datetime2(7)"}, "sysutcdatetime()": {sqliteNow, "datetime2(7)"},
	"sysdatetimeoffset()": {sqliteNowOffset, "datetimeoffset(7)"},
	"newid()":             {sqliteGUID, "uniqueidentifier"}, "newsequentialid()": {sqliteGUID, "uniqueidentifier"},
	"scope_identity()": {sqliteIdentity, "decimal(38,0)"}, "@@identity": {sqliteIdentity, "decimal(38,0)"},
	"current_user": {"{user}", "nvarchar(128)"}, "session_user": {"{user}", "nvarchar(128)"}, "system_user": {"{user}", "nvarchar(128)"},
	"suser_sname()": {"{user}", "nvarchar(128)"}, "suser_name()": {"{user}", "nvarchar(128)"}, "user_name()": {"{user}", "nvarchar(128)"},
	"original_login()": {"{user}", "nvarchar(128)"}, "db_name()": {"{database}", "nvarchar(128)"}, "schema_name()": {"'dbo'", "nvarchar(128)"},
	"@@version": {"{version}", "nvarchar(300)"}, "@@servername": {"'azuretest'", "nvarchar(128)"}, "@@spid": {"{spid}", "smallint"},
	"@@trancount": {"{trancount}", "int"}, "@@rowcount": {"{rowcount}", "int"}, "@@error": {"{error}", "int"},
	"@@max_connections": {"32767", "int"},
}

// tsqlFunctions are those with arguments that SQLite does not have or that have a type to keep.
var tsqlFunctions = map[string]tsqlFunction{
	"len":       {"length(rtrim({1}))", "int"},
	"charindex": {"instr({2}, {1})", "int"},
	"isnull":    {"ifnull({1}, {2})", ""},
	"count":     {"count({})", "int"},
	"count_big": {"count({})", "bigint"},
	"left":      {"substr({1}, 1, {2})", ""},
	"right":     {"substr({1}, -{2})", ""},
	"year":      {"cast(strftime('%Y', {1}) as integer)", "int"},
	"month":     {"cast(strftime('%m', {1}) as integer)", "int"},
	"day":       {"cast(strftime('%d', {1}) as integer)", "int"},
	"object_id": {`(select object_id from "sys.objects" where name = trim(replace(replace({1}, '[dbo].', ''), 'dbo.', ''), '[]"') collate nocase)`, "int"},
	// The stand-in has no permissions: everybody may do everything.
	"has_perms_by_name": {"1", "int"},
	"object_name":       {`(select name from "sys.objects" where object_id = {1})`, "nvarchar(128)"},
}

// fill puts the arguments and what the session knows into SQLite's expression.
func (e *tsqlEnvironment) fill(f tsqlFunction, arguments ...[]sqlite.Token) sqlite.Token {
	values := []string{
		"{user}", sqlite.Literal(e.user), "{database}", sqlite.Literal(e.database), "{version}", sqlite.Literal(e.version),
		"{spid}", strconv.Itoa(e.spid), "{trancount}", strconv.Itoa(e.tranCount), "{rowcount}", strconv.FormatInt(e.rowCount, 10),
		"{error}", strconv.Itoa(int(e.lastError)),
	}
	var all []string
	for i, a := range arguments {
		all = append(all, joined(e.rewrite(a)))
		values = append(values, "{"+strconv.Itoa(i+1)+"}", all[i])
	}
	values = append(values, "{}", strings.Join(all, ", "))
	return sqlite.Token{Kind: sqlite.Symbol, Text: strings.NewReplacer(values...).Replace(f.sqlite), Type: f.result}
}

// rewrite translates expressions: functions, variables, constants, concatenation.
func (e *tsqlEnvironment) rewrite(words []sqlite.Token) []sqlite.Token {
	var out []sqlite.Token
	for i := 0; i < len(words); i++ {
		t := words[i]
		constant, known := tsqlConstants[strings.ToLower(t.Text)]
		switch {
		case t.Kind == sqlite.Word && i+1 < len(words) && words[i+1].Text == "(":
			end := closing(words, i+1)
			out = append(out, e.call(t, words[i+2:end])...)
			i = end
			continue
		case t.Text == "(":
			end := closing(words, i)
			out = append(out, e.parenthesis(words[i+1:end])...)
			i = end
			continue
		case known && (t.Kind == sqlite.Word || t.Kind == sqlite.Parameter):
			t = e.fill(constant)
		case t.Kind == sqlite.Parameter:
			t.Text = strings.ToLower(t.Text)
			if v := e.variables[t.Text]; v != nil {
				t.Type = v.kind.String()
			}
		case t.Text == "+" && (i > 0 && words[i-1].Kind == sqlite.String || i+1 < len(words) && words[i+1].Kind == sqlite.String):
			t.Text = "||"
		}
		out = append(out, t)
	}
	return out
}

// parenthesis translates what stands in parentheses, which may be a query.
func (e *tsqlEnvironment) parenthesis(inner []sqlite.Token) []sqlite.Token {
	if len(inner) > 0 && inner[0].Is("select") {
		inner = aliased(e.limits(inner))
	}
	return slices.Concat([]sqlite.Token{raw("(")}, e.rewrite(inner), []sqlite.Token{raw(")")})
}

// call translates a call of a function, or a keyword before a parenthesis.
func (e *tsqlEnvironment) call(name sqlite.Token, inner []sqlite.Token) []sqlite.Token {
	lower, arguments, as := strings.ToLower(name.Text), commas(inner), sqlite.TopLevel(inner, "as")
	function, known := tsqlFunctions[lower]
	if len(inner) == 0 {
		function, known = tsqlConstants[lower+"()"]
	}
	switch {
	case lower == "cast" && as > 0:
		return []sqlite.Token{e.cast(inner[:as], inner[as+1:])}
	case lower == "convert" && len(arguments) > 1:
		return []sqlite.Token{e.cast(arguments[1], arguments[0])}
	case known:
		return []sqlite.Token{e.fill(function, arguments...)}
	}
	return append([]sqlite.Token{name}, e.parenthesis(inner)...)
}

// cast is SQLite's way to make an expression a type of SQL Server's. The value is made one of that type when it is
// sent.
func (e *tsqlEnvironment) cast(expression []sqlite.Token, declared []sqlite.Token) sqlite.Token {
	x := joined(e.rewrite(expression))
	t, err := tsqlType(declared)
	if err != nil {
		return raw("cast(" + x + " as " + joined(declared) + ")")
	}
	if len(declared) == 1 && t.Size == 1 {
		t.Size = 30 // where no size is given (CAST and CONVERT in the reference of Transact-SQL)
	}
	sql := "cast(" + x + " as " + sqliteAffinity(t) + ")"
	switch {
	case t.Name == "bit":
		sql = "(" + sql + " <> 0)"
	case t.Name == "date":
		sql = "date(" + x + ")"
	case t.Name == "uniqueidentifier":
		sql = "upper(" + x + ")"
	case t.Precision > 0:
		sql = "round(" + x + ", " + strconv.Itoa(int(t.Scale)) + ")"
	case strings.HasSuffix(t.Name, "char") && t.Size != tds.Max:
		sql = "substr(" + sql + ", 1, " + strconv.Itoa(t.Size) + ")"
	}
	return sqlite.Token{Kind: sqlite.Symbol, Text: sql, Type: t.String()}
}

// kindOf is the type of an expression, as far as it shows: of a variable, a column, a cast, a function that is known; of
// MAX, MIN and ISNULL that of their argument.
func (e *tsqlEnvironment) kindOf(expression []sqlite.Token, table string) (kind tds.Type, known bool) {
	if len(expression) > 2 && expression[1].Text == "(" && slices.ContainsFunc([]string{"max", "min", "isnull", "coalesce"}, expression[0].Is) {
		if arguments := commas(expression[2:closing(expression, 1)]); len(arguments) > 0 && closing(expression, 1) == len(expression)-1 {
			return e.kindOf(arguments[0], table)
		}
	}
	out := e.rewrite(expression)
	if len(out) == 1 && out[0].Type != "" {
		return declaredAs(out[0].Type)
	}
	if isColumn(out) || len(out) > 1 && out[len(out)-2].Text == "." {
		return e.columnType(table, unquoted(out[len(out)-1]))
	}
	return kind, false
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
		plain[i].Text = unquoted(w)
	}
	return tds.ParseType(joined(plain))
}

func declaredAs(declaration string) (tds.Type, bool) {
	kind, err := tds.ParseType(declaration)
	return kind, err == nil
}
