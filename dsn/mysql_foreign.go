package dsn

import (
	"errors"
	"strings"
)

// This file holds what the keys of MySQL's other clients become, as far as they
// are not one dialect's own.

// mySQLForeignRules are the keys that all dialects but the driver's own share.
var mySQLForeignRules = ruleSet{}.and(mySQLNativeRules).and(ruleSet{
	"tls":                     anyTLS,
	"usessl":                  useSSL,
	"requiressl":              raiseTLS(TLSRequire),
	"verifyservercertificate": raiseTLS(TLSVerifyCA),
	"sslverify":               raiseTLS(TLSVerifyCA),
	"sslverifycert":           raiseTLS(TLSVerifyCA),
	"sslverifyidentity":       raiseTLS(TLSVerifyFull),
	"sslverifyservercert":     raiseTLS(TLSVerifyFull),
	"encrypt":                 into(fieldSSL),
	"sslca":                   into(fieldRootCert),
	"cacertificatefile":       into(fieldRootCert),
	"charset":                 utf8Only,
	"characterset":            utf8Only,
	"characterencoding":       utf8Only,
	"encoding":                utf8Only,
	"socket":                  refuseSocket,
	"unixsocket":              refuseSocket,
})

// anyTLS reads tls as MySQL's clients together write it; what is no word for TLS
// is the name of a registered configuration, as in the driver's own dialect.
func anyTLS(b *builder, p pair) error {
	if _, err := truth(p.value); err != nil {
		if t, ok := b.rules.tls.words[fold(p.value)]; ok {
			return b.setTLS(t, "")
		}
	}
	return registeredTLS(b, p)
}

// useSSL reads Connector/J's older key as its newer versions do: true asks for
// TLS but goes on without, false forbids it, and sslMode overrides it.
func useSSL(b *builder, p pair) error {
	on, err := truth(p.value)
	c := &b.config
	switch b.known++; {
	case p.value == "" || b.mode:
	case err != nil:
		return p.fault(p.key, err)
	case !on:
		c.TLS = TLSDisable
	case c.TLS == TLSUnset || c.TLS == TLSDisable:
		c.TLS = TLSPrefer
	}
	return nil
}

// raiseTLS is for keys that ask for more than the encryption of useSSL.
func raiseTLS(to TLS) rule {
	return func(b *builder, p pair) error {
		on, err := truth(p.value)
		c := &b.config
		switch b.known++; {
		case p.value == "" || b.mode:
		case err != nil:
			return p.fault(p.key, err)
		case on && c.TLS != TLSDisable && c.TLS != TLSSkipVerify && c.TLS < to:
			c.TLS = to
		}
		return nil
	}
}

// utf8Only takes the character set that Go's strings are in. Other clients
// convert from any other one; this driver would hand on its bytes.
func utf8Only(b *builder, p pair) error {
	b.known++
	switch fold(trimBlanks(p.value)) {
	case "":
	case "utf8", "utf8mb3", "utf8mb4", "utf8mb4,utf8":
		b.param("charset", "utf8mb4")
	default:
		b.drop(p.key, "text is in UTF-8")
	}
	return nil
}

// always is for keys whose true is what the driver does anyway.
func always(name string) rule {
	return func(b *builder, p pair) error {
		b.known++
		if on, err := truth(p.value); err != nil || !on {
			b.drop(name, notHere)
		}
		return nil
	}
}

func refuseSocket(b *builder, p pair) error {
	b.known++
	if p.value != "" {
		return p.fault(p.key, errSocket)
	}
	return nil
}

// programName makes ADO.NET's Application Name the connection attribute that it
// is there.
func programName(b *builder, p pair) error {
	if strings.Contains(p.value, ",") || noPassword(p.value) != nil {
		return p.fault(p.key, errors.New("want a name without a comma"))
	}
	b.known++
	if p.value != "" {
		p.value = "program_name:" + p.value
	}
	b.param("connectionAttributes", p.value)
	return nil
}
