package dsn

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// This file holds the rules that SQL Server's dialects share. Parameters are
// named as in go-mssqldb's msdsn/conn_str.go, and checked here because its own
// errors repeat the value.

const noWindows = "logins of Windows are not supported"

var errWindows = errors.New(noWindows + ": use a Microsoft Entra identity or a SQL login")

// sqlServerRules returns the keys that all of SQL Server's dialects have.
func sqlServerRules() ruleSet {
	intent := passWord("applicationintent", map[string]string{"readonly": "ReadOnly", "readwrite": "ReadWrite"}, "ReadOnly or ReadWrite")
	return ruleSet{
		"encrypt":                 setEncrypt,
		"trustservercertificate":  setTrust,
		"applicationname":         passText("app name"),
		"app":                     passText("app name"),
		"appname":                 passText("app name"),
		"applicationintent":       intent,
		"workstationid":           passText("workstation id"),
		"wsid":                    passText("workstation id"),
		"packetsize":              passUint("packet size", 16),
		"multisubnetfailover":     passSwitch("multisubnetfailover"),
		"columnencryption":        passSwitch("columnencryption"),
		"columnencryptionsetting": passSwitch("columnencryption"),
		"failoverpartner":         setPartner,
		"failoverport":            setPartnerPort,
		"integratedsecurity":      refuseWindows,
		"trustedconnection":       refuseWindows,
		"network":                 refuseNetwork,
		"networklibrary":          refuseNetwork,
		"net":                     refuseNetwork,
		"protocol":                refuseNetwork,
		"dsn":                     refuseDataSource,
		"filedsn":                 refuseDataSource,
		"driver":                  odbcDriver,
		"accesstoken":             refuseToken,
		"clientcertificate":       drop("ClientCertificate", loginHere),
	}.with(noWindows, "ServerSPN, FailoverPartnerSPN, domain")
}

// setEncrypt keeps "strict" for the driver, because TDS 8.0 is more than a mode
// of TLS.
func setEncrypt(b *builder, p pair) error {
	mode, err := b.rules.tls.mode(p.value)
	if err != nil {
		return p.fault("encrypt", errors.New("unknown word: want "+b.rules.tls.known))
	}
	b.known++
	b.config.TLS = mode
	b.param("encrypt", "")
	if word := fold(trimBlanks(p.value)); word == "strict" {
		b.param("encrypt", word)
	}
	return nil
}

func setTrust(b *builder, p pair) error {
	on, err := truth(p.value)
	b.known++
	if err != nil && p.value != "" {
		return p.fault(fieldTrust.String(), err)
	}
	b.unverified, b.sqlServer.verified = on, !on && p.value != ""
	return nil
}

func setPartner(b *builder, p pair) error {
	b.known++
	b.sqlServer.partner = p
	return nil
}

func setPartnerPort(b *builder, p pair) error {
	b.known++
	b.sqlServer.partnerPorts = p
	return nil
}

func refuseWindows(b *builder, p pair) error {
	on, err := truth(p.value)
	b.known++
	switch {
	case on || fold(p.value) == "sspi":
		return p.fault(p.key, errWindows)
	case err != nil && p.value != "":
		return p.fault(p.key, err)
	}
	return nil
}

// refuseNetwork takes the names of TCP.
func refuseNetwork(b *builder, p pair) error {
	b.known++
	switch fold(p.value) {
	case "", "tcp", "dbmssocn":
		return nil
	}
	return p.fault(p.key, errTCPOnly)
}

func refuseDataSource(_ *builder, p pair) error {
	return p.fault(p.key, errors.New("data sources of ODBC are not read: write Server=... in the string"))
}

func refuseToken(_ *builder, p pair) error {
	return p.fault(p.key, errors.New("a ready token is not taken: leave it out, and the library gets one"))
}

// passUint takes a number of so many bits over under the given name.
func passUint(name string, bits int) rule {
	return checked(name, func(value string) (string, error) {
		if _, err := strconv.ParseUint(value, 10, bits); err != nil {
			return "", fmt.Errorf("want a whole number, at most %d", uint64(math.MaxUint64)>>(64-bits))
		}
		return value, nil
	})
}

// passSwitch takes a truth value, or Enabled or Disabled, over as true or false.
func passSwitch(name string) rule {
	return checked(name, func(value string) (string, error) {
		switch fold(value) {
		case "enabled", "t":
			return "true", nil
		case "disabled", "f":
			return "false", nil
		}
		on, err := truth(value)
		return strconv.FormatBool(on), err
	})
}
