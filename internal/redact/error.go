package redact

import (
	"strconv"
	"strings"
)

// Error is a driver's error of a login at one server, which prints as a text in
// which nothing of the login is quoted.
type Error struct {
	server string // host:port
	text   string
	err    error
}

// NewError returns err, of a login at server, with its own text. Secret is
// taken out of the text; "" if no server has had a chance to quote it.
func NewError(server string, err error, text, secret string) *Error {
	if secret != "" {
		text = strings.ReplaceAll(text, secret, mask)
	}
	return &Error{server, text, err}
}

// Error returns the text.
func (e *Error) Error() string { return e.text }

// GoString returns the text too: "%#v" would print the driver's error, and with it
// what a server may have quoted.
func (e *Error) GoString() string { return strconv.Quote(e.text) }

// Unwrap returns the driver's error.
func (e *Error) Unwrap() error { return e.err }

// Errors are those of one login at several servers, in the order of the servers;
// at least one.
type Errors []*Error

// Error names the servers, unless there is only one: whoever reports the login
// names that.
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

// GoString returns the text, as [Error.GoString] does.
func (s Errors) GoString() string { return strconv.Quote(s.Error()) }

// Unwrap returns the errors.
func (s Errors) Unwrap() []error {
	errs := make([]error, len(s))
	for i, e := range s {
		errs[i] = e
	}
	return errs
}
