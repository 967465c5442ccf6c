package dsn

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// rule takes one pair into the builder. Its key is known, so an error may name it.
type rule func(*builder, pair) error

// keyRule is what becomes of a key, which is in its driver's spelling. In a dialect's
// table it may be several, separated by commas.
type keyRule struct {
	name string
	rule rule
}

// ruleSet maps folded keys to rules.
type ruleSet map[string]keyRule

// plus returns the rules of r and of the rows. Later rows win.
func (r ruleSet) plus(rows []keyRule) ruleSet {
	all := ruleSet{}
	maps.Copy(all, r)
	for _, row := range rows {
		for _, name := range commaList(row.name) {
			all[fold(name)] = keyRule{name, row.rule}
		}
	}
	return all
}

func (r ruleSet) has(key string) bool { return r[fold(key)].rule != nil }

// Why a known key is ignored.
const (
	notHere      = "this driver has no such setting"
	loginHere    = "the login is made by the library"
	noWindows    = "Windows logins are not supported"
	setByApp     = "set it where the application opens its pool"
	tlsHere      = "the library configures TLS: give certificates as PEM files in sslrootcert, sslcert and sslkey"
	filesHere    = "a server must not read the client's files"
	timesHere    = "how times are read is set by parseTime and loc"
	hostsHere    = "the hosts are tried in their order"
	directHere   = "connections are made over TCP with TLS"
	serviceFiles = "service files are not read: write the settings in the string"
)

// neverPassed are keys that no dialect may hand to a driver: they would move the
// login to another server, weaken it, or name files that are not read.
var neverPassed = ruleSet{}.plus([]keyRule{
	{"hostaddr", drop("the address is always looked up from the host name")},
	{"require_auth", drop("the authentication method is pinned by the library")},
	{"channel_binding", drop("a token login has no channel binding")},
	{"allowFallbackToPlaintext", drop("there is no fallback to clear text")},
	{"allowCleartextPasswords", drop("the library decides it from the TLS in use")},
	{"allowAllFiles", drop(filesHere)},
	{"serverCertificate", drop("add the certificate to the roots instead")},
	{"protocol", drop(directHere)},
	{"passfile", drop("password files are not read")},
	{"service, servicefile", drop(serviceFiles)},
	{"sslpassword", drop("encrypted client keys are not supported")},
})

// passParameter takes an unknown key of a native string: a run-time parameter of the
// server, under its own name.
func passParameter(b *builder, p pair) error {
	if !isParameter(p.key) {
		return errNotKey(p)
	}
	b.param(p.key, p.value)
	return nil
}

// dropForeign warns about an unknown key, which may be anything, so it is not named.
func dropForeign(b *builder, p pair) error {
	b.warn(fmt.Sprintf("the key at byte %d is ignored: it is not known", b.offset+p.keyPos))
	return nil
}

// drop ignores a known key.
func drop(why string) rule {
	return func(b *builder, p pair) error {
		b.ignore(p.name, why)
		return nil
	}
}

// always is for keys whose true is what the driver does anyway.
func always(b *builder, p pair) error {
	if on, err := truth(p.value); err != nil || !on {
		b.ignore(p.name, notHere)
	}
	return nil
}

// accept takes a key that has done its work.
func accept(*builder, pair) error { return nil }

// refuse is for keys that no connection can be made with.
func refuse(why error) rule {
	return func(_ *builder, p pair) error {
		if p.value == "" {
			return nil
		}
		return p.keyError(p.key, why)
	}
}

// into takes a foreign key for a field of Config.
func into(f field) rule {
	return func(b *builder, p pair) error { return b.set(f, p) }
}

// takeFlag takes a truth value. An empty one is the same as none.
func takeFlag(set func(b *builder, on bool)) rule {
	return func(b *builder, p pair) error {
		if p.value == "" {
			return nil
		}
		on, err := truth(p.value)
		if err != nil {
			return p.keyError(p.key, err)
		}
		set(b, on)
		return nil
	}
}

// pass hands the value to the driver in the form that check gives it, as the named
// parameter, or under the key's own name.
func pass(param string, check func(value string) (string, error)) rule {
	return func(b *builder, p pair) (err error) {
		value := p.value
		if value != "" {
			value, err = check(value)
		}
		if errors.Is(err, errNoEquivalent) {
			b.ignore(p.key, err.Error())
		} else if err != nil {
			return p.keyError(p.key, err)
		}
		b.param(cmp.Or(param, p.name), value)
		return nil
	}
}

// azureRules are the keys of azure-identity-extensions, the plug-in by which the
// JDBC drivers for PostgreSQL and MySQL log in to Azure.
var azureRules = []keyRule{
	{"azure.clientId", into(fieldClientID)}, {"azure.tenantId", into(fieldTenantID)},
	{"azure.clientSecret", into(fieldClientSecret)},
	{"azure.clientCertificatePath", into(fieldCertificatePath)}, {"azure.clientCertificatePassword", into(fieldCertificatePassword)},
	{"azure.managedIdentityEnabled", takeFlag(func(b *builder, on bool) {
		if on {
			b.config.Identity.Method = MethodManagedIdentity
		}
	})},
	{`azure.scopes, azure.authorityHost, azure.username, azure.password, azure.claims, azure.tokenCredentialProviderClassName,
		azure.tokenCredentialBeanName`, drop(loginHere)},
}

// commaList returns the names in a list.
func commaList(list string) []string {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		if name = trimBlanks(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func listSet(list string) map[string]bool {
	set := make(map[string]bool)
	for _, name := range commaList(list) {
		set[name] = true
	}
	return set
}
