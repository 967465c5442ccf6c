package dsn

import (
	"errors"
	"slices"
	"strings"
)

// scheme is a grammar's start for URLs of these names, in any case. SQLAlchemy's postgresql+psycopg:// and the like
// count, and so does R2DBC's r2dbc:postgresql://; mysql+srv:// of MySQL Shell asks DNS for the server.
func scheme(names ...string) func(string) int {
	return func(s string) int {
		scheme, _, ok := strings.Cut(s, "://")
		plain, reactive := strings.CutPrefix(strings.ToLower(scheme), "r2dbc:")
		if reactive {
			plain = strings.TrimPrefix(plain, "pool:")
		}
		name, driver, plus := strings.Cut(plain, "+")
		if !ok || !slices.Contains(names, name) || plus && (!isKey(driver) || driver == "srv") {
			return -1
		}
		return len(scheme) + len("://")
	}
}

// isSQLAlchemy reports whether the scheme in front of start is SQLAlchemy's.
func isSQLAlchemy(s string, start int) bool { return strings.Contains(s[:start], "+") }

// odbcConnect is the grammar of SQLAlchemy's URLs that hold a whole ODBC string: mssql+pyodbc:///?odbc_connect=...
func odbcConnect(start func(string) int, rules ruleSet) grammar {
	const key = "odbc_connect="
	find := func(s string) int {
		i := strings.Index(s, key)
		if n := start(s); n < 0 || !isSQLAlchemy(s, n) || i < n || s[i-1] != '?' && s[i-1] != '&' {
			return -1
		}
		return i + len(key)
	}
	return grammar{DialectODBC, find, splitEncodedODBC, rules, dropForeign}
}

// splitEncodedODBC gives all pairs the position of the parameter.
func splitEncodedODBC(s string, start int) ([]pair, error) {
	raw, _, _ := strings.Cut(s[start:], "&")
	value, wrong := decodeForm(raw)
	if wrong != "" {
		return nil, syntaxError(start, wrong)
	}
	pairs, err := splitODBC(value, 0)
	if e, ok := errors.AsType[*ParseError](err); ok {
		e.Pos = start
		return nil, e
	}
	for i := range pairs {
		pairs[i].keyPos, pairs[i].pos = start, start
	}
	return pairs, nil
}

// php is a grammar's start for the data source names of PHP's PDO, such as pgsql:host=h;dbname=d.
func php(rules ruleSet, prefixes ...string) func(string) int {
	return func(s string) int {
		n := schemeLength(s, prefixes...)
		if key, _, ok := strings.Cut(s[n:], "="); n == 0 || !ok || !isShared(key) && !rules.has(key) {
			return -1
		}
		return n
	}
}
