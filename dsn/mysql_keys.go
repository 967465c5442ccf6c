package dsn

import (
	"errors"
	"slices"
	"strings"
)

// go-sql-driver's own parameters (parseDSNParams in its dsn.go).
const (
	mySQLBooleans = `allowNativePasswords, allowOldPasswords, checkConnLiveness, clientFoundRows, columnsWithAlias,
		compress, interpolateParams, multiStatements, parseTime, rejectReadOnly`
	mySQLDurations = `timeout, readTimeout, writeTimeout, timeTruncate`
	mySQLNames     = `charset, collation, loc`
	mySQLTexts     = `connectionAttributes, serverPubKey`

	// mySQLParameterNames may be printed: the driver's, and common session variables.
	mySQLParameterNames = mySQLBooleans + "," + mySQLDurations + "," + mySQLNames + "," + mySQLTexts +
		`, maxAllowedPacket, tls, sql_mode, time_zone, autocommit, transaction_isolation`
)

// mySQLNativeRules are the driver's. Every other name is a session variable of the server.
var mySQLNativeRules = ruleSet{}.plus([]keyRule{
	{mySQLBooleans, pass("", boolean)},
	{mySQLDurations, pass("", duration)},
	{mySQLNames, pass("", nameList)},
	{mySQLTexts, pass("", publicText)},
	{"maxAllowedPacket", pass("", whole(" of bytes", 1<<30))},
	{"tls", registeredTLS},
	{"strict", drop("the driver has no strict mode any more: set sql_mode")},
})

// mySQLForeignRules are the keys that all dialects but the driver's own share.
var mySQLForeignRules = mySQLNativeRules.plus([]keyRule{
	{"tls", anyTLS},
	{"useSSL", unlessMode(useSSL)},
	{"requireSSL", unlessMode(raiseTLS(TLSRequire))},
	{"verifyServerCertificate, ssl_verify, ssl_verify_cert", unlessMode(raiseTLS(TLSVerifyCA))},
	{"ssl_verify_identity, sslVerifyServerCert", unlessMode(raiseTLS(TLSVerifyFull))},
	{"encrypt", into(fieldSSL)},
	{"SslCa, CA Certificate File", into(fieldRootCert)},
	{"charset, Character Set, characterEncoding, encoding", utf8Only},
	{"socket, unix_socket", refuse(errSocket)},
})

var errRegistered = errors.New(`want true, false, skip-verify, preferred or the name of a registered TLS configuration, and "&" in front of the next key`)

// registeredTLS reads the driver's tls: true, false, skip-verify, preferred, or the name
// of a configuration that the program registered with the driver, which verifies unless
// it says otherwise. The name stays a parameter.
func registeredTLS(b *builder, p pair) error {
	on, err := truth(p.value)
	switch word := strings.ToLower(p.value); {
	case word == "skip-verify":
		return b.setTLS(TLSSkipVerify, "")
	case word == "preferred":
		return b.setTLS(TLSPrefer, "")
	case word == "":
		return b.setTLS(TLSUnset, "")
	case err != nil && (noPassword(p.value) != nil || strings.ContainsAny(p.value, `;,=&"'`+blanks)):
		return p.keyError("tls", errRegistered)
	case err != nil:
		return b.setTLS(TLSVerifyFull, p.value)
	case on:
		return b.setTLS(TLSVerifyFull, "")
	}
	return b.setTLS(TLSDisable, "")
}

// setTLS sets the declaration and the name of a registered configuration.
func (b *builder) setTLS(t TLS, registered string) error {
	b.config.TLS, b.mode = t, t != TLSUnset
	b.param("tls", registered)
	return nil
}

// anyTLS reads tls as MySQL's clients together write it, else as registeredTLS does.
func anyTLS(b *builder, p pair) error {
	_, err := truth(p.value)
	if t, ok := b.rules.tls.words[fold(p.value)]; ok && err != nil {
		return b.setTLS(t, "")
	}
	return registeredTLS(b, p)
}

// unlessMode is for Connector/J's older keys, which sslMode overrides.
func unlessMode(r rule) rule {
	return func(b *builder, p pair) error {
		if b.mode {
			return nil
		}
		return r(b, p)
	}
}

// useSSL is read as by newer versions of Connector/J: true asks for TLS but goes on
// without, false forbids it.
var useSSL = takeFlag(func(b *builder, on bool) {
	switch c := &b.config; {
	case !on:
		c.TLS = TLSDisable
	case c.TLS == TLSUnset || c.TLS == TLSDisable:
		c.TLS = TLSPrefer
	}
})

// raiseTLS is for keys that ask for more than the encryption of useSSL.
func raiseTLS(to TLS) rule {
	return takeFlag(func(b *builder, on bool) {
		if c := &b.config; on && c.TLS != TLSDisable && c.TLS != TLSSkipVerify && c.TLS < to {
			c.TLS = to
		}
	})
}

// utf8Only takes the character set that Go's strings are in. Other clients
// convert from any other one; this driver would hand on its bytes.
func utf8Only(b *builder, p pair) error {
	switch fold(trimBlanks(p.value)) {
	case "":
	case "utf8", "utf8mb3", "utf8mb4", "utf8mb4,utf8":
		b.param("charset", "utf8mb4")
	default:
		b.ignore(p.key, "text is in UTF-8")
	}
	return nil
}

// passVariable takes a session variable of the server. The driver sets them with a
// statement of its own, in which the values stand as they are, as expressions.
func passVariable(b *builder, p pair) error {
	if isKey(p.key) && strings.Contains(p.key, "-") { // as in tls-ca of the string that Azure's portal shows
		return syntaxError(p.keyPos, "not a parameter of the driver, and no session variable has a hyphen: leave it out (sslrootcert names a file of root certificates)")
	}
	if err := noPassword(p.value); err != nil {
		return &ParseError{Pos: p.pos, err: err}
	}
	return passParameter(b, p)
}

// sessionVariables takes Connector/J's list "a=1,b='x'", or with semicolons.
func sessionVariables(b *builder, p pair) error {
	for _, assignment := range cutVariables(p.value) {
		name, value, ok := strings.Cut(assignment, "=")
		name, value = trimBlanks(name), trimBlanks(value)
		if !ok || !isParameter(name) || mySQLNativeRules.has(name) || neverPassed.has(name) {
			return p.keyError(p.key, errors.New("want names and values of session variables, such as sql_mode='ANSI',time_zone='+00:00'"))
		}
		if err := noPassword(value); err != nil {
			return p.keyError(p.key, err)
		}
		b.param(name, value)
	}
	return nil
}

// cutVariables cuts at the commas and semicolons outside quotes and parentheses.
func cutVariables(s string) []string {
	var list []string
	var quote byte
	start, depth := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case (c == ',' || c == ';') && depth <= 0:
			list = append(list, s[start:i])
			start = i + 1
		}
	}
	list = append(list, s[start:])
	return slices.DeleteFunc(list, func(a string) bool { return trimBlanks(a) == "" })
}
