package dsn

import (
	"errors"
	"fmt"
	"io"
)

// Setting is one named value, such as {"HOST", "db.example.com"}. Since any may
// be a password, all print without their value.
type Setting struct{ Key, Value string }

// Format writes the key, and "***" for the value, for every verb and flag.
func (s Setting) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Key+"=***") }

// FromSettings builds a Config from separate settings, such as the variables
// AZURE_POSTGRESQL_HOST and AZURE_POSTGRESQL_USER without their prefix. Keys are
// those of connection strings, in any case and in every spelling of the package
// comment's table, and in addition NAME for the database, as Service Connector
// writes for Django. A host may carry its port ("h:5433", "h,1433").
//
// Empty values are ignored, blanks around all but secrets too, and of a repeated
// key the last counts. The dialect of the result is [DialectSettings] and Params
// is empty. An unknown key or a bad value is a [*ParseError] with the setting's
// name as Key and a Pos of -1.
func FromSettings(engine Engine, settings []Setting) (Config, error) {
	return Config{Engine: engine, Dialect: DialectSettings}.With(settings...)
}

// With returns a copy of c with the settings applied on top, by the rules of
// [FromSettings]. A new host replaces all hosts and their ports; a port without
// a host is given to all hosts there are, and is an error if there is none. The
// receiver is not changed.
func (c Config) With(settings ...Setting) (Config, error) {
	known, err := rulesOf(c.Engine)
	if err != nil {
		return Config{}, err
	}
	b := builder{engine: c.Engine, rules: known, config: c.Clone()}
	for _, s := range settings {
		p := pair{key: s.Key, value: s.Value, keyPos: -1, pos: -1}
		if trimBlanks(p.value) == "" {
			continue
		}
		f, ok := settingField(s.Key)
		if !ok {
			return Config{}, p.fault("", errors.New("unknown setting"))
		}
		if f != fieldPassword && f != fieldClientSecret && f != fieldCertificatePassword {
			p.value = trimBlanks(p.value)
		}
		if controlCharacter(p.value) >= 0 {
			return Config{}, p.fault("", errors.New("a control character in a value"))
		}
		if err := b.set(f, p); err != nil {
			return Config{}, err
		}
	}
	return b.build()
}

// settingField knows one word more than connection strings: there, "name" could
// be anybody's parameter.
func settingField(key string) (field, bool) {
	folded := fold(key)
	if folded == "name" {
		return fieldDatabase, true
	}
	f, ok := synonyms[folded]
	return f, ok
}
