package tsqlite

import (
	"slices"
	"strings"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// selectItems finds out the columns of a query, and the variables that it gives a value.
func (e *tsqlEnvironment) selectItems(words []sqlite.Token) (items []tsqlItem, assign []string) {
	list, _, _ := selectList(words)
	for _, item := range commas(list) {
		if len(item) > 2 && item[0].Kind == sqlite.Parameter && item[1].Text == "=" {
			assign = append(assign, strings.ToLower(item[0].Text))
		}
	}
	table := ""
	if from := sqlite.TopLevel(words, "from"); from >= 0 && from+1 < len(words) {
		table = unquoted(words[from+1])
	}
	return e.items(list, table), assign
}

// selectList is the part of a query that names its columns, and where it begins and ends.
func selectList(words []sqlite.Token) (list []sqlite.Token, start, end int) {
	start = sqlite.TopLevel(words, "select") + 1
	if start < len(words) && (words[start].Is("distinct") || words[start].Is("all")) {
		start++
	}
	end = len(words)
	for _, k := range []string{"from", "where", "order", "group", "having", "union", "except", "intersect", "limit", "into"} {
		if i := sqlite.TopLevel(words[start:], k); i >= 0 {
			end = min(end, start+i)
		}
	}
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
		items = append(items, tsqlItem{name, kind, known, table})
	}
	return items
}

// alias takes the name of a column off its expression: "x as name", "x name", "name = x". A column has its own
// name, other expressions have none.
func alias(item []sqlite.Token) (name string, expression []sqlite.Token) {
	last := len(item) - 1
	isName := func(t sqlite.Token) bool {
		return t.Kind == sqlite.Quoted || t.Kind == sqlite.Word || t.Kind == sqlite.String
	}
	isColumn := len(item)%2 == 1 && !slices.ContainsFunc(item, func(t sqlite.Token) bool {
		return t.Text != "." && t.Kind != sqlite.Word && t.Kind != sqlite.Quoted
	})
	switch {
	case len(item) > 2 && item[1].Text == "=" && (isName(item[0]) || item[0].Kind == sqlite.Parameter):
		return unquoted(item[0]), item[2:]
	case last > 1 && item[last-1].Is("as"):
		return unquoted(item[last]), item[:last-1]
	case last == 0 && item[0].Kind == sqlite.Word && item[0].Is("null"):
		return "", item
	case isColumn && (len(item) == 1 || item[1].Text == "."):
		return unquoted(item[last]), item
	case last > 0 && (item[last].Kind == sqlite.Quoted || item[last].Kind == sqlite.Word) && !item[last].Is("end") && item[last-1].Text != ".":
		return unquoted(item[last]), item[:last]
	}
	return "", item
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
			out = append(out, sqlite.Token{Kind: sqlite.Symbol, Text: ","})
		}
		if len(item) > 2 && item[1].Text == "=" && (item[0].Kind == sqlite.Word || item[0].Kind == sqlite.Quoted || item[0].Kind == sqlite.Parameter) {
			item = slices.Concat(item[2:], []sqlite.Token{{Kind: sqlite.Word, Text: "as"}, sqlName(unquoted(item[0]))})
		}
		out = append(out, item...)
	}
	return append(out, words[end:]...)
}

// kindOf is the type of an expression, as far as it shows: of a variable, a column, a cast, a function that is
// known; of MAX, MIN and ISNULL that of their argument.
func (e *tsqlEnvironment) kindOf(expression []sqlite.Token, table string) (kind tds.Type, known bool) {
	if len(expression) == 0 {
		return kind, false
	}
	first, last := expression[0], expression[len(expression)-1]
	name := strings.ToLower(first.Text)
	switch {
	case len(expression) == 1 && first.Kind == sqlite.Parameter && e.variables[name] != nil:
		return e.variables[name].kind, true
	case len(expression) == 1 && first.Kind != sqlite.String:
		if constant, ok := e.constant(name); ok {
			return declaredAs(constant.result)
		}
	case first.Kind == sqlite.Word && len(expression) > 2 && expression[1].Text == "(" && closing(expression, 1) == len(expression)-1:
		return e.kindOfCall(name, expression[2:len(expression)-1], table)
	}
	if (last.Kind == sqlite.Word || last.Kind == sqlite.Quoted) && (len(expression) == 1 || expression[len(expression)-2].Text == ".") {
		return e.columnType(table, unquoted(last))
	}
	return kind, false
}

// kindOfCall is the type of what a function returns.
func (e *tsqlEnvironment) kindOfCall(name string, inner []sqlite.Token, table string) (kind tds.Type, known bool) {
	arguments := commas(inner)
	switch name {
	case "cast":
		if as := sqlite.TopLevel(inner, "as"); as > 0 {
			return castKind(inner[as+1:])
		}
	case "convert":
		if len(arguments) > 0 {
			return castKind(arguments[0])
		}
	case "max", "min", "isnull", "coalesce":
		if len(arguments) > 0 {
			return e.kindOf(arguments[0], table)
		}
	}
	if constant, ok := e.constant(name + "()"); ok && len(inner) == 0 {
		return declaredAs(constant.result)
	}
	return declaredAs(tsqlFunctions[name].result)
}

// castKind is the type that CAST and CONVERT name; without a size texts have 30 characters.
func castKind(declared []sqlite.Token) (tds.Type, bool) {
	kind, err := tsqlType(declared)
	if len(declared) == 1 && kind.Size == 1 {
		kind.Size = 30
	}
	return kind, err == nil
}

func declaredAs(declaration string) (tds.Type, bool) {
	kind, err := tds.ParseType(declaration)
	return kind, err == nil
}
