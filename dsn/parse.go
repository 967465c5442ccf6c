package dsn

import (
	"errors"
	"strings"
)

// grammar is one dialect of one engine.
type grammar struct {
	dialect Dialect

	// recognise reports whether s, which has no outer blanks, is written in it.
	recognise func(s string) bool

	// split cuts s into pairs and decodes them. Positions count from the start
	// of s.
	split func(s string) ([]pair, error)

	// rules are the dialect's own keys, folded; they come before the synonyms.
	rules ruleSet

	// other takes a key that neither the rules nor the shared tables know.
	other rule
}

// engineRules is what Parse knows of an engine. An engine joins by a row in
// engines and a file with its grammars.
type engineRules struct {
	grammars []grammar // the first that recognises the string reads it
	tls      tlsWords
	want     string // for the error when none does

	// hosts reads what the builder was told of hosts and ports; nil means
	// readHosts.
	hosts func(*builder) ([]Host, error)

	// finish resolves what is the engine's own and depends on more than one key,
	// when the hosts are known. It may be nil.
	finish func(*builder) error

	// parameters are the names in Params that may be printed.
	parameters map[string]bool
}

var engines = map[Engine]*engineRules{
	PostgreSQL: &postgres,
	MySQL:      &mySQL,
	SQLServer:  &sqlServer,
}

func rulesOf(engine Engine) (*engineRules, error) {
	if r, ok := engines[engine]; ok {
		return r, nil
	}
	return nil, &ParseError{Pos: -1, Err: errors.New("unknown engine: want PostgreSQL, MySQL or SQLServer")}
}

// Parse reads a connection string of the engine in any of its dialects, which
// the package comment lists. The result says what the string says and no more,
// except that every host has a port and a host is in lower case; whether it may
// be used is decided by others.
//
// Blanks and line ends around the string are ignored, and so is a final
// semicolon. Of a key that is given twice the last value counts, and an empty
// value is the same as none. An error is a [*ParseError]. Parse reads no files
// and no environment, and is safe for concurrent use.
func Parse(engine Engine, s string) (Config, error) {
	known, err := rulesOf(engine)
	if err != nil {
		return Config{}, err
	}
	text := strings.TrimLeft(s, blanks)
	c, err := known.parse(engine, strings.TrimRight(text, blanks), len(s)-len(text))
	if fault, ok := errors.AsType[*ParseError](err); ok && fault.Pos >= 0 {
		fault.Pos += len(s) - len(text)
	}
	return c, err
}

// parse reads text, which has no outer blanks. Positions in errors count from
// its start, positions in warnings from offset bytes before.
func (r *engineRules) parse(engine Engine, text string, offset int) (Config, error) {
	switch {
	case text == "":
		return Config{}, at(0, "empty connection string")
	case strings.HasPrefix(text, "@Microsoft."):
		return Config{}, at(0, "a Key Vault or App Configuration reference that was not resolved")
	}
	for i := range r.grammars {
		if r.grammars[i].recognise(text) {
			b := builder{engine: engine, rules: r, offset: offset}
			return r.read(&r.grammars[i], &b, text)
		}
	}
	return Config{}, at(0, "not a connection string for "+engine.String()+": want "+r.want)
}

// read parses text in the grammar.
func (r *engineRules) read(g *grammar, b *builder, text string) (Config, error) {
	pairs, err := g.split(text)
	if err != nil {
		return Config{}, err
	}
	b.config = Config{Engine: b.engine, Dialect: g.dialect}
	for _, p := range pairs {
		if err := g.apply(b, p); err != nil {
			return Config{}, err
		}
	}
	if b.known == 0 {
		return Config{}, at(0, "no key is known: want "+r.want)
	}
	return b.build()
}

// apply takes one pair, by the dialect's rules, else by the synonyms.
func (g *grammar) apply(b *builder, p pair) error {
	folded := fold(p.key)
	field, shared := synonyms[folded]
	if i := controlCharacter(p.value); i >= 0 {
		fault := at(p.pos, "a control character in a value")
		if shared {
			fault.Key = field.String()
		}
		return fault
	}
	if !isKey(p.key) {
		return at(p.keyPos, "not a key (quote or escape values that hold blanks or separators)")
	}
	if r, ok := g.rules[folded]; ok {
		return r(b, p)
	}
	if never, ok := neverPassed[folded]; ok {
		b.drop(never.name, never.why)
		return nil
	}
	if shared {
		return b.set(field, p)
	}
	return g.other(b, p)
}

// controlCharacter returns the index of the first control character, or -1.
func controlCharacter(s string) int {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
