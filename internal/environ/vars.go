package environ

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

// Vars is an environment, indexed once, in which names are found without regard to case. Blanks at the end of
// names and values do not count: pages that people copy settings from print them. A variable that is then empty
// is not set. Of a name in several spellings the one asked for is taken, else upper case, else the first.
type Vars struct {
	list   []variable     // one for each name, in the environment's order
	index  map[string]int // of list, by folded name
	others []variable     // the other spellings; rarely any

	used *[]string // see Used
}

// variable is one set variable. Its value may be a secret.
type variable struct {
	name   string // as spelled, without blanks at the end
	folded string // in upper case
	value  string
}

// own is the process's environment as it was indexed last.
var own atomic.Pointer[indexed]

type indexed struct {
	environ []string
	vars    Vars // whose list of those used is nobody's
}

// Own indexes the process's environment, again only if it has changed.
func Own() Vars {
	environ := os.Environ()
	last := own.Load()
	if last == nil || !slices.Equal(last.environ, environ) {
		last = &indexed{environ, NewVars(environ)}
		own.Store(last)
	}
	v := last.vars
	v.used = new([]string)
	return v
}

// blanks are cut off the end of names and values: editors and shells leave line ends there.
const blanks = " \t\r\n"

// NewVars indexes an environment in the form of [os.Environ].
func NewVars(environ []string) Vars {
	v := Vars{list: make([]variable, 0, len(environ)), index: make(map[string]int, len(environ)), used: new([]string)}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		name, value = strings.TrimRight(name, blanks), strings.TrimRight(value, blanks)
		if name != "" && strings.TrimLeft(value, blanks) != "" {
			v.add(variable{name: name, folded: strings.ToUpper(name), value: value})
		}
	}
	return v
}

func (v *Vars) add(e variable) {
	i, known := v.index[e.folded]
	if !known {
		v.index[e.folded] = len(v.list)
		v.list = append(v.list, e)
		return
	}
	if first := v.list[i]; first.name != first.folded && e.name == e.folded {
		v.list[i], e = e, first
	}
	v.others = append(v.others, e)
}

// Get returns the value of an ambient variable; ok is false if it is not set or blank. Ask only for what
// counts: it is noted as used.
func (v Vars) Get(name string) (value string, ok bool) {
	e, ok := v.find(name)
	if ok && !slices.Contains(*v.used, e.name) {
		*v.used = append(*v.used, e.name)
	}
	return e.value, ok
}

// Has reports whether a variable is set, without noting it as used.
func (v Vars) Has(name string) bool {
	_, ok := v.find(name)
	return ok
}

// CheckUsed returns an error if the value of a used variable is in quotation marks as a whole, or a placeholder.
func (v Vars) CheckUsed() error {
	for _, name := range *v.used {
		e, _ := v.find(name)
		_, err := dsn.FromSettings(dsn.PostgreSQL, []dsn.Setting{{Key: "client_secret", Value: e.value}})
		if parse, ok := errors.AsType[*dsn.ParseError](err); ok {
			return &passwordless.SetupError{Variable: e.name, Err: parse.Unwrap()}
		}
	}
	return nil
}

// Used returns the names of the ambient variables that [Vars.Get] has returned so far.
func (v Vars) Used() []string { return *v.used }

func (v Vars) find(name string) (variable, bool) {
	folded := strings.ToUpper(strings.TrimRight(name, blanks))
	i, ok := v.index[folded]
	if !ok {
		return variable{}, false
	}
	if other := slices.IndexFunc(v.others, func(e variable) bool { return e.name == name }); other >= 0 && v.list[i].name != name {
		return v.others[other], true
	}
	return v.list[i], true
}

// duplicates returns the other spellings of e's name that have another value.
func (v Vars) duplicates(e variable) []string {
	var names []string
	for _, o := range append([]variable{v.list[v.index[e.folded]]}, v.others...) {
		if o.folded == e.folded && o.value != e.value {
			names = append(names, o.name)
		}
	}
	return names
}
