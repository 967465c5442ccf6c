package dsn

import (
	"errors"
	"maps"
	"strings"
)

// rule takes one pair of a dialect into the builder. Its pair's key is known, so
// an error may name it as it was written.
type rule func(*builder, pair) error

// passParameter takes a key of a native string that is not otherwise known: a
// run-time parameter of the server, under its own name.
func passParameter(b *builder, p pair) error {
	if !isParameter(p.key) {
		return at(p.keyPos, "not a key (quote or escape values that hold blanks or separators)")
	}
	b.param(p.key, p.value)
	return nil
}

// dropForeign takes a key of a foreign string that is not known.
func dropForeign(b *builder, p pair) error {
	b.dropUnknown(p)
	return nil
}

// pass takes a parameter over under the given name.
func pass(name string) rule {
	return func(b *builder, p pair) error {
		b.known++
		b.param(name, p.value)
		return nil
	}
}

var errSeconds = errors.New("want a whole number of seconds, at most 999999999")

// passSeconds takes a number of seconds over under the given name.
func passSeconds(name string) rule {
	return func(b *builder, p pair) error {
		b.known++
		if p.value != "" && (!isNumber(p.value) || len(p.value) > 9) {
			return p.fault(p.key, errSeconds)
		}
		b.param(name, p.value)
		return nil
	}
}

// passWord takes a word of a closed set over under the given name. Words are
// folded; one that maps to "" has no equivalent and is dropped.
func passWord(name string, words map[string]string, known string) rule {
	return func(b *builder, p pair) error {
		value, ok := words[fold(p.value)]
		switch b.known++; {
		case !ok && p.value != "":
			return p.fault(p.key, errors.New("unknown word: want "+known))
		case ok && value == "":
			b.drop(p.key, "this value has no equivalent")
		}
		b.param(name, value)
		return nil
	}
}

// Why a known key is dropped.
const (
	notHere   = "this driver has no such setting"
	loginHere = "the login is made by the library"
)

// drop takes a known key that has no place in a Config.
func drop(name, why string) rule {
	return func(b *builder, p pair) error {
		b.known++
		b.drop(name, why)
		return nil
	}
}

// ruleSet maps folded keys to rules.
type ruleSet map[string]rule

// and adds the rules of more, which win, and returns the set.
func (r ruleSet) and(more ruleSet) ruleSet {
	maps.Copy(r, more)
	return r
}

// with adds a rule that drops each of the keys, which are separated by commas,
// and returns the set.
func (r ruleSet) with(why, keys string) ruleSet {
	for name := range strings.SplitSeq(keys, ",") {
		name = trimBlanks(name)
		r[fold(name)] = drop(name, why)
	}
	return r
}
