package dsn

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// This file holds go-sql-driver's own parameters (parseDSNParams in its dsn.go).
// Their values are checked here, because the driver's errors quote them. Every
// other name is a session variable of the server.

const (
	mySQLBooleans = `allowNativePasswords allowOldPasswords checkConnLiveness clientFoundRows columnsWithAlias
		compress interpolateParams multiStatements parseTime rejectReadOnly`
	mySQLDurations = `timeout readTimeout writeTimeout timeTruncate`
	mySQLNames     = `charset collation loc`
	mySQLTexts     = `connectionAttributes serverPubKey`

	// mySQLParameterNames may be printed: besides the driver's they are the
	// session variables that are set most often.
	mySQLParameterNames = mySQLBooleans + " " + mySQLDurations + " " + mySQLNames + " " + mySQLTexts + ` maxAllowedPacket tls
		sql_mode time_zone autocommit transaction_isolation`
)

var mySQLNativeRules = newMySQLNativeRules()

func newMySQLNativeRules() ruleSet {
	rules := ruleSet{
		"tls":              registeredTLS,
		"maxallowedpacket": passBytes("maxAllowedPacket"),
		"strict":           drop("strict", "the driver has no strict mode any more: set sql_mode"),
	}
	add := func(names string, r func(name string) rule) {
		for name := range strings.FieldsSeq(names) {
			rules[fold(name)] = r(name)
		}
	}
	add(mySQLBooleans, passBoolean)
	add(mySQLDurations, passDuration)
	add(mySQLNames, passName)
	add(mySQLTexts, passText)
	return rules
}

var errRegistered = errors.New(`want true, false, skip-verify, preferred or the name of a registered TLS configuration, and "&" in front of the next key`)

// registeredTLS reads the driver's tls: true, false, skip-verify, preferred, or
// the name of a configuration that the program registered with the driver, which
// verifies unless it says otherwise. The name stays a parameter.
func registeredTLS(b *builder, p pair) error {
	switch strings.ToLower(p.value) {
	case "skip-verify":
		return b.setTLS(TLSSkipVerify, "")
	case "preferred":
		return b.setTLS(TLSPrefer, "")
	}
	on, err := truth(p.value)
	switch {
	case p.value == "":
		return b.setTLS(TLSUnset, "")
	case err != nil && (noPassword(p.value) != nil || strings.ContainsAny(p.value, `;,=&"'`+blanks)):
		return p.fault("tls", errRegistered)
	case err != nil:
		return b.setTLS(TLSVerifyFull, p.value)
	case on:
		return b.setTLS(TLSVerifyFull, "")
	}
	return b.setTLS(TLSDisable, "")
}

// setTLS sets the declaration and the name of a registered configuration.
func (b *builder) setTLS(t TLS, registered string) error {
	b.known++
	b.config.TLS, b.mode = t, t != TLSUnset
	b.param("tls", registered)
	return nil
}

// checked takes a parameter over under the given name in the form that the check
// gives it.
func checked(name string, check func(value string) (string, error)) rule {
	return func(b *builder, p pair) error {
		b.known++
		if p.value != "" {
			var err error
			if p.value, err = check(p.value); err != nil {
				return p.fault(p.key, err)
			}
		}
		b.param(name, p.value)
		return nil
	}
}

func passBoolean(name string) rule {
	return checked(name, func(value string) (string, error) {
		on, err := truth(value)
		return strconv.FormatBool(on), err
	})
}

// passNot takes a truth value over as its opposite.
func passNot(name string) rule {
	return checked(name, func(value string) (string, error) {
		on, err := truth(value)
		return strconv.FormatBool(!on), err
	})
}

func passDuration(name string) rule {
	return checked(name, func(value string) (string, error) {
		// time.ParseDuration's error quotes its input.
		if d, err := time.ParseDuration(value); err != nil || d < 0 {
			return "", errors.New("want a duration with its unit and not below 0, such as 30s")
		}
		return value, nil
	})
}

// passUnits takes a number of units over as a duration. 0 means no limit, as it
// does when nothing is said.
func passUnits(name string, unit time.Duration, want string) rule {
	return checked(name, func(value string) (string, error) {
		n, err := strconv.ParseUint(value, 10, 30)
		switch {
		case err != nil || !isNumber(value):
			return "", errors.New(want)
		case n == 0:
			return "", nil
		}
		return (time.Duration(n) * unit).String(), nil
	})
}

func passSecondsAsDuration(name string) rule {
	return passUnits(name, time.Second, "want a whole number of seconds, at most 1073741823")
}

func passMilliseconds(name string) rule {
	return passUnits(name, time.Millisecond, "want a whole number of milliseconds, at most 1073741823")
}

// passBytes takes a size; the server allows at most 1 GiB.
func passBytes(name string) rule {
	return checked(name, func(value string) (string, error) {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil || !isNumber(value) || n > 1<<30 {
			return "", errors.New("want a whole number of bytes, at most 1073741824")
		}
		return value, nil
	})
}

// passName takes the name of a character set, a collation or a time zone, or a
// list of such names.
func passName(name string) rule {
	return checked(name, func(value string) (string, error) {
		for _, c := range value {
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("_,/+-", c)) {
				return "", errors.New("want a name, such as utf8mb4 or Europe/Paris")
			}
		}
		return value, nil
	})
}

func passText(name string) rule {
	return checked(name, func(value string) (string, error) { return value, noPassword(value) })
}
