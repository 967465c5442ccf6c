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
}

// tsqlQuery is a statement for SQLite.
type tsqlQuery struct {
	sql    string
	rows   bool       // it returns rows
	items  []tsqlItem // of the columns; nil if there is a * among them
	assign []string   // the variables that SELECT gives a value, instead of a result
}

// translateTSQL makes SQLite's SQL of a query or change in Transact-SQL.
func (e *tsqlEnvironment) translateTSQL(words []sqlite.Token) tsqlQuery {
	words = e.plainNames(words)
	verb := sqlite.VerbOf(words)
	if verb != "insert" && verb != "update" && verb != "delete" {
		return e.translateSelect(e.limits(words))
	}
	if i := sqlite.TopLevel(words, verb) + 1; verb != "update" && i < len(words) && !words[i].Is("into") && !words[i].Is("from") {
		keyword := map[string]string{"insert": "into", "delete": "from"}[verb] // which Transact-SQL allows to leave out
		words = slices.Insert(slices.Clone(words), i, keywords(keyword)...)
	}
	body, returning := output(words)
	target := strings.Trim(sqlite.Target(body), `"`)
	if verb == "insert" {
		body = listed(body, e.insertable(target))
	}
	return e.change(joined(e.rewrite(e.limits(body))), target, returning)
}

// change is a statement that changes a table, with the columns that it returns.
func (e *tsqlEnvironment) change(sql, table string, returning []sqlite.Token) tsqlQuery {
	if returning == nil {
		return tsqlQuery{sql: sql}
	}
	return tsqlQuery{sql: sql + " returning " + joined(e.rewrite(returning)), rows: true, items: e.items(returning, table)}
}

// translateSelect finds out the columns of a query, and the variables that it gives a value.
func (e *tsqlEnvironment) translateSelect(words []sqlite.Token) tsqlQuery {
	q := tsqlQuery{rows: true, sql: joined(e.rewrite(aliased(words)))}
	list, _, _ := selectList(words)
	for _, item := range commas(list) {
		if len(item) > 2 && item[0].Kind == sqlite.Parameter && item[1].Text == "=" {
			q.assign = append(q.assign, strings.ToLower(item[0].Text))
		}
	}
	table := ""
	if from := upTo(words, "from"); from+1 < len(words) {
		table = unquoted(words[from+1])
	}
	q.items = e.items(list, table)
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

// listed names the columns of an INSERT that names none, unless there are none to name.
func listed(words []sqlite.Token, columns []string) []sqlite.Token {
	i := sqlite.TopLevel(words, "into") + 2
	if len(columns) == 0 || i < 2 || i >= len(words) || words[i].Text == "(" || words[i].Is("default") {
		return words
	}
	return slices.Insert(slices.Clone(words), i, columnList(columns))
}

// output takes OUTPUT INSERTED.id out of a statement; its columns are nil if there is none.
func output(words []sqlite.Token) (body, columns []sqlite.Token) {
	start := sqlite.TopLevel(words, "output")
	if start < 0 {
		return words, nil
	}
	end := start + upTo(words[start:], "values", "select", "default", "from", "where", "exec")
	return slices.Concat(words[:start], words[end:]), unprefixed(words[start+1 : end])
}

// unprefixed drops what stands before the columns of OUTPUT.
func unprefixed(words []sqlite.Token) (columns []sqlite.Token) {
	for i := 0; i < len(words); i++ {
		name := strings.ToLower(unquoted(words[i]))
		if (name == "inserted" || name == "deleted") && i+1 < len(words) && words[i+1].Text == "." {
			i++
			continue
		}
		columns = append(columns, words[i])
	}
	return columns
}

// limits turns TOP and OFFSET ... FETCH into LIMIT, and drops hints.
func (e *tsqlEnvironment) limits(words []sqlite.Token) []sqlite.Token {
	words = withoutOptions(words)
	var limit []sqlite.Token
	if _, at, _ := selectList(words); at > 0 && at+1 < len(words) && words[at].Is("top") {
		end := at + 2
		if words[at+1].Text == "(" {
			end = closing(words, at+1) + 1
		}
		limit = slices.Concat(keywords("limit"), words[at+1:end])
		words = slices.Concat(words[:at], words[end:])
	}
	if p := clauses(words, "offset", "fetch"); p[0] != nil {
		count := keywords("-1")
		if len(p[1]) > 1 { // FETCH NEXT 10 ROWS ONLY
			count = p[1][1:max(1, upTo(p[1], "row", "rows"))]
		}
		limit = slices.Concat(keywords("limit"), count, keywords("offset"), p[0][:upTo(p[0], "row", "rows")])
		words = words[:upTo(words, "offset")]
	}
	return slices.Concat(words, limit)
}

// selectList is the part of a query that names its columns, and where it begins and ends.
func selectList(words []sqlite.Token) (list []sqlite.Token, start, end int) {
	start = sqlite.TopLevel(words, "select") + 1
	if start < len(words) && (words[start].Is("distinct") || words[start].Is("all")) {
		start++
	}
	end = start + upTo(words[start:], "from", "where", "order", "group", "having", "union", "except", "intersect", "limit", "into")
	return words[start:end], start, end
}

// items describes the columns of a list, of a table; nil if there is a * among them.
func (e *tsqlEnvironment) items(list []sqlite.Token, table string) []tsqlItem {
	var items []tsqlItem
	for _, item := range commas(list) {
		if len(item) == 0 || item[len(item)-1].Text == "*" {
			return nil
		}
		name, expression := alias(item)
		kind, known := e.kindOf(expression, table)
		items = append(items, tsqlItem{name, kind, known})
	}
	return items
}

// alias takes the name of a column off its expression: "x as name", "x name", "name = x". A column has its own
// name, other expressions have none.
func alias(item []sqlite.Token) (name string, expression []sqlite.Token) {
	last := len(item) - 1
	switch {
	case last > 1 && item[1].Text == "=" && (isName(item[0]) || item[0].Kind == sqlite.Parameter):
		return unquoted(item[0]), item[2:]
	case last > 1 && item[last-1].Is("as"):
		return unquoted(item[last]), item[:last-1]
	case !isName(item[last]) || item[last].Is("null") || item[last].Is("end"):
		return "", item
	case isColumn(item):
		return unquoted(item[last]), item
	case item[last-1].Text != ".":
		return unquoted(item[last]), item[:last]
	}
	return "", item
}

func isName(t sqlite.Token) bool { return t.Kind == sqlite.Word || t.Kind == sqlite.Quoted }

// isColumn tells whether words are names with points between them.
func isColumn(words []sqlite.Token) bool {
	for i, t := range words {
		if isPoint := i%2 == 1; isPoint != (t.Text == ".") || !isPoint && !isName(t) {
			return false
		}
	}
	return len(words)%2 == 1
}

// aliased writes "name = x" in a query's list of columns as "x as name".
func aliased(words []sqlite.Token) []sqlite.Token {
	list, start, end := selectList(words)
	if start == 0 {
		return words
	}
	out := slices.Clone(words[:start])
	for i, item := range commas(list) {
		if i > 0 {
			out = append(out, raw(","))
		}
		if len(item) > 2 && item[1].Text == "=" {
			if name, expression := alias(item); len(expression) == len(item)-2 {
				item = slices.Concat(expression, keywords("as"), []sqlite.Token{sqlName(name)})
			}
		}
		out = append(out, item...)
	}
	return append(out, words[end:]...)
}

// translateMerge makes an UPDATE and an INSERT of a MERGE statement as GORM writes it for INSERT ... ON CONFLICT:
//
//	MERGE INTO target USING (VALUES (...), ...) AS source (columns) ON condition
//	WHEN MATCHED THEN UPDATE SET ... WHEN NOT MATCHED THEN INSERT (columns) VALUES (...) OUTPUT INSERTED.id
func (e *tsqlEnvironment) translateMerge(words []sqlite.Token) (queries []tsqlQuery, ok bool) {
	p := clauses(e.plainNames(words), "into", "using", "as", "on", "when matched then update set", "when not matched then insert", "values", "output")
	target, values, source, update, columns, inserted := p[0], p[1], p[2], p[4], p[5], p[6]
	if len(target) != 1 || len(values) < 3 || len(source) < 4 || len(p[3]) == 0 || columns != nil && len(inserted) == 0 {
		return nil, false
	}
	with, table, condition := "with "+joined(source)+" as "+joined(e.rewrite(values)), target[0].Text, joined(e.rewrite(p[3]))
	add := func(sql string) {
		queries = append(queries, e.change(with+sql, unquoted(target[0]), unprefixed(p[7])))
	}
	if update != nil {
		add(" update " + table + " set " + joined(e.rewrite(update)) + " from " + source[0].Text + " where " + condition)
	}
	if columns != nil {
		add(" insert into " + table + " " + joined(columns) + " select " + joined(e.rewrite(stripped(inserted))) + " from " + source[0].Text +
			" where not exists (select 1 from " + table + " where " + condition + ")")
	}
	return queries, len(queries) > 0
}
