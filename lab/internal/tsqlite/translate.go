package tsqlite

import (
	"slices"
	"strings"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// tsqlEnvironment is what a session knows about itself when it translates a statement.
type tsqlEnvironment struct {
	user, database, version string
	spid                    int
	tranCount               int
	rowCount                int64
	lastError               int32
	variables               map[string]*tsqlVariable                    // by name in lower case, with its @
	insertable              func(table string) []string                 // the columns that are not numbered; nil if all are not
	columnType              func(table, column string) (tds.Type, bool) // table "": any
}

// tsqlVariable is a parameter or a variable that was declared.
type tsqlVariable struct {
	kind  tds.Type
	value any
}

// tsqlItem is what is known of a column of a result before the query runs.
type tsqlItem struct {
	name  string
	kind  tds.Type // if known
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
func (e *tsqlEnvironment) translateTSQL(words []sqlite.Token) tsqlQuery {
	words = e.plainNames(words)
	q := tsqlQuery{verb: sqlite.VerbOf(words)}
	switch q.verb {
	case "insert", "update", "delete":
		body, returning := output(completed(words))
		q.target = strings.Trim(sqlite.Target(body), `"`)
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
func (e *tsqlEnvironment) plainNames(words []sqlite.Token) []sqlite.Token {
	var out []sqlite.Token
	for i := 0; i < len(words); i++ {
		t := words[i]
		switch {
		case t.Kind == sqlite.String:
			t.Text = sqlite.Literal(unquoted(t))
		case t.Kind == sqlite.Quoted:
			t = sqlName(unquoted(t))
		case t.Kind == sqlite.Number && len(t.Text) > 1 && t.Text[1]|0x20 == 'x':
			t.Text = "x'" + strings.Repeat("0", len(t.Text)%2) + t.Text[2:] + "'"
		}
		if i+2 < len(words) && words[i+1].Text == "." && (t.Kind == sqlite.Word || t.Kind == sqlite.Quoted) {
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
func completed(words []sqlite.Token) []sqlite.Token {
	for verb, keyword := range map[string]string{"insert": "into", "delete": "from"} {
		i := sqlite.TopLevel(words, verb)
		if i >= 0 && i+1 < len(words) && !words[i+1].Is(keyword) && sqlite.VerbOf(words) == verb {
			return slices.Insert(slices.Clone(words), i+1, sqlite.Token{Kind: sqlite.Word, Text: keyword})
		}
	}
	return words
}

// listed names the columns of an INSERT that names none, unless there are none to name.
func listed(words []sqlite.Token, columns []string) []sqlite.Token {
	i := sqlite.TopLevel(words, "into") + 2
	if len(columns) == 0 || i < 2 || i >= len(words) || words[i].Text == "(" || words[i].Is("default") {
		return words
	}
	names := make([]string, len(columns))
	for j, c := range columns {
		names[j] = sqlName(c).Text
	}
	return slices.Insert(slices.Clone(words), i, raw("("+strings.Join(names, ", ")+")"))
}

// output takes OUTPUT INSERTED.id out of a statement; its columns are nil if there is none.
func output(words []sqlite.Token) (body, columns []sqlite.Token) {
	start := sqlite.TopLevel(words, "output")
	if start < 0 {
		return words, nil
	}
	end := len(words)
	for _, k := range []string{"values", "select", "default", "from", "where", "exec"} {
		if i := sqlite.TopLevel(words[start:], k); i >= 0 {
			end = min(end, start+i)
		}
	}
	for i := start + 1; i < end; i++ {
		name := strings.ToLower(unquoted(words[i]))
		if (name == "inserted" || name == "deleted") && i+1 < end && words[i+1].Text == "." {
			i++
			continue
		}
		columns = append(columns, words[i])
	}
	return slices.Concat(words[:start], words[end:]), columns
}

// rewrite translates expressions: functions, variables, constants, concatenation.
func (e *tsqlEnvironment) rewrite(words []sqlite.Token) []sqlite.Token {
	var out []sqlite.Token
	for i := 0; i < len(words); i++ {
		t := words[i]
		if i+1 < len(words) && words[i+1].Text == "(" && t.Kind == sqlite.Word {
			end := closing(words, i+1)
			out = append(out, e.call(t, words[i+2:end])...)
			i = end
			continue
		}
		if t.Text == "(" {
			end := closing(words, i)
			out = append(out, e.parenthesis(words[i+1:end])...)
			i = end
			continue
		}
		if constant, ok := e.constant(strings.ToLower(t.Text)); ok && t.Kind != sqlite.Quoted && t.Kind != sqlite.String {
			t = raw(constant.sqlite)
		} else if t.Kind == sqlite.Parameter {
			t.Text = strings.ToLower(t.Text)
		} else if t.Text == "+" && (i > 0 && words[i-1].Kind == sqlite.String || i+1 < len(words) && words[i+1].Kind == sqlite.String) {
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
	lower := strings.ToLower(name.Text)
	if len(inner) == 0 {
		if constant, ok := e.constant(lower + "()"); ok {
			return []sqlite.Token{raw(constant.sqlite)}
		}
	}
	if lower == "cast" {
		if as := sqlite.TopLevel(inner, "as"); as > 0 {
			return []sqlite.Token{castTo(e.rewrite(inner[:as]), inner[as+1:])}
		}
	}
	arguments := commas(inner)
	if lower == "convert" && len(arguments) > 1 {
		return []sqlite.Token{castTo(e.rewrite(arguments[1]), arguments[0])}
	}
	function, known := tsqlFunctions[lower]
	if !known {
		return append([]sqlite.Token{name}, e.parenthesis(inner)...)
	}
	for i, a := range arguments {
		if lower == "object_id" && len(a) == 1 && a[0].Kind == sqlite.String {
			a = []sqlite.Token{{Kind: sqlite.String, Text: sqlite.Literal(lastName(unquoted(a[0])))}}
		}
		arguments[i] = e.rewrite(a)
	}
	return []sqlite.Token{function.fill(arguments)}
}

// lastName is the table in "dbo.orders" and "[dbo].[orders]".
func lastName(name string) string {
	words := sqlite.Significant(tokenizeTSQL(name))
	if len(words) == 0 {
		return name
	}
	return unquoted(words[len(words)-1])
}

// limits turns TOP and OFFSET ... FETCH into LIMIT, and drops hints.
func (e *tsqlEnvironment) limits(words []sqlite.Token) []sqlite.Token {
	words = withoutHints(words)
	var limit []sqlite.Token
	if i := sqlite.TopLevel(words, "select"); i >= 0 {
		at := i + 1
		if at < len(words) && (words[at].Is("distinct") || words[at].Is("all")) {
			at++
		}
		if at+1 < len(words) && words[at].Is("top") {
			end := at + 2
			if words[at+1].Text == "(" {
				end = closing(words, at+1) + 1
			}
			limit = append([]sqlite.Token{{Kind: sqlite.Word, Text: "limit"}}, words[at+1:end]...)
			words = slices.Concat(words[:at], words[end:])
		}
	}
	if i := sqlite.TopLevel(words, "offset"); i >= 0 {
		offset, rest := untilRows(words[i+1:])
		limit = []sqlite.Token{{Kind: sqlite.Word, Text: "limit"}, {Kind: sqlite.Number, Text: "-1"}}
		if len(rest) > 2 && rest[0].Is("fetch") {
			fetch, _ := untilRows(rest[2:])
			limit = append([]sqlite.Token{{Kind: sqlite.Word, Text: "limit"}}, fetch...)
		}
		limit = slices.Concat(limit, []sqlite.Token{{Kind: sqlite.Word, Text: "offset"}}, offset)
		words = words[:i]
	}
	return slices.Concat(words, limit)
}

// untilRows splits at ROW or ROWS.
func untilRows(words []sqlite.Token) (before, after []sqlite.Token) {
	for i, t := range words {
		if t.Is("row") || t.Is("rows") {
			return words[:i], words[i+1:]
		}
	}
	return words, nil
}

// withoutHints drops WITH (NOLOCK) and OPTION (...).
func withoutHints(words []sqlite.Token) []sqlite.Token {
	var out []sqlite.Token
	for i := 0; i < len(words); i++ {
		if i > 0 && i+1 < len(words) && words[i+1].Text == "(" && (words[i].Is("with") || words[i].Is("option")) {
			i = closing(words, i+1)
			continue
		}
		out = append(out, words[i])
	}
	return out
}
