package dsn

import (
	"errors"
	"slices"
	"strings"
)

// This file reads session variables of the server. The driver sets them with a
// statement of its own, in which their values stand as they are: as expressions.

// passVariable takes one from a data source name.
func passVariable(b *builder, p pair) error {
	if err := noPassword(p.value); err != nil {
		return &ParseError{Pos: p.pos, Err: err}
	}
	return passParameter(b, p)
}

// sessionVariables takes them from Connector/J's list "a=1,b='x'", in which
// semicolons may stand for the commas.
func sessionVariables(b *builder, p pair) error {
	b.known++
	for _, assignment := range cutVariables(p.value) {
		name, value, ok := strings.Cut(assignment, "=")
		name, value = trimBlanks(name), trimBlanks(value)
		folded := fold(name)
		_, native := mySQLNativeRules[folded]
		_, never := neverPassed[folded]
		if !ok || !isParameter(name) || native || never {
			return p.fault(p.key, errors.New("want names and values of session variables, such as sql_mode='ANSI',time_zone='+00:00'"))
		}
		if err := noPassword(value); err != nil {
			return p.fault(p.key, err)
		}
		b.param(name, value)
	}
	return nil
}

// cutVariables cuts at the commas and semicolons that stand in no quotes and in
// no parentheses.
func cutVariables(s string) []string {
	var list []string
	var quote byte
	start, depth := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case (c == ',' || c == ';') && depth <= 0:
			list = append(list, s[start:i])
			start = i + 1
		}
	}
	list = append(list, s[start:])
	return slices.DeleteFunc(list, func(a string) bool { return trimBlanks(a) == "" })
}
