package dsn

import "errors"

var tlsNames = [...]string{
	TLSUnset:      "",
	TLSDisable:    "disable",
	TLSPrefer:     "prefer",
	TLSRequire:    "require",
	TLSSkipVerify: "skip-verify",
	TLSVerifyCA:   "verify-ca",
	TLSVerifyFull: "verify-full",
}

// String returns "", "disable", "prefer", "require", "skip-verify", "verify-ca"
// or "verify-full".
func (t TLS) String() string {
	if int(t) >= len(tlsNames) {
		return "unknown TLS declaration"
	}
	return tlsNames[t]
}

// tlsWords are an engine's words for TLS, and how an error lists them.
type tlsWords struct {
	words map[string]TLS
	known string
}

// mode reads a word such as "verify-full"; empty means nothing is said.
func (w tlsWords) mode(word string) (TLS, error) {
	if t, ok := w.words[fold(word)]; ok || trimBlanks(word) == "" {
		return t, nil
	}
	return TLSUnset, errors.New("unknown TLS mode: want " + w.known)
}

// flag reads what stands after a key like "ssl": a truth value or a mode.
func (w tlsWords) flag(word string) (TLS, error) {
	if on, err := truth(word); err == nil {
		if on {
			return TLSRequire, nil
		}
		return TLSDisable, nil
	}
	if f := fold(word); f == "mysqlclientssl" || f == "mysqliclientssl" { // PHP's constants
		return TLSRequire, nil
	}
	t, err := w.mode(word)
	if err != nil {
		return TLSUnset, errors.New("unknown TLS word: want true, false, " + w.known)
	}
	return t, nil
}

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
