package tsqlite

import (
	"database/sql"
	"strings"
	"unicode/utf8"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// assign runs DECLARE @x int = 1, @y bit and SET @x = 2.
func (s *session) assign(declare bool, words []sqlite.Token) error {
	for _, part := range commas(words) {
		if len(part) < 2 || part[0].Kind != sqlite.Parameter {
			return incorrectSyntax(part)
		}
		name, equals := strings.ToLower(part[0].Text), upTo(part, "=")
		if declare {
			kind, err := tsqlType(part[1:equals])
			if err != nil {
				return serverError(2715, "Cannot find data type %s.", joined(part[1:equals]))
			}
			s.environment.variables[name] = &tsqlVariable{kind: kind}
			if equals == len(part) {
				continue
			}
		}
		if equals+1 >= len(part) {
			return incorrectSyntax(part)
		}
		value, err := s.evaluate(part[equals+1:])
		if err == nil {
			err = s.give(name, value[0])
		}
		if err != nil {
			return err
		}
	}
	return s.end(nil)
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

// returnValues sends the output parameters.
func (s *session) returnValues(parameters []tds.Parameter) error {
	for _, p := range parameters {
		if !p.Output {
			continue
		}
		value, err := serverValue(s.environment.variables[strings.ToLower(p.Name)].value, p.Type)
		if err == nil {
			err = s.client.ReturnValue(p, value)
		}
		if err != nil {
			return serverError(8114, "Error converting the value of %s to data type %v.", p.Name, p.Type)
		}
	}
	return nil
}

// evaluate returns the values of expressions with commas between them.
func (s *session) evaluate(expressions []sqlite.Token) ([]any, error) {
	e := &s.environment
	query := "select " + joined(e.rewrite(e.plainNames(expressions)))
	_, rows, err := sqlite.Fetch(s.ctx, s.sqlite, query, s.arguments(), 1)
	if err == nil && len(rows) == 0 {
		err = incorrectSyntax(expressions)
	}
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// arguments are the variables as SQLite takes them.
func (s *session) arguments() []any {
	var out []any
	for name, v := range s.environment.variables {
		out = append(out, sql.Named(strings.TrimPrefix(name, "@"), v.value))
	}
	return out
}
