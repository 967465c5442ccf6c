package lab

import (
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"slices"
	"strings"
)

// tsqlEnvironment is what a session knows about itself when it translates a statement.
type tsqlEnvironment struct {
	user, database, version string
	spid                    int
	tranCount               int
	rowCount                int64
	lastError               int32
	variables               map[string]*tsqlVariable                              // by name in lower case, with its @
	insertable              func(table string) []string                           // the columns that are not numbered; nil if all are not
	columnType              func(table, column string) (sqlservertest.Type, bool) // table "": any
}

// tsqlVariable is a parameter or a variable that was declared.
type tsqlVariable struct {
	kind  sqlservertest.Type
	value any
}

// tsqlItem is what is known of a column of a result before the query runs.
type tsqlItem struct {
	name  string
	kind  sqlservertest.Type // if known
	known bool
	table string // of the query
}

// tsqlQuery is a statement for SQLite.
type tsqlQuery struct {
	verb   string
	sql    string
	rows   bool       // it returns rows
	items  []tsqlItem // of the columns; nil: there is a * among them
	assign []string   // the variables that SELECT gives a value, instead of a result
	target string     // the table that is changed
}

// translateTSQL makes SQLite's SQL of a query or change in Transact-SQL.
func (e *tsqlEnvironment) translateTSQL(words []token) tsqlQuery {
	words = e.plainNames(words)
	q := tsqlQuery{verb: verbOf(words)}
	switch q.verb {
	case "insert", "update", "delete":
		body, returning := output(completed(words))
		q.target = strings.Trim(target(body), `"`)
		if q.verb == "insert" {
			body = listed(body, e.insertable(q.target))
		}
		q.sql = joined(e.rewrite(e.limits(body)))
		if q.rows = returning != nil; q.rows {
			q.items = e.items(returning, q.target)
			q.sql += " returning " + joined(e.rewrite(returning))
		}
	default:
		body := e.limits(words)
		q.rows = true
		q.items, q.assign = e.selectItems(body)
		q.sql = joined(e.rewrite(aliased(body)))
	}
	return q
}

// extendedProperties is a function that returns comments, of which there are none here.
const extendedProperties = "sys.fn_listextendedproperty"

// plainNames writes names and strings as SQLite does and drops what stands before a table: the database and dbo.
// The views of sys and INFORMATION_SCHEMA have a name with a point in it.
func (e *tsqlEnvironment) plainNames(words []token) []token {
	var out []token
	for i := 0; i < len(words); i++ {
		t := words[i]
		switch {
		case t.kind == tokenString:
			t.text = literal(unquoted(t))
		case t.kind == tokenQuoted:
			t = sqlName(unquoted(t))
		case t.kind == tokenNumber && len(t.text) > 1 && t.text[1]|0x20 == 'x':
			t.text = "x'" + strings.Repeat("0", len(t.text)%2) + t.text[2:] + "'"
		}
		if i+2 < len(words) && words[i+1].text == "." && (t.kind == tokenWord || t.kind == tokenQuoted) {
			switch name := strings.ToLower(unquoted(t)); name {
			case "dbo", strings.ToLower(e.database):
				i++
				continue
			case "sys", "information_schema":
				view := name + "." + strings.ToLower(unquoted(words[i+2]))
				t = sqlName(view)
				if i += 2; view == extendedProperties && i+1 < len(words) {
					t, i = raw(`(select null as name, null as value where 0)`), closing(words, i+1)
				}
			}
		}
		out = append(out, t)
	}
	return out
}

// completed adds the keyword that Transact-SQL allows to leave out: INSERT INTO, DELETE FROM.
func completed(words []token) []token {
	for verb, keyword := range map[string]string{"insert": "into", "delete": "from"} {
		i := topLevel(words, verb)
		if i >= 0 && i+1 < len(words) && !words[i+1].is(keyword) && verbOf(words) == verb {
			return slices.Insert(slices.Clone(words), i+1, token{tokenWord, keyword})
		}
	}
	return words
}

// listed names the columns of an INSERT that names none, unless there are none to name.
func listed(words []token, columns []string) []token {
	i := topLevel(words, "into") + 2
	if len(columns) == 0 || i < 2 || i >= len(words) || words[i].text == "(" || words[i].is("default") {
		return words
	}
	names := make([]string, len(columns))
	for j, c := range columns {
		names[j] = sqlName(c).text
	}
	return slices.Insert(slices.Clone(words), i, raw("("+strings.Join(names, ", ")+")"))
}

// output takes OUTPUT INSERTED.id out of a statement; its columns are nil if there is none.
func output(words []token) (body, columns []token) {
	start := topLevel(words, "output")
	if start < 0 {
		return words, nil
	}
	end := len(words)
	for _, k := range []string{"values", "select", "default", "from", "where", "exec"} {
		if i := topLevel(words[start:], k); i >= 0 {
			end = min(end, start+i)
		}
	}
	for i := start + 1; i < end; i++ {
		name := strings.ToLower(unquoted(words[i]))
		if (name == "inserted" || name == "deleted") && i+1 < end && words[i+1].text == "." {
			i++
			continue
		}
		columns = append(columns, words[i])
	}
	return slices.Concat(words[:start], words[end:]), columns
}

// rewrite translates expressions: functions, variables, constants, concatenation.
func (e *tsqlEnvironment) rewrite(words []token) []token {
	var out []token
	for i := 0; i < len(words); i++ {
		t := words[i]
		if i+1 < len(words) && words[i+1].text == "(" && t.kind == tokenWord {
			end := closing(words, i+1)
			out = append(out, e.call(t, words[i+2:end])...)
			i = end
			continue
		}
		if t.text == "(" {
			end := closing(words, i)
			out = append(out, e.parenthesis(words[i+1:end])...)
			i = end
			continue
		}
		if constant, ok := e.constant(strings.ToLower(t.text)); ok && t.kind != tokenQuoted && t.kind != tokenString {
			t = raw(constant.sqlite)
		} else if t.kind == tokenParameter {
			t.text = strings.ToLower(t.text)
		} else if t.text == "+" && (i > 0 && words[i-1].kind == tokenString || i+1 < len(words) && words[i+1].kind == tokenString) {
			t.text = "||"
		}
		out = append(out, t)
	}
	return out
}

// parenthesis translates what stands in parentheses, which may be a query.
func (e *tsqlEnvironment) parenthesis(inner []token) []token {
	if len(inner) > 0 && inner[0].is("select") {
		inner = aliased(e.limits(inner))
	}
	return slices.Concat([]token{raw("(")}, e.rewrite(inner), []token{raw(")")})
}

// call translates a call of a function, or a keyword before a parenthesis.
func (e *tsqlEnvironment) call(name token, inner []token) []token {
	lower := strings.ToLower(name.text)
	if len(inner) == 0 {
		if constant, ok := e.constant(lower + "()"); ok {
			return []token{raw(constant.sqlite)}
		}
	}
	if lower == "cast" {
		if as := topLevel(inner, "as"); as > 0 {
			return []token{castTo(e.rewrite(inner[:as]), inner[as+1:])}
		}
	}
	arguments := commas(inner)
	if lower == "convert" && len(arguments) > 1 {
		return []token{castTo(e.rewrite(arguments[1]), arguments[0])}
	}
	function, known := tsqlFunctions[lower]
	if !known {
		return append([]token{name}, e.parenthesis(inner)...)
	}
	for i, a := range arguments {
		if lower == "object_id" && len(a) == 1 && a[0].kind == tokenString {
			a = []token{{tokenString, literal(lastName(unquoted(a[0])))}}
		}
		arguments[i] = e.rewrite(a)
	}
	return []token{function.fill(arguments)}
}

// lastName is the table in "dbo.orders" and "[dbo].[orders]".
func lastName(name string) string {
	words := significant(tokenizeTSQL(name))
	if len(words) == 0 {
		return name
	}
	return unquoted(words[len(words)-1])
}
