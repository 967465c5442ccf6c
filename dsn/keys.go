package dsn

import (
	"encoding/json"
	"errors"
	"strings"
)

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
// The keys are all spellings (see fold), the first as errors name it. The value goes to
// text, which is printed and so must hold no password, to secret, or where set puts it;
// the error of set is ignored for an empty value.
var fields = [...]struct {
	keys   string
	text   func(*Config) *string
	secret func(*Config) *Secret
	set    func(*builder, pair) error
}{
	fieldHost: {keys: "host, Hostname, Server, ServerName, Data Source, Addr, Address, Network Address",
		set: keep(func(b *builder) *pair { return &b.hosts })},
	fieldPort:     {keys: "port, Port Number", set: keep(func(b *builder) *pair { return &b.ports })},
	fieldDatabase: {keys: "database, Database Name, dbname, DB, Initial Catalog", text: func(c *Config) *string { return &c.Database }},
	fieldUser:     {keys: "user, Username, User Id, UID", text: func(c *Config) *string { return &c.User }},
	fieldPassword: {keys: "password, PWD, PSW", secret: func(c *Config) *Secret { return &c.Password }},
	fieldSSLMode:  {keys: "sslmode", set: setMode},
	fieldSSL: {keys: "ssl, FLAG", // FLAG=MYSQL_CLIENT_SSL is PHP's
		set: setSSL},
	fieldTrust: {keys: "trust server certificate",
		set: func(b *builder, p pair) (err error) { b.unverified, err = truth(p.value); return err }},
	fieldServerName: {keys: "hostNameInCertificate",
		set: func(b *builder, p pair) (err error) { b.config.ServerName, err = certificateName(p.value); return err }},
	fieldRootCert:   {keys: "sslrootcert, Root Certificate", text: func(c *Config) *string { return &c.RootCertFile }},
	fieldClientCert: {keys: "sslcert, SSL Certificate", text: func(c *Config) *string { return &c.ClientCertFile }},
	fieldClientKey:  {keys: "sslkey", text: func(c *Config) *string { return &c.ClientKeyFile }},
	fieldMethod: {keys: "authentication, authenticationType, fedauth",
		set: func(b *builder, p pair) (err error) { b.config.Identity.Method, err = methodOf(p.value); return err }},
	fieldClientID:        {keys: "client_id, msiClientId", text: func(c *Config) *string { return &c.Identity.ClientID }},
	fieldTenantID:        {keys: "tenant_id, Authority Id", text: func(c *Config) *string { return &c.Identity.TenantID }},
	fieldObjectID:        {keys: "object_id", text: func(c *Config) *string { return &c.Identity.ObjectID }},
	fieldResourceID:      {keys: "resource_id", text: func(c *Config) *string { return &c.Identity.ResourceID }},
	fieldClientSecret:    {keys: "client_secret", secret: func(c *Config) *Secret { return &c.Identity.ClientSecret }},
	fieldCertificatePath: {keys: "client_certificate_path", text: func(c *Config) *string { return &c.Identity.ClientCertificatePath }},
	fieldCertificatePassword: {keys: "client_certificate_password",
		secret: func(c *Config) *Secret { return &c.Identity.ClientCertificatePassword }},
}

// keep holds a pair until it can be resolved.
func keep(where func(*builder) *pair) rule {
	return func(b *builder, p pair) error {
		*where(b) = p
		return nil
	}
}

// String returns the field's key as errors name it.
func (f field) String() string {
	name, _, _ := strings.Cut(fields[f].keys, ",")
	return name
}

// synonyms are the keys of the table, folded. No key is field 0.
var synonyms = newSynonyms()

// isShared reports whether every dialect has the key.
func isShared(key string) bool { return synonyms[fold(trimBlanks(key))] != 0 }

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

// setSSL also reads the object that mysql2 of Node.js takes.
func setSSL(b *builder, p pair) (err error) {
	if !strings.HasPrefix(p.value, "{") {
		b.config.TLS, err = b.rules.tls.flag(p.value)
		return err
	}
	var options map[string]any
	if json.Unmarshal([]byte(p.value), &options) != nil {
		return errors.New(`want true, false or an object such as {"rejectUnauthorized":true}`)
	}
	b.config.TLS = TLSVerifyFull
	for key, value := range options {
		on, ok := value.(bool)
		switch {
		case key != "rejectUnauthorized":
			b.ignore("ssl", "only its rejectUnauthorized is read; "+tlsHere)
		case !ok:
			return errors.New("want true or false for rejectUnauthorized")
		case !on:
			b.config.TLS = TLSSkipVerify
		}
	}
	return nil
}

// set puts the value into the field. An empty value clears it.
func (b *builder) set(f field, p pair) error {
	c, row := &b.config, &fields[f]
	if isPlaceholder(trimBlanks(p.value), row.secret != nil) {
		return p.keyError(f.String(), errPlaceholder)
	}
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
		return p.keyError(f.String(), err)
	case f == fieldUser:
		b.user = true
	case f == fieldRootCert && fold(p.value) == "system": // libpq's word for the roots that count anyway
		c.RootCertFile = ""
	}
	return nil
}

// fold brings a key or a word to the form that the tables use: lower case, without
// blanks, underscores and hyphens.
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
	return isAlphanumeric(s, " _.-$") && strings.IndexAny(s, " .-$0123456789") != 0 && s != ""
}

// isParameter reports whether s can be the name of a server's run-time parameter.
func isParameter(s string) bool { return isKey(s) && !strings.ContainsAny(s, " -") }

// isAlphanumeric reports whether s holds only ASCII letters, digits and the bytes of also.
func isAlphanumeric(s, also string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(also, c) >= 0) {
			return false
		}
	}
	return true
}
