// Package advice says what to do about errors. A [Table] leads from the codes and
// texts of a server's answers, and from errors on this side of the connection, to
// a hint and a section of TROUBLESHOOTING.md, whose index is made of the tables.
package advice

import (
	"errors"
	"slices"
	"strings"
)

// Guide is the page whose sections anchors name: an absolute URL, for the readers of logs.
const Guide = "https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#"

// Advice is what to do about an error.
type Advice struct {
	Hint   string // one clause
	Anchor string // section of TROUBLESHOOTING.md
}

// Login is a kind of login.
type Login uint8

// The kinds of login that a [Rule] may be about.
const (
	AnyLogin Login = iota
	WithToken
	WithPassword
)

// Rule is about one error, or several that mean the same. Everything it names must match; alternatives in Codes and
// in Text are separated by "|". A server error rule has Codes or Text, a client error rule Text, Err or Is.
type Rule struct {
	Codes string           // codes of a server's error
	Text  string           // parts of the message; case does not matter
	Err   error            // in the error's tree
	Is    func(error) bool // recognises the error
	Says  string           // what the error says, where neither Text nor Err does; for the index
	Login Login            // the logins that the rule is about

	Hint   string // see [Advice]
	Anchor string

	Expired   bool   // the token has expired: a new one may help at once
	Temporary bool   // trying again without changing anything can help
	Elsewhere bool   // another server of the connection may accept the login
	Known     string // the hint for an identity that has logged in before: the error then is Temporary
}

func (r Rule) matchesText(message string) bool {
	if r.Text == "" {
		return true
	}
	message = strings.ToLower(message)
	return slices.ContainsFunc(strings.Split(strings.ToLower(r.Text), "|"), func(text string) bool { return strings.Contains(message, text) })
}

// matchesAnswer reports whether a server error rule is about the answer to such a login.
func (r Rule) matchesAnswer(a Answer, token bool) bool {
	return (r.Login == AnyLogin || (r.Login == WithToken) == token) &&
		(r.Codes == "" || slices.Contains(strings.Split(r.Codes, "|"), a.Code)) &&
		r.matchesText(a.Message)
}

func (r Rule) matchesError(err error) bool {
	return err != nil && (r.Err == nil || errors.Is(err, r.Err)) && (r.Is == nil || r.Is(err)) && r.matchesText(err.Error())
}

// Is reports whether err's tree holds an error of type E; for [Rule.Is].
func Is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
