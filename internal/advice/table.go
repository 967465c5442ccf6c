package advice

import "slices"

// Answer is one error that a server sent.
type Answer struct {
	Code    string
	Message string
	Refused bool // the server refused the login itself, which another token might change
}

// All returns the errors of type E in err's tree, in order, for [Table.Answers].
func All[E error](err error) []E {
	switch e := err.(type) {
	case E:
		return []E{e}
	case interface{ Unwrap() error }:
		return All[E](e.Unwrap())
	case interface{ Unwrap() []error }:
		var all []E
		for _, one := range e.Unwrap() {
			all = append(all, All[E](one)...)
		}
		return all
	}
	return nil
}

// Table holds the rules for one kind of server, the more particular ones first.
type Table struct {
	Name    string               // whose errors they are
	Answers func(error) []Answer // what servers answered, in order
	Server  []Rule               // about answers
	Client  []Rule               // about other errors, before [Network]
}

// Classification is what a failed login means.
type Classification struct {
	Refused   bool   // a server refused the login itself: no error of the network, of TLS or of the caller's context
	Expired   bool   // the server said that the token has expired
	Temporary bool   // trying again without changing anything can help
	Known     string // see [Rule]
	Hint      string // one clause that says what to do; empty if nothing is known
	Anchor    string // the section of TROUBLESHOOTING.md that says more; may be empty
}

var tables []*Table

// Register adds t to [Tables]. It is called while packages are initialised.
func Register(t Table) *Table {
	tables = append(tables, &t)
	return &t
}

// Tables returns all tables of the program, [Network] included.
func Tables() []*Table { return slices.Clone(tables) }

// Find returns the first server error rule that is about one of the answers in err: a server may send several, and
// several servers may have answered. Token is whether the login was with a token.
func (t *Table) Find(err error, token bool) (Rule, Answer, bool) {
	answers := t.Answers(err)
	for _, r := range t.Server {
		for _, a := range answers {
			if r.matchesAnswer(a, token) {
				return r, a, true
			}
		}
	}
	return Rule{}, Answer{}, false
}

// Classify says what the error of a failed login means. A server's answer counts before any other error.
func (t *Table) Classify(err error, token bool) Classification {
	if r, a, ok := t.Find(err, token); ok {
		return Classification{Refused: a.Refused, Expired: r.Expired && a.Refused, Temporary: r.Temporary, Known: r.Known, Hint: r.Hint, Anchor: r.Anchor}
	}
	if slices.ContainsFunc(t.Answers(err), func(a Answer) bool { return a.Refused }) {
		return Classification{Refused: true}
	}
	for _, rules := range [][]Rule{t.Client, Network.Client} {
		if i := slices.IndexFunc(rules, func(r Rule) bool { return r.matchesError(err) }); i >= 0 {
			return Classification{Temporary: rules[i].Temporary, Hint: rules[i].Hint, Anchor: rules[i].Anchor}
		}
	}
	return Classification{}
}

// Advise returns what the table's client error rules say about err.
func (t *Table) Advise(err error) Advice {
	if i := slices.IndexFunc(t.Client, func(r Rule) bool { return r.matchesError(err) }); i >= 0 {
		return Advice{t.Client[i].Hint, t.Client[i].Anchor}
	}
	return Advice{}
}
