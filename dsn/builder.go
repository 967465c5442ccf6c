package dsn

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// pair is one key with its value, decoded, and where both began in the input. A
// setting has a pos of -1.
type pair struct {
	key, value  string
	keyPos, pos int
	name        string // the key as the rule's table spells it
}

// builder makes a Config from pairs, in their order: the last one wins.
type builder struct {
	engine Engine
	rules  *engineRules
	config Config
	offset int // of the pairs' positions in the input

	hosts, ports pair // as written
	user         bool // a user was set
	mode         bool // a TLS mode was set by fieldSSLMode
	unverified   bool // verification was explicitly refused
	known        int  // keys that were understood

	sqlServer sqlServerKeys
}

// passwordWithin finds a password, or a token, that was appended to a string by
// the rules of another dialect, as Microsoft's Go sample for Service Connector does
// with ";Password=" + token.
var passwordWithin = regexp.MustCompile(`(?i:[;&,\s](password|passwd|pwd|psw)\s*=)|eyJ[A-Za-z0-9_-]{5,}\.`)

var errPasswordWithin = errors.New("holds a password or token: separate the keys as this kind of connection string does")

// noPassword refuses a value that holds a password although it will be printed, or
// sent to the server in clear sight of its logs.
func noPassword(value string) error {
	if !strings.Contains(value, "=") && !strings.Contains(value, "eyJ") {
		return nil // the pattern needs one of them, and is slow
	}
	if passwordWithin.MatchString(value) {
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
func (b *builder) ignore(name, why string) {
	b.warn(name + " is ignored: " + why)
}

// ignoreUnknown warns about a key that may be anything, so it is not named.
func (b *builder) ignoreUnknown(p pair) {
	b.warn(fmt.Sprintf("the key at byte %d is ignored: it is not known", b.offset+p.keyPos))
}

func (b *builder) warn(text string) {
	b.config.Warnings = append(b.config.Warnings, text)
}

// build resolves what depends on more than one key.
func (b *builder) build() (Config, error) {
	c := &b.config
	var err error
	switch {
	case trimBlanks(b.hosts.value) != "":
		c.Hosts, err = b.rules.hosts(b)
	case strings.Trim(b.ports.value, blanks+",") == "":
	case len(c.Hosts) == 0:
		err = b.ports.keyError(fieldPort.String(), errPortAlone)
	default:
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
	numbers := strings.Split(b.ports.value, ",")
	if len(numbers) != 1 && len(numbers) != len(b.config.Hosts) {
		return b.ports.keyError(fieldPort.String(), errPortCount)
	}
	for i := range b.config.Hosts {
		port, err := readPort(numbers[min(i, len(numbers)-1)], b.engine.DefaultPort())
		if err != nil {
			return b.ports.keyError(fieldPort.String(), err)
		}
		b.config.Hosts[i].Port = port
	}
	return nil
}
