package dsn

import (
	"errors"
	"regexp"
	"strings"
)

// Texts that are no connection string but were copied with one, or that a page, a shell or a template left in it.
var (
	errQuoted      = errors.New("the whole value is in quotation marks, which docker --env-file and kubectl --from-env-file do not take off: remove them")
	errPlaceholder = errors.New("a placeholder that was not replaced: put the value in its place")
	errAssignment  = errors.New(`a variable's name is in front of the connection string: remove it and its "="`)
	errEntity      = errors.New("a string of Entity Framework: give the connection string in its provider connection string")
	errEscapes     = errors.New(`XML escapes: write " for &quot; and & for &amp;`)
)

// mistake returns what is wrong with a whole text, and where; nil if nothing is.
func mistake(text, want string) *ParseError {
	switch {
	case isQuoted(text):
		return &ParseError{err: errQuoted}
	case strings.HasPrefix(text, "@Microsoft."):
		return syntaxError(0, "a Key Vault or App Configuration reference that was not resolved")
	case command.MatchString(text):
		return syntaxError(0, "a command, not a connection string: write what it connects to as "+want)
	}
	if m := assignment.FindStringSubmatch(text); m != nil && !isShared(m[1]) {
		return &ParseError{err: errAssignment}
	}
	if i := strings.Index(text, "&quot;"); i >= 0 {
		return &ParseError{Pos: i, err: errEscapes}
	}
	if i := strings.Index(text, "&amp;"); i >= 0 && isURL(text) {
		return &ParseError{Pos: i, err: errEscapes}
	}
	return nil
}

var (
	command    = regexp.MustCompile(`^(?:\$ )?(?:psql|mysql|mysqlsh|mariadb|sqlcmd|usql|az|docker|kubectl)[ \t]+[^\s=]`)
	assignment = regexp.MustCompile(`^(?:export[ \t]+|\$env:)?([A-Za-z_]\w*)[ \t]*=[ \t]*["']?(?:(?:r2dbc:)?(?:postgres|mysql|mariadb|mssql|sqlserver)[a-z0-9+]*://|jdbc:|(?i:server|host|data source|driver)[ \t]*=)`)
)

// isQuoted reports whether quotation marks surround s.
func isQuoted(s string) bool {
	for _, marks := range [...]string{`"`, "'", "`", `\"`, `\'`} { // the last two are JSON's and a shell's
		if len(s) >= 2*len(marks) && strings.HasPrefix(s, marks) && strings.HasSuffix(s, marks) {
			return true
		}
	}
	return strings.HasPrefix(s, "“") && strings.HasSuffix(s, "”") || strings.HasPrefix(s, "‘") && strings.HasSuffix(s, "’")
}

// placeholders are what a page or a template has in a value's place: ${USER}, $(USER), <user>, {your_password}, %USER%,
// {{ .Values.user }}. Those of named, with what templates write for a missing value, are only looked for in what is no
// secret.
var (
	placeholder  = regexp.MustCompile(`^(?:\$\{\w[^{}]*\}|\$\(\w+\)|<[A-Za-z][^<>]*>|\{\{?[A-Za-z][A-Za-z_. -]*\}?\}|%[A-Za-z_]+%|` + template + `)$`)
	placeholders = regexp.MustCompile(`\$\{[A-Za-z]\w{2,}[^{}]*\}|\$\([A-Za-z]\w{2,}\)|<[A-Za-z]{3}[A-Za-z_. -]*>|\{[A-Za-z]{3}[A-Za-z_. -]*\}|` + template)
	named        = regexp.MustCompile(`^(?:\[[A-Za-z][A-Za-z_. -]*\]|\$[A-Z][A-Z0-9_]+|__\w+__|@@\w+@@|#\{[\w.]+\}#?|null|undefined)$`)
	your         = regexp.MustCompile(`(?i)^your[ _-]?(?:user|user[ _-]?name|password|database|server)(?:[ _-]?(?:name|here))*$`)

	templates = regexp.MustCompile(template)
)

// template is a value of Helm, GitHub Actions, Jinja and the like.
const template = `\$?\{\{\s*[.$A-Za-z][^{}]*\}\}`

// isPlaceholder reports whether a value is a placeholder, or has one within, unless it is a secret, which may hold anything.
func isPlaceholder(value string, secret bool) bool {
	if (strings.ContainsAny(value, "<{(%[$_@#") || value == "null" || value == "undefined") && (placeholder.MatchString(value) || !secret && (named.MatchString(value) || placeholders.MatchString(value))) {
		return true
	}
	if len(value) < 3 {
		return false
	}
	masked := strings.Trim(value, "*") == ""
	return masked || (value[0] == 'y' || value[0] == 'Y') && your.MatchString(value) // in braces, which ODBC and SQL Server's JDBC take off
}

// becausePlaceholder says that a text could not be cut because of a template's placeholder, which has blanks.
func becausePlaceholder(text string, err error) error {
	if at := templates.FindStringIndex(text); at != nil {
		return &ParseError{Pos: at[0], err: errPlaceholder}
	}
	return err
}
