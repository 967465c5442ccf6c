// Package redact decides what a text may show: one line, of a bounded length,
// without tokens and secrets.
package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mask stands for what was left out.
const mask = "***"

var jwtPattern = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*)*`)

// Scrub takes out of a text that an issuer or a server wrote what it may have
// echoed: tokens, and the secrets, also as a form or JSON spells them.
func Scrub(text string, secrets ...string) string {
	var spellings []string
	for _, secret := range secrets {
		if secret != "" {
			spellings = append(spellings, secret, OneLine(secret), url.QueryEscape(secret), url.PathEscape(secret))
			spellings = append(spellings, inJSON(secret)...)
		}
	}
	// The longest first: one secret may be the beginning of another.
	slices.SortFunc(spellings, func(a, b string) int { return len(b) - len(a) })
	for _, spelling := range spellings {
		if spelling != "" {
			text = strings.ReplaceAll(text, spelling, mask)
		}
	}
	return jwtPattern.ReplaceAllString(text, mask)
}

// inJSON spells s as JSON does inside its quotes, with and without escapes for HTML.
func inJSON(s string) []string {
	escaped, _ := json.Marshal(s) // a string always can be
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // likewise
	text := strings.TrimSuffix(plain.String(), "\n")
	return []string{string(escaped[1 : len(escaped)-1]), text[1 : len(text)-1]}
}

// OneLine folds the line breaks and indentation in the messages of drivers and azidentity.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Clip cuts what others wrote after 400 characters. Scrub first: what is left of a
// secret that was cut is not found.
func Clip(s string) string {
	const most = 400
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// ReadFile is [os.ReadFile] with errors that do not quote the path: what was
// given in its place may be a private key.
func ReadFile(path string) ([]byte, error) {
	if strings.Contains(path, "-----BEGIN") {
		return nil, errors.New("want the path of a file, not what the file holds")
	}
	data, err := os.ReadFile(path)
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return data, err
}

// Error is a driver's error of a login at one server, whose text quotes nothing of the login.
type Error struct {
	server string // host:port
	text   string
	err    error
}

// NewError returns err, of a login at server, with its own text. Secret is taken
// out of it if a server has answered, and so had a chance to quote it.
func NewError(server string, err error, text, secret string, answered bool) *Error {
	if answered && secret != "" {
		text = strings.ReplaceAll(text, secret, mask)
	}
	return &Error{server, text, err}
}

// Error returns the text.
func (e *Error) Error() string { return e.text }

// GoString returns the text, for "%#v" would print what a server may have quoted.
func (e *Error) GoString() string { return strconv.Quote(e.text) }

// Unwrap returns the driver's error.
func (e *Error) Unwrap() error { return e.err }

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
