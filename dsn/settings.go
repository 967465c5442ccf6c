package dsn

import (
	"errors"
	"fmt"
	"io"
)

// Setting is one named value, such as {"HOST", "db.example.com"}. It prints without the
// value, which may be a password.
type Setting struct{ Key, Value string }

// Format writes the key, and "***" for the value, for every verb and flag.
func (s Setting) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Key+"=***") }

// FromSettings builds a Config from separate settings, such as the variables
// AZURE_POSTGRESQL_HOST and AZURE_POSTGRESQL_USER without their prefix. Keys are those
// that all connection strings share, and NAME for the database, as Service Connector
// writes for Django. A host may carry its port ("h:5433", "h,1433").
//
// Empty values are ignored, blanks around all but secrets too, and if a key is repeated
// the last one counts. The dialect of the result is [DialectSettings] and Params is empty.
// An unknown key or a bad value is a [*ParseError].
func FromSettings(engine Engine, settings []Setting) (Config, error) {
	return Config{Engine: engine, Dialect: DialectSettings}.With(settings...)
}

// With returns a copy of c with the settings applied on top, by the rules of
// [FromSettings]. A new host replaces all hosts and their ports; a port without a host is
// given to all hosts there are, and is an error if there is none.
func (c Config) With(settings ...Setting) (Config, error) {
	known, err := rulesOf(c.Engine)
	if err != nil {
		return Config{}, err
	}
	b := builder{rules: known, config: c.Clone()}
	for _, s := range settings {
		p := pair{key: s.Key, value: s.Value, keyPos: -1, pos: -1}
		if trimBlanks(p.value) == "" {
			continue
		}
		f := synonyms[fold(s.Key)]
		if fold(s.Key) == "name" { // in a connection string it could be a server's parameter
			f = fieldDatabase
		}
		if f == 0 {
			return Config{}, p.keyError("", errors.New("unknown setting"))
		}
		if fields[f].secret == nil {
			p.value = trimBlanks(p.value)
		}
		if hasControlCharacter(p.value) {
			return Config{}, p.keyError("", errors.New(controlCharacter))
		}
		if isQuoted(trimBlanks(p.value)) {
			return Config{}, p.keyError("", errQuoted)
		}
		if err := b.set(f, p); err != nil {
			return Config{}, err
		}
	}
	return b.build()
}
