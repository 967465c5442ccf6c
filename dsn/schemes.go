package dsn

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// scheme is a grammar's start for URLs of these names, in any case. SQLAlchemy's postgresql+psycopg:// and the like
// count; mysql+srv:// of MySQL Shell asks DNS for the server.
func scheme(names ...string) func(string) int {
	return func(s string) int {
		scheme, _, ok := strings.Cut(s, "://")
		name, driver, plus := strings.Cut(strings.ToLower(scheme), "+")
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

var (
	errQuoted = errors.New("the whole value is in quotation marks, which docker --env-file and kubectl --from-env-file do not take off: remove them")

	errPlaceholder = errors.New("a placeholder that was not replaced: put the value in its place")
)

// isQuoted reports whether quotation marks surround s.
func isQuoted(s string) bool {
	for _, marks := range [...]string{`"`, "'", "`"} {
		if len(s) > 1 && strings.HasPrefix(s, marks) && strings.HasSuffix(s, marks) {
			return true
		}
	}
	return strings.HasPrefix(s, "“") && strings.HasSuffix(s, "”") || strings.HasPrefix(s, "‘") && strings.HasSuffix(s, "’")
}

// placeholders are what a page or a template has in a value's place: ${USER}, $(USER), <user>, {your_password}, %USER%.
var (
	placeholder  = regexp.MustCompile(`^(?:\$\{\w[^{}]*\}|\$\(\w+\)|<[A-Za-z][^<>]*>|\{\{?[A-Za-z][A-Za-z_. -]*\}?\}|%[A-Za-z_]+%)$`)
	placeholders = regexp.MustCompile(`\$\{[A-Za-z]\w{2,}[^{}]*\}|\$\([A-Za-z]\w{2,}\)|<[A-Za-z]{3}[A-Za-z_. -]*>|\{[A-Za-z]{3}[A-Za-z_. -]*\}`)
)

// isPlaceholder reports whether a value is a placeholder, or has one within, unless it is a secret, which may hold anything.
func isPlaceholder(value string, secret bool) bool {
	if strings.ContainsAny(value, "<{(%") && (placeholder.MatchString(value) || !secret && placeholders.MatchString(value)) {
		return true
	}
	switch strings.ToLower(value) {
	case "your_password", "your_password_here", "your_username", "your_username_here":
		return true // in braces, which ODBC and SQL Server's JDBC take off
	}
	return false
}
