package neterr

import (
	"strconv"
	"strings"
)

// Several are the errors of one login at several servers, in the order of the
// servers; at least one.
type Several[E ServerError] []E

// ServerError is an error that belongs to one server.
type ServerError interface {
	error
	Server() string // host:port
}

// Error names the servers, unless there is only one: whoever reports the login
// names that.
func (s Several[E]) Error() string {
	if len(s) == 1 {
		return s[0].Error()
	}
	texts := make([]string, len(s))
	for i, one := range s {
		texts[i] = one.Server() + ": " + one.Error()
	}
	return strings.Join(texts, "; ")
}

// GoString is Error's text too: "%#v" would print the drivers' errors, and with
// them what a server may have quoted of the login.
func (s Several[E]) GoString() string { return strconv.Quote(s.Error()) }

// Unwrap returns the errors.
func (s Several[E]) Unwrap() []error {
	errs := make([]error, len(s))
	for i, one := range s {
		errs[i] = one
	}
	return errs
}
