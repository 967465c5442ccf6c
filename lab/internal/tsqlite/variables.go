package tsqlite

import (
	"strings"
	"unicode/utf8"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// assign runs DECLARE @x int = 1, @y bit and SET @x = 2.
func (s *session) assign(declare bool, words []sqlite.Token) error {
	for _, part := range commas(words) {
		if len(part) < 2 || part[0].Kind != sqlite.Parameter {
			return incorrectSyntax(part)
		}
		name, equals := strings.ToLower(part[0].Text), topLevelSymbol(part, "=")
		if declare {
			declared := part[1:]
			if equals > 0 {
				declared = part[1:equals]
			}
			if len(declared) > 0 && declared[0].Is("as") {
				declared = declared[1:]
			}
			kind, err := tsqlType(declared)
			if err != nil {
				return serverError(2715, "Cannot find data type %s.", joined(declared))
			}
			s.environment.variables[name] = &tsqlVariable{kind: kind}
		}
		if equals < 0 && declare {
			continue
		}
		if equals < 0 || equals+1 == len(part) {
			return incorrectSyntax(part)
		}
		value, err := s.evaluate(part[equals+1:])
		if err != nil {
			return err
		}
		if err := s.give(name, value); err != nil {
			return err
		}
	}
	s.client.Done(-1)
	return nil
}

// topLevelSymbol is the index of the first such symbol outside parentheses, or -1.
func topLevelSymbol(words []sqlite.Token, symbol string) int {
	for i := 0; i < len(words); i++ {
		switch words[i].Text {
		case symbol:
			return i
		case "(":
			i = closing(words, i)
		}
	}
	return -1
}

// give sets a variable, whose type the value takes.
func (s *session) give(name string, value any) error {
	v := s.environment.variables[name]
	if v == nil {
		return serverError(137, "Must declare the scalar variable \"%s\".", name)
	}
	fitting, err := serverValue(value, v.kind)
	if err != nil {
		return serverError(8114, "Error converting a value to data type %v.", v.kind)
	}
	if text, ok := fitting.(string); ok && v.kind.Size > 0 && utf8.RuneCountInString(text) > v.kind.Size {
		fitting = string([]rune(text)[:v.kind.Size]) // without an error, as SQL Server does
	}
	v.value = sqliteValue(fitting, v.kind)
	return nil
}

// assignRow gives the variables of SELECT @x = a, @y = b the values of the last row; without rows they keep theirs.
func (s *session) assignRow(names []string, rows [][]any) error {
	if len(rows) > 0 {
		for i, name := range names {
			if err := s.give(name, rows[len(rows)-1][i]); err != nil {
				return err
			}
		}
	}
	s.done(int64(len(rows)))
	return nil
}
