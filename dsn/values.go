package dsn

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// The checks take a value that is not empty and return it as the driver wants it. They
// exist because the errors of strconv, time and the drivers quote what they refuse.

// errNoEquivalent is for a value that the native driver has no word for.
var errNoEquivalent = errors.New("this value has no equivalent")

// truth reads a truth value as the dialects write it.
func truth(word string) (bool, error) {
	switch fold(word) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, errors.New("want true or false")
}

func boolean(value string) (string, error) {
	on, err := truth(value)
	return strconv.FormatBool(on), err
}

func opposite(value string) (string, error) {
	on, err := truth(value)
	return strconv.FormatBool(!on), err
}

// onOff takes SQL Server's words in addition to those of truth.
func onOff(value string) (string, error) {
	switch fold(value) {
	case "enabled", "t":
		return "true", nil
	case "disabled", "f":
		return "false", nil
	}
	return boolean(value)
}

func anything(value string) (string, error) { return value, nil }

// publicText takes anything but a password: it goes to the server's logs.
func publicText(value string) (string, error) { return value, noPassword(value) }

// nameList takes names of character sets, collations or time zones.
func nameList(value string) (string, error) {
	if !isAlphanumeric(value, "_,/+-") {
		return "", errors.New("want a name, such as utf8mb4 or Europe/Paris")
	}
	return value, nil
}

// oneOf takes a word of a closed set, folded. One that maps to "" has no equivalent.
func oneOf(known string, words map[string]string) func(string) (string, error) {
	return func(value string) (string, error) {
		word, ok := words[fold(value)]
		switch {
		case !ok:
			return "", errors.New("unknown word: want " + known)
		case word == "":
			return "", errNoEquivalent
		}
		return word, nil
	}
}

// seconds takes a whole number of seconds for a driver that counts in them.
func seconds(value string) (string, error) {
	if !isNumber(value) || len(value) > 9 {
		return "", errors.New("want a whole number of seconds, at most 999999999")
	}
	return value, nil
}

// number takes a whole number of so many bits.
func number(bits int) func(string) (string, error) {
	return func(value string) (string, error) {
		if _, err := strconv.ParseUint(value, 10, bits); err != nil {
			return "", fmt.Errorf("want a whole number, at most %d", uint64(math.MaxUint64)>>(64-bits))
		}
		return value, nil
	}
}

// byteCount takes a size; MySQL allows at most 1 GiB.
func byteCount(value string) (string, error) {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil || n > 1<<30 {
		return "", errors.New("want a whole number of bytes, at most 1073741824")
	}
	return value, nil
}

// duration takes Go's "30s".
func duration(value string) (string, error) {
	if d, err := time.ParseDuration(value); err != nil || d < 0 {
		return "", errors.New("want a duration with its unit and not below 0, such as 30s")
	}
	return value, nil
}

// durationIn takes a number of units, named for the error. 0 means no limit, as an
// absent value does.
func durationIn(unit time.Duration, units string) func(string) (string, error) {
	return func(value string) (string, error) {
		n, err := strconv.ParseUint(value, 10, 30)
		switch {
		case err != nil:
			return "", errors.New("want a whole number of " + units + ", at most 1073741823")
		case n == 0:
			return "", nil
		}
		return (time.Duration(n) * unit).String(), nil
	}
}

var (
	durationInSeconds      = durationIn(time.Second, "seconds")
	durationInMilliseconds = durationIn(time.Millisecond, "milliseconds")
)
