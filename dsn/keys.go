package dsn

import "strings"

// field is one thing a Config can hold, whatever the dialect calls it.
type field uint8

const (
	fieldHost field = iota + 1
	fieldPort
	fieldDatabase
	fieldUser
	fieldPassword
	fieldSSLMode // a word such as require
	fieldSSL     // true or false, or a word as for fieldSSLMode
	fieldTrust   // Trust Server Certificate: true refuses verification
	fieldServerName
	fieldRootCert
	fieldClientCert
	fieldClientKey
	fieldMethod // the first of those that any dialect may carry
	fieldClientID
	fieldTenantID
	fieldObjectID
	fieldResourceID
	fieldClientSecret
	fieldCertificatePath
	fieldCertificatePassword
)

// fields is the one table of keys, for connection strings in every dialect and for
// separate settings. A dialect's own rules come first.
//
// The value of a key goes to text, which is printed and so must hold no password,
// to secret, or where set puts it; the error of set is ignored for an empty value.
var fields = [...]struct {
	name   string // in errors
	keys   string // all spellings, separated by commas; see fold
	text   func(*Config) *string
	secret func(*Config) *Secret
	set    func(*builder, pair) error
}{
	fieldHost: {name: "host", keys: "Host, Hostname, Server, ServerName, Data Source, Addr, Address, Network Address",
		set: func(b *builder, p pair) error { b.hosts = p; return nil }},
	fieldPort: {name: "port", keys: "Port, Port Number",
		set: func(b *builder, p pair) error { b.ports = p; return nil }},
	fieldDatabase: {name: "database", keys: "Database, Database Name, dbname, DB, Initial Catalog",
		text: func(c *Config) *string { return &c.Database }},
	fieldUser: {name: "user", keys: "User, Username, User Id, UID",
		text: func(c *Config) *string { return &c.User }},
	fieldPassword: {name: "password", keys: "Password, PWD, PSW",
		secret: func(c *Config) *Secret { return &c.Password }},
	fieldSSLMode: {name: "sslmode", keys: "sslmode", set: setMode},
	fieldSSL: {name: "ssl", keys: "SSL, FLAG", // FLAG=MYSQL_CLIENT_SSL is PHP's
		set: func(b *builder, p pair) (err error) { b.config.TLS, err = b.rules.tls.flag(p.value); return err }},
	fieldTrust: {name: "trust server certificate", keys: "Trust Server Certificate",
		set: func(b *builder, p pair) (err error) { b.unverified, err = truth(p.value); return err }},
	fieldServerName: {name: "hostNameInCertificate", keys: "hostNameInCertificate",
		set: func(b *builder, p pair) (err error) { b.config.ServerName, err = certificateName(p.value); return err }},
	fieldRootCert: {name: "sslrootcert", keys: "sslrootcert, Root Certificate",
		text: func(c *Config) *string { return &c.RootCertFile }},
	fieldClientCert: {name: "sslcert", keys: "sslcert, SSL Certificate",
		text: func(c *Config) *string { return &c.ClientCertFile }},
	fieldClientKey: {name: "sslkey", keys: "sslkey",
		text: func(c *Config) *string { return &c.ClientKeyFile }},
	fieldMethod: {name: "authentication", keys: "authentication, authenticationType, fedauth",
		set: func(b *builder, p pair) (err error) { b.config.Identity.Method, err = methodOf(p.value); return err }},
	fieldClientID: {name: "client_id", keys: "client_id, msiClientId",
		text: func(c *Config) *string { return &c.Identity.ClientID }},
	fieldTenantID: {name: "tenant_id", keys: "tenant_id",
		text: func(c *Config) *string { return &c.Identity.TenantID }},
	fieldObjectID: {name: "object_id", keys: "object_id",
		text: func(c *Config) *string { return &c.Identity.ObjectID }},
	fieldResourceID: {name: "resource_id", keys: "resource_id",
		text: func(c *Config) *string { return &c.Identity.ResourceID }},
	fieldClientSecret: {name: "client_secret", keys: "client_secret",
		secret: func(c *Config) *Secret { return &c.Identity.ClientSecret }},
	fieldCertificatePath: {name: "client_certificate_path", keys: "client_certificate_path",
		text: func(c *Config) *string { return &c.Identity.ClientCertificatePath }},
	fieldCertificatePassword: {name: "client_certificate_password", keys: "client_certificate_password",
		secret: func(c *Config) *Secret { return &c.Identity.ClientCertificatePassword }},
}

func (f field) String() string { return fields[f].name }

// synonyms are the keys of the table, folded.
var synonyms = newSynonyms()

func newSynonyms() map[string]field {
	all := make(map[string]field)
	for f, row := range fields {
		for _, key := range commaList(row.keys) {
			all[fold(key)] = field(f)
		}
	}
	return all
}

func setMode(b *builder, p pair) (err error) {
	b.config.TLS, err = b.rules.tls.mode(p.value)
	b.mode = b.config.TLS != TLSUnset
	return err
}

// set puts the value into the field. An empty value clears it.
func (b *builder) set(f field, p pair) error {
	c, row := &b.config, &fields[f]
	var err error
	switch {
	case row.text != nil:
		*row.text(c), err = p.value, noPassword(p.value)
	case row.secret != nil:
		*row.secret(c) = NewSecret(p.value)
	default:
		err = row.set(b, p)
	}
	switch {
	case err != nil && p.value != "":
		return p.keyError(row.name, err)
	case f == fieldUser:
		b.user = true
	case f == fieldRootCert && fold(p.value) == "system": // libpq's word for the roots that count anyway
		c.RootCertFile = ""
	}
	return nil
}

// fold brings a key or a word of a closed set to the form the tables use: lower
// case, without blanks, underscores and hyphens.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '\t' || r == '_' || r == '-':
			return -1
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

const blanks = " \t\r\n\v\f"

func trimBlanks(s string) string { return strings.Trim(s, blanks) }

func isBlank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }

// isKey reports whether s can be a key: letters, digits, blanks and "_.-$". What
// cannot is most likely a piece of a value that should have been quoted.
func isKey(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9' && i > 0:
		case c == '_', i > 0 && strings.IndexByte(" .-$", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// isParameter reports whether s can be the name of a run-time parameter of the
// server: a key without blanks and hyphens.
func isParameter(s string) bool { return isKey(s) && !strings.ContainsAny(s, " -") }
