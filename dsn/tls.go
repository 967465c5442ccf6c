package dsn

import (
	"errors"
	"strings"
)

// TLS is what a connection string declares about encryption.
type TLS uint8

// The declarations, from none to the strongest.
const (
	TLSUnset      TLS = iota // nothing is said
	TLSDisable               // no encryption
	TLSPrefer                // encryption if the server offers it, else clear text
	TLSRequire               // encryption, verification not asked for
	TLSSkipVerify            // encryption, verification explicitly refused
	TLSVerifyCA              // the chain is verified, the name is not
	TLSVerifyFull            // chain and name are verified
)

var tlsNames = [...]string{"", "disable", "prefer", "require", "skip-verify", "verify-ca", "verify-full"}

// String returns "", "disable", "prefer", "require", "skip-verify", "verify-ca"
// or "verify-full".
func (t TLS) String() string {
	if int(t) >= len(tlsNames) {
		return "unknown TLS declaration"
	}
	return tlsNames[t]
}

// tlsWords are an engine's words for TLS, folded, and how an error lists them.
type tlsWords struct {
	words map[string]TLS
	known string
}

// newTLSWords returns the declarations' names, which every engine takes, and more words.
func newTLSWords(known string, more map[TLS]string) tlsWords {
	w := tlsWords{make(map[string]TLS), known}
	for t := TLSDisable; t <= TLSVerifyFull; t++ {
		for _, word := range commaList(t.String() + "," + more[t]) {
			w.words[fold(word)] = t
		}
	}
	return w
}

// mode reads a word such as "verify-full"; empty means nothing is said. The portal's string for C# has
// MySqlSslMode.Required.
func (w tlsWords) mode(word string) (TLS, error) {
	if t, ok := w.words[strings.TrimPrefix(fold(word), "mysqlsslmode.")]; ok || trimBlanks(word) == "" {
		return t, nil
	}
	return TLSUnset, errors.New("unknown TLS mode: want " + w.known)
}

// flag reads what stands after a key like "ssl": a truth value or a mode.
func (w tlsWords) flag(word string) (TLS, error) {
	on, err := truth(word)
	if f := fold(word); on || f == "mysqlclientssl" || f == "mysqliclientssl" { // PHP's constants
		return TLSRequire, nil
	}
	if err == nil {
		return TLSDisable, nil
	}
	t, err := w.mode(word)
	if err != nil {
		return TLSUnset, errors.New("unknown TLS word: want true, false, " + w.known)
	}
	return t, nil
}
