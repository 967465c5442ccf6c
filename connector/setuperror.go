package connector

import (
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// SetupError is a fault in how a connection is set up: a variable, a key of the
// connection string or an option that is missing, contradictory or not allowed.
// It is returned before anything is sent anywhere, and trying again without
// changing the setup gives the same error. It never holds a value.
type SetupError struct {
	// Variable is the environment variable or the connection string's key at
	// fault, in the reader's own spelling. Empty if there is no single one.
	Variable string

	// Anchor is the heading of TROUBLESHOOTING.md that tells more, such as
	// "no-connection-settings". Empty if there is none.
	Anchor string

	// Err says what is wrong and what to do about it; never nil. It is a
	// [*dsn.ParseError] where a connection string or a setting is malformed.
	Err error
}

// Error returns one line: the variable, what is wrong, and where to read on.
func (e *SetupError) Error() string {
	text := "connector: "
	if e.Variable != "" {
		text += e.Variable + ": "
	}
	cause := e.Err.Error()
	if _, ok := e.Err.(*dsn.ParseError); ok {
		cause = strings.TrimPrefix(cause, "dsn: ")
	}
	text += cause
	return text + see(e.Anchor)
}

// guide is where errors refer to: a whole URL, for who reads a log.
const guide = "https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md"

// see returns the end of an error's text that refers to a section of the guide.
func see(anchor string) string {
	if anchor == "" {
		return ""
	}
	return " (see " + guide + "#" + anchor + ")"
}

// Unwrap returns the cause.
func (e *SetupError) Unwrap() error { return e.Err }
