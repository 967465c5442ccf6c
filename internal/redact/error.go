package redact

import (
	"fmt"
	"strconv"
	"strings"
)

// Error is a driver's error of a login at one server, whose text quotes nothing of the login.
type Error struct {
	server string // host:port
	text   string
	err    func() error // not a field that holds it: printers that call no methods would follow that
}

// NewError returns err, of a login at server, with its own text in one line. Secret is taken
// out of it if a server has answered, and so had a chance to quote it.
func NewError(server string, err error, text, secret string, answered bool) *Error {
	if !answered {
		secret = ""
	}
	const most = 2000 // the login's error is not printed in pages
	return &Error{server, clip(Scrub(OneLine(text), secret), most), func() error { return err }}
}

// Error returns the text.
func (e *Error) Error() string { return e.text }

// Redacted reports whether something was taken out of the text.
func (e *Error) Redacted() bool { return strings.Contains(e.text, stars) }

// Format writes the text for every verb, of which some would print what a server may have quoted.
func (e *Error) Format(f fmt.State, verb rune) { Format(f, verb, e.text) }

// MarshalText returns the text.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.text), nil }

// Unwrap returns the driver's error.
func (e *Error) Unwrap() error {
	if e.err == nil {
		return nil
	}
	return e.err()
}

// Errors are those of one login at several servers, in their order; at least one.
type Errors []*Error

// Error names the servers, unless there is only one: the login's error names that.
func (s Errors) Error() string {
	if len(s) == 1 {
		return s[0].text
	}
	texts := make([]string, len(s))
	for i, e := range s {
		texts[i] = e.server + ": " + e.text
	}
	return strings.Join(texts, "; ")
}

// Format writes the text for every verb.
func (s Errors) Format(f fmt.State, verb rune) { Format(f, verb, s.Error()) }

// MarshalText returns the text.
func (s Errors) MarshalText() ([]byte, error) { return []byte(s.Error()), nil }

// Unwrap returns the errors.
func (s Errors) Unwrap() []error {
	errs := make([]error, len(s))
	for i, e := range s {
		errs[i] = e
	}
	return errs
}

// Format writes an error's text as fmt writes a string, quoted for "%#v". For verbs that are not those of
// strings fmt would print the error's fields: they write the text, too.
func Format(f fmt.State, verb rune, text string) {
	switch verb {
	case 'q', 'x', 'X':
	case 'v':
		if f.Flag('#') {
			text = strconv.Quote(text)
		}
		verb = 's'
	default:
		verb = 's'
	}
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), text)
}
