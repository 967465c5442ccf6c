package dsn

import (
	"errors"
	"strings"
)

// This file reads go-sql-driver's data source names by the rules of its ParseDSN:
// [user[:password]@][net[(address)]]/database[?key=value&...], cut at the last
// "/" of the whole text, the last "@" in front of it and the first ":" of the
// user. User and password are taken as they stand, the database's name is
// percent-decoded, and so are the values of parameters, where "+" is a blank.
//
// Deliberately different: tcp is the only network, because a connection that is
// not made over it cannot be verified by TLS under a host's name; the names of
// parameters may be written in any case.

var (
	errNetwork = errors.New("only the network tcp is supported: write user@tcp(host:port)/database")
	errAddress = errors.New(`the address has no ")" in front of the last "/": write a "/" in a parameter's value as %2F`)
)

// isMySQLDSN tells a data source name from pairs by what stands in front of the
// first "=", and from URLs by the parentheses of its address.
func isMySQLDSN(s string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(s, ";"+blanks), "=")
	first = strings.TrimRight(first, blanks)
	if isMySQLKey(fold(first)) || !strings.ContainsAny(s, "@/") {
		return false
	}
	_, address, _ := cutDSN(s)
	return strings.Contains(address.value, "(") || !isKey(first) && !isForeignURL(s)
}

// isMySQLKey reports whether a folded word is a key of ADO.NET or ODBC.
func isMySQLKey(folded string) bool {
	_, shared := synonyms[folded]
	_, never := neverPassed[folded]
	return shared || never || mySQLADORules[folded] != nil || mySQLODBCRules[folded] != nil
}

// cutDSN cuts what stands in front of the last "/" into the user with password
// and the network with address, and returns the index of the "/", -1 for none.
func cutDSN(s string) (login string, address pair, slash int) {
	slash = strings.LastIndexByte(s, '/')
	front := s
	if slash >= 0 {
		front = s[:slash]
	}
	i := strings.LastIndexByte(front, '@')
	return front[:max(i, 0)], pair{value: front[i+1:], pos: i + 1}, slash
}

func splitMySQLDSN(s string) ([]pair, error) {
	login, address, slash := cutDSN(s)
	if slash < 0 {
		return nil, at(len(s), `no "/" in front of the database's name: want user@tcp(host:port)/database`)
	}
	user, password, _ := strings.Cut(login, ":")
	u := urlReader{decode: asWritten, paired: true}
	u.add("user", user, 0)
	u.add("password", password, len(user)+1)
	host, err := dsnHost(address)
	if err != nil {
		return nil, address.fault("host", err)
	}
	u.add("host", host.value, host.pos)

	database, query, _ := strings.Cut(s[slash+1:], "?")
	u.decode = decodePercent
	u.add("dbname", database, slash+1)
	u.decode = decodeForm
	return u.finish(pair{value: query, pos: min(slash+len(database)+2, len(s))})
}

// dsnHost takes the host and port out of "tcp(h:3306)". Without parentheses it is
// empty.
func dsnHost(address pair) (host pair, err error) {
	network, inner, ok := strings.Cut(address.value, "(")
	if inner, closed := strings.CutSuffix(inner, ")"); ok && closed {
		host = pair{value: inner, pos: address.pos + len(network) + 1}
	} else if ok {
		return pair{}, errAddress
	}
	switch strings.ToLower(network) {
	case "", "tcp":
		return host, nil
	case "unix":
		return pair{}, errSocket
	}
	return pair{}, errNetwork
}

func asWritten(s string) (value, wrong string) { return s, "" }
