package dsn

import (
	"errors"
	"strings"
)

// grammar is one dialect of one engine.
type grammar struct {
	dialect Dialect

	// start recognises a string, which has no outer blanks: it returns where the
	// string begins behind a scheme, or 0, and -1 if it is not in the dialect.
	start func(s string) int

	// split cuts s from start into decoded pairs, whose positions count from the start of s.
	split func(s string, start int) ([]pair, error)

	rules ruleSet // the dialect's own keys; they come before those of fields
	other rule    // for the keys that no table knows
}

// engineRules is what Parse knows of an engine. An engine joins by a row in
// engines and a file with its grammars.
type engineRules struct {
	grammars []grammar // the first that recognises the string reads it
	tls      tlsWords
	want     string // for the error when none does

	hosts      func(*builder) ([]Host, error) // reads those that the builder holds
	finish     func(*builder) error           // resolves what depends on more than one key; may be nil
	parameters map[string]bool                // the names in Params that may be printed
}

var engines = map[Engine]*engineRules{PostgreSQL: &postgres, MySQL: &mySQL, SQLServer: &sqlServer}

func rulesOf(engine Engine) (*engineRules, error) {
	if r, ok := engines[engine]; ok {
		return r, nil
	}
	return nil, syntaxError(-1, "unknown engine: want PostgreSQL, MySQL or SQLServer")
}

// Parse reads a connection string of the engine in any of its dialects. The result
// holds what the string says, except that every host has a port and is in lower case.
//
// Blanks and line ends around the string are ignored, and so is a final semicolon. If a
// key is given twice the last value counts, and an empty value is the same as none. An
// error is a [*ParseError]. Parse is safe for concurrent use.
func Parse(engine Engine, s string) (Config, error) {
	known, err := rulesOf(engine)
	if err != nil {
		return Config{}, err
	}
	text := strings.TrimLeft(s, blanks)
	offset := len(s) - len(text)
	c, err := known.parse(engine, strings.TrimRight(text, blanks), offset)
	if parseError, ok := errors.AsType[*ParseError](err); ok && parseError.Pos >= 0 {
		parseError.Pos += offset
	}
	return c, err
}

// parse reads text, which has no outer blanks. Positions in warnings count from offset
// bytes before it.
func (r *engineRules) parse(engine Engine, text string, offset int) (Config, error) {
	if text == "" {
		return Config{}, syntaxError(0, "empty connection string")
	}
	if err := mistake(text, r.want); err != nil {
		return Config{}, err
	}
	for i := range r.grammars {
		g := &r.grammars[i]
		if start := g.start(text); start >= 0 {
			pairs, err := g.split(text, start)
			if err != nil {
				return Config{}, becausePlaceholder(text, err)
			}
			b := builder{rules: r, offset: offset, config: Config{Engine: engine, Dialect: g.dialect}}
			return b.read(g, pairs)
		}
	}
	return Config{}, syntaxError(0, "not a connection string for "+engine.String()+": want "+r.want)
}

// read takes the pairs of a string in the grammar.
func (b *builder) read(g *grammar, pairs []pair) (Config, error) {
	for _, p := range pairs {
		if err := b.take(g, p); err != nil {
			return Config{}, err
		}
	}
	if b.known == 0 {
		return Config{}, syntaxError(0, "no key is known: want "+b.rules.want)
	}
	return b.build()
}

// take takes one pair, by the dialect's rules, else by the table of fields.
func (b *builder) take(g *grammar, p pair) error {
	if hasControlCharacter(p.value) {
		return p.valueError(controlCharacter)
	}
	if !isKey(p.key) {
		return errNotKey(p)
	}
	folded := fold(p.key)
	r, known := g.rules[folded]
	if !known {
		r = neverPassed[folded]
	}
	f := synonyms[folded]
	if known || r.rule == nil && f != 0 {
		b.known++
		b.afterSecret = fields[f].secret != nil
	}
	switch p.name = r.name; {
	case r.rule != nil:
		return r.rule(b, p)
	case f != 0:
		return b.set(f, p)
	}
	return g.other(b, p)
}

const controlCharacter = "a control character in a value"

func hasControlCharacter(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// after is a grammar's start that recognises a scheme, in any case.
func after(schemes ...string) func(string) int {
	return func(s string) int {
		if n := schemeLength(s, schemes...); n > 0 {
			return n
		}
		return -1
	}
}

// when is a grammar's start for what has no scheme.
func when(recognise func(string) bool) func(string) int {
	return func(s string) int {
		if recognise(s) {
			return 0
		}
		return -1
	}
}

func hasEquals(s string) bool { return strings.Contains(s, "=") }

// otherURL refuses what is a URL of something else, such as jdbc:mysql://h or
// postgresql+asyncpg://h, whose "=" would make a pair of it.
func otherURL(want string) grammar {
	return grammar{start: when(isURL), split: func(string, int) ([]pair, error) {
		return nil, syntaxError(0, "a URL of another kind: want "+want)
	}}
}

func isURL(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && !strings.ContainsAny(scheme, "=;"+blanks)
}
