package dsn

import (
	"errors"
	"fmt"
)

// ParseError says where a connection string or a setting is wrong. Its text, and
// that of Err, names keys and positions and never a part of a value: in a
// malformed string a piece of a password can stand anywhere.
type ParseError struct {
	// Key is the canonical name of the key concerned ("port"), or a dialect's own
	// key as written ("Timeout"), or for [FromSettings] and [Config.With] the
	// setting's name. It is empty when the key is not one this package knows.
	Key string

	// Pos is the byte offset in the string given to [Parse], counted from 0; -1
	// when the input was not one string.
	Pos int

	// Err is the cause.
	Err error
}

// Error returns one line such as "dsn: port: not a port number (at byte 12)".
func (e *ParseError) Error() string {
	s := "dsn: "
	if e.Key != "" {
		s += e.Key + ": "
	}
	s += e.Err.Error()
	if e.Pos >= 0 {
		s += fmt.Sprintf(" (at byte %d)", e.Pos)
	}
	return s
}

// Unwrap returns Err.
func (e *ParseError) Unwrap() error { return e.Err }

// at returns a ParseError without a key, for a fault in the syntax.
func at(pos int, text string) *ParseError {
	return &ParseError{Pos: pos, Err: errors.New(text)}
}
