package tsqlite

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// print runs PRINT text.
func (s *session) print(words []sqlite.Token) error {
	text, err := s.evaluate(words)
	if err == nil {
		s.client.Info(&sqlservertest.Error{State: 1, Message: fmt.Sprint(text), Line: 1})
	}
	return err
}

// raise runs RAISERROR(message, severity, state, arguments ...), of which %s and %d are understood. Up to severity 10
// it is not an error. The batch goes on in any case.
func (s *session) raise(words []sqlite.Token) error {
	if len(words) == 0 || words[0].Text != "(" {
		return incorrectSyntax(words)
	}
	values, err := s.values(commas(words[1:closing(words, 0)]))
	if err != nil {
		return err
	}
	if len(values) < 3 {
		return incorrectSyntax(words)
	}
	e := &sqlservertest.Error{Number: 50000, Message: fmt.Sprint(values[0]), Class: small(values[1]), State: small(values[2]), Line: 1}
	if number, ok := values[0].(int64); ok {
		e.Number, e.Message = int32(number), fmt.Sprintf("Error %d, severity %d, state %d was raised.", number, e.Class, e.State)
	}
	for _, argument := range values[3:] {
		at := strings.IndexByte(e.Message, '%')
		if at < 0 || at+2 > len(e.Message) {
			break
		}
		e.Message = e.Message[:at] + fmt.Sprint(argument) + e.Message[at+2:]
	}
	if e.Class <= 10 {
		s.client.Info(e)
		return nil
	}
	s.client.Error(e)
	s.client.Done(-1)
	s.environment.lastError = e.Number
	return nil
}

// throw runs THROW number, message, state, which ends the batch.
func (s *session) throw(words []sqlite.Token) error {
	values, err := s.values(commas(words))
	if err != nil {
		return err
	}
	number, ok := int64(0), false
	if len(values) == 3 {
		number, ok = values[0].(int64)
	}
	if !ok || number < 50000 || number > math.MaxInt32 {
		return incorrectSyntax(words)
	}
	return &sqlservertest.Error{Number: int32(number), Message: fmt.Sprint(values[1]), Class: 16, State: small(values[2]), Line: 1}
}

// small is a number of 0 to 255.
func small(v any) uint8 {
	n, _ := v.(int64)
	return uint8(min(max(n, 0), math.MaxUint8))
}

func (s *session) values(expressions [][]sqlite.Token) ([]any, error) {
	var out []any
	for _, x := range expressions {
		v, err := s.evaluate(x)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// wait runs WAITFOR DELAY 'hh:mm:ss.mmm', until the client cancels.
func (s *session) wait(words []sqlite.Token) error {
	if len(words) != 2 || !words[0].Is("delay") {
		return unavailable("waitfor without delay")
	}
	value, err := s.evaluate(words[1:])
	if err != nil {
		return err
	}
	until, err := time.Parse("15:04:05.999", fmt.Sprint(value))
	if err != nil {
		return serverError(148, "Incorrect time syntax in time string '%v' used with WAITFOR.", value)
	}
	timer := time.NewTimer(until.Sub(until.Truncate(24 * time.Hour)))
	defer timer.Stop()
	select {
	case <-timer.C:
		s.client.Done(-1)
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// use runs USE name.
func (s *session) use(words []sqlite.Token) error {
	if len(words) != 1 {
		return incorrectSyntax(words)
	}
	name := unquoted(words[0])
	if !strings.EqualFold(name, s.server.database) && !strings.EqualFold(name, "master") {
		return serverError(911, "Database '%s' does not exist. Make sure that the name is entered correctly.", name)
	}
	s.client.DatabaseChanged(name)
	s.client.Done(-1)
	return nil
}

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
