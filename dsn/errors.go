package dsn

import (
	"errors"
	"fmt"
)

// ParseError says where a connection string or a setting is wrong. Its text, and
// that of its cause, names keys and positions and never a part of a value: in a
// malformed string a piece of a password can stand anywhere.
type ParseError struct {
	// Key is the key's canonical name ("port"), or a dialect's own key as written
	// ("Timeout"), or the setting's name; empty if this package does not know the key.
	Key string

	// Pos is the byte offset in the string given to [Parse]; -1 if there was no string.
	Pos int

	err error
}

// Error returns one line such as "dsn: port: not a port number (at byte 12)".
func (e *ParseError) Error() string {
	s := "dsn: "
	if e.Key != "" {
		s += e.Key + ": "
	}
	s += e.err.Error()
	if e.Pos >= 0 {
		s += fmt.Sprintf(" (at byte %d)", e.Pos)
	}
	return s
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.err }

func syntaxError(pos int, text string) *ParseError {
	return &ParseError{Pos: pos, err: errors.New(text)}
}

func errNotKey(p pair) *ParseError {
	return syntaxError(p.keyPos, "not a key (quote or escape values that hold blanks or separators)")
}

// valueError returns an error at the pair's value; it names the key if it is known.
func (p pair) valueError(text string) *ParseError {
	err := syntaxError(p.pos, text)
	if f, ok := synonyms[fold(p.key)]; ok {
		err.Key = f.String()
	}
	return err
}

// keyError returns an error at the pair's value; it names the key, or the setting.
func (p pair) keyError(key string, err error) *ParseError {
	if p.pos < 0 {
		key = p.key
	}
	return &ParseError{Key: key, Pos: p.pos, err: err}
}
