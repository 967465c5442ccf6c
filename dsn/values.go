package dsn

import (
	"errors"
	"fmt"
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

// whole takes a whole number of units, which the error names, up to most.
func whole(units string, most uint64) func(string) (string, error) {
	return func(value string) (string, error) {
		if n, err := strconv.ParseUint(value, 10, 64); err != nil || n > most {
			return "", fmt.Errorf("want a whole number%s, at most %d", units, most)
		}
		return value, nil
	}
}

var seconds = whole(" of seconds", 999_999_999)

// duration takes Go's "30s".
func duration(value string) (string, error) {
	if d, err := time.ParseDuration(value); err != nil || d < 0 {
		return "", errors.New("want a duration with its unit and not below 0, such as 30s")
	}
	return value, nil
}

// durationIn takes a whole number of units. 0 means no limit, as an absent value does.
func durationIn(unit time.Duration, units string) func(string) (string, error) {
	check := whole(" of "+units, 1<<30-1)
	return func(value string) (string, error) {
		_, err := check(value)
		n, _ := strconv.ParseInt(value, 10, 64)
		if err != nil || n == 0 {
			return "", err
		}
		return (time.Duration(n) * unit).String(), nil
	}
}

var (
	durationInSeconds      = durationIn(time.Second, "seconds")
	durationInMilliseconds = durationIn(time.Millisecond, "milliseconds")
)
