package environ

import (
	"strings"
)

// referenceKind tells how the string given to Open is to be understood.
type referenceKind uint8

const (
	referenceDefault    referenceKind = iota // "": the default connection
	referenceConnection                      // connection:NAME
	referenceVariable                        // env:NAME
	referenceLiteral                         // a connection string
)

// maxConnectionName is the length that Service Connector allows a connection's
// name to have.
const maxConnectionName = 60

// reference is the string given to Open, classified.
type reference struct {
	kind referenceKind
	text string // the NAME, or the connection string without blanks around it
}

// parseReference classifies s. Only a whole string connection:NAME or env:NAME
// is a reference; everything else that is not blank is a connection string, also
// "env:secret@tcp(host:3306)/db", which go-sql-driver reads as a user and a
// password, and so must never be quoted.
func parseReference(s string) reference {
	if name, ok := strings.CutPrefix(s, "connection:"); ok && isConnectionName(name) {
		return reference{referenceConnection, name}
	}
	if name, ok := strings.CutPrefix(s, "env:"); ok && isVariableName(name) {
		return reference{referenceVariable, name}
	}
	text := strings.TrimSpace(s)
	if text == "" {
		return reference{kind: referenceDefault}
	}
	return reference{referenceLiteral, text}
}

// isConnectionName reports whether Service Connector accepts name for a
// connection: 1 to 60 letters, digits, periods and underscores.
func isConnectionName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !isLetter(c) && !isDigit(c) && c != '.' && c != '_' {
			return false
		}
	}
	return 1 <= len(name) && len(name) <= maxConnectionName
}

// isVariableName reports whether name is a variable's name as POSIX shells write
// it.
func isVariableName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !isLetter(c) && c != '_' && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return name != ""
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
