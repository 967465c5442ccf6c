package dsn

import (
	"errors"
	"regexp"
	"strings"
)

// pair is one key with its decoded value, and where both began; a setting's pos is -1.
type pair struct {
	key, value  string
	keyPos, pos int
	name        string // the key as the rule's table spells it
}

// builder makes a Config from pairs, in their order: the last one wins.
type builder struct {
	rules  *engineRules
	config Config
	offset int // of the pairs' positions in the input

	hosts, ports pair // as written
	user         bool // a user was set
	mode         bool // a TLS mode was set by fieldSSLMode
	unverified   bool // verification was explicitly refused
	prisma       bool // a key that only Prisma has was given
	known        int  // keys that were understood
	afterSecret  bool // no known key came since the last secret: what comes may be a piece of it

	sqlServer sqlServerKeys
}

// passwordWithin finds a password or token appended by the rules of another dialect,
// as in Microsoft's Go sample for Service Connector: ";Password=" + token.
var passwordWithin = regexp.MustCompile(`(?i:[;&,\s](password|passwd|pwd|psw)\s*=)|eyJ[A-Za-z0-9_-]{5,}\.`)

var errPasswordWithin = errors.New("holds a password or token: separate the keys as this kind of connection string does")

// noPassword refuses a password in a value that is printed, or that the server logs.
func noPassword(value string) error {
	// The pattern needs one of the two, and is slow.
	if (strings.Contains(value, "=") || strings.Contains(value, "eyJ")) && passwordWithin.MatchString(value) {
		return errPasswordWithin
	}
	return nil
}

// param sets a parameter of the native driver. An empty value clears it.
func (b *builder) param(name, value string) {
	if value == "" {
		delete(b.config.Params, name)
		return
	}
	if b.config.Params == nil {
		b.config.Params = make(map[string]string)
	}
	b.config.Params[name] = value
}

// ignore warns that a key was not taken over. The name must be that of a known key.
func (b *builder) ignore(name, why string) { b.warn(name + " is ignored: " + why) }

func (b *builder) warn(text string) { b.config.Warnings = append(b.config.Warnings, text) }

// build resolves what depends on more than one key.
func (b *builder) build() (Config, error) {
	c := &b.config
	var err error
	switch noPorts := strings.Trim(b.ports.value, blanks+",") == ""; {
	case trimBlanks(b.hosts.value) != "":
		c.Hosts, err = b.rules.hosts(b)
	case len(c.Hosts) == 0 && !noPorts:
		err = b.ports.keyError("port", errNoHost)
	case !noPorts:
		err = b.setPorts()
	}
	if err != nil {
		return Config{}, err
	}
	if b.user || b.hosts.value != "" {
		c.User = withoutServer(c.User, c.Hosts)
	}
	if b.rules.finish != nil {
		if err := b.rules.finish(b); err != nil {
			return Config{}, err
		}
	}
	if b.unverified && c.TLS != TLSDisable {
		c.TLS = TLSSkipVerify
	}
	return *c, nil
}

// setPorts gives new ports to the hosts that are already there.
func (b *builder) setPorts() error {
	hosts := b.config.Hosts
	numbers, err := b.ports.numbers(len(hosts))
	for i := 0; i < len(hosts) && err == nil; i++ {
		hosts[i].Port, err = b.ports.port(numbers[min(i, len(numbers)-1)], b.config.Engine.DefaultPort())
	}
	return err
}
