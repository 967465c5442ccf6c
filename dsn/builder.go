package dsn

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// pair is one key with its value, decoded, and where both began in the input. A
// setting has a pos of -1.
type pair struct {
	key, value  string
	keyPos, pos int
}

// fault returns the error for a pair whose key means the named thing.
func (p pair) fault(name string, err error) *ParseError {
	if p.pos < 0 {
		name = p.key
	}
	return &ParseError{Key: name, Pos: p.pos, Err: err}
}

// builder makes a Config from pairs, in their order: the last word wins.
type builder struct {
	engine Engine
	rules  *engineRules
	config Config
	offset int // of the pairs' positions in the input

	hosts, ports pair // as written; empty when nothing was said
	user         bool // a user was set
	mode         bool // a TLS mode was set by fieldSSLMode
	unverified   bool // verification was explicitly refused
	known        int  // keys that were understood

	sqlServer sqlServerKeys
}

// set puts the value into the field. An empty value clears it.
func (b *builder) set(f field, p pair) error {
	c, id := &b.config, &b.config.Identity
	var err error
	switch f {
	case fieldHost:
		b.hosts = p
	case fieldPort:
		b.ports = p
	case fieldDatabase:
		c.Database = p.value
	case fieldUser:
		c.User, b.user = p.value, true
	case fieldPassword:
		c.Password = NewSecret(p.value)
	case fieldSSLMode:
		c.TLS, err = b.rules.tls.mode(p.value)
		b.mode = c.TLS != TLSUnset
	case fieldSSL:
		c.TLS, err = b.rules.tls.flag(p.value)
	case fieldTrust:
		b.unverified, err = truth(p.value)
	case fieldServerName:
		c.ServerName, err = certificateName(p.value)
	case fieldRootCert:
		c.RootCertFile = p.value
		if fold(p.value) == "system" { // libpq's word for the roots that count anyway
			c.RootCertFile = ""
		}
	case fieldClientCert:
		c.ClientCertFile = p.value
	case fieldClientKey:
		c.ClientKeyFile = p.value
	case fieldMethod:
		id.Method, err = methodOf(p.value)
	default:
		b.setIdentity(f, p.value)
	}
	b.known++
	if err == nil && f.printed() {
		err = noPassword(p.value)
	}
	if err != nil && p.value != "" {
		return p.fault(f.String(), err)
	}
	return nil
}

// passwordWithin finds a password, or a token, that was glued to the end of a
// string by the rules of another dialect, as Microsoft's Go sample for Service
// Connector does with ";Password=" + token.
var passwordWithin = regexp.MustCompile(`(?i:[;&,\s](password|passwd|pwd|psw)\s*=)|eyJ[A-Za-z0-9_-]{5,}\.`)

var errPasswordWithin = errors.New("holds a password or token: separate the keys as this kind of connection string does")

// noPassword refuses a value that holds a password although it will be printed, or
// sent to the server in clear sight of its logs.
func noPassword(name string) error {
	if !strings.Contains(name, "=") && !strings.Contains(name, "eyJ") {
		return nil // the pattern needs one of them, and is slow
	}
	if passwordWithin.MatchString(name) {
		return errPasswordWithin
	}
	return nil
}

func (b *builder) setIdentity(f field, value string) {
	id := &b.config.Identity
	switch f {
	case fieldClientID:
		id.ClientID = value
	case fieldTenantID:
		id.TenantID = value
	case fieldObjectID:
		id.ObjectID = value
	case fieldResourceID:
		id.ResourceID = value
	case fieldClientSecret:
		id.ClientSecret = NewSecret(value)
	case fieldCertificatePath:
		id.ClientCertificatePath = value
	case fieldCertificatePassword:
		id.ClientCertificatePassword = NewSecret(value)
	}
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

// drop warns that a key was not taken over. The name must be that of a known key.
func (b *builder) drop(name, why string) {
	b.warn(name + " is ignored: " + why)
}

// dropUnknown warns about a key that may be anything, so it is not named.
func (b *builder) dropUnknown(p pair) {
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
		c.Hosts, err = b.readHosts()
	case strings.Trim(b.ports.value, blanks+",") == "":
	case len(c.Hosts) == 0:
		err = b.ports.fault(fieldPort.String(), errPortAlone)
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

func (b *builder) readHosts() ([]Host, error) {
	if b.rules.hosts != nil {
		return b.rules.hosts(b)
	}
	return readHosts(b.hosts, b.ports, b.engine.DefaultPort())
}

// setPorts gives new ports to the hosts that are already there.
func (b *builder) setPorts() error {
	numbers := strings.Split(b.ports.value, ",")
	if len(numbers) != 1 && len(numbers) != len(b.config.Hosts) {
		return b.ports.fault(fieldPort.String(), errPortCount)
	}
	for i := range b.config.Hosts {
		port, err := readPort(numbers[min(i, len(numbers)-1)], b.engine.DefaultPort())
		if err != nil {
			return b.ports.fault(fieldPort.String(), err)
		}
		b.config.Hosts[i].Port = port
	}
	return nil
}

// Clone returns a deep copy of c.
func (c Config) Clone() Config {
	c.Hosts = append([]Host(nil), c.Hosts...)
	c.Params = maps.Clone(c.Params)
	c.Warnings = append([]string(nil), c.Warnings...)
	return c
}
