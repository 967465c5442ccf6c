package dsn

import (
	"errors"
	"strings"
)

// This file recognises and cuts MySQL's dialects.
//
// Data source names are read by the rules of go-sql-driver's ParseDSN:
// [user[:password]@][net[(address)]]/database[?key=value&...], cut at the last
// "/" of the whole text, the last "@" in front of it and the first ":" of the
// user. User and password are taken as they stand, the database's name is
// percent-decoded, and so are the values of parameters, where "+" is a blank.
// Deliberately different: tcp is the only network, because a connection that is
// not made over it cannot be verified by TLS under a host's name; the names of
// parameters may be written in any case.
//
// URLs are MySQL Shell's (section "Connecting Using URI-Like Connection Strings" of
// the MySQL manual), mysql2:// of Ruby on Rails, and mysql+pymysql:// and similar
// ones of SQLAlchemy. They agree on everything in front of the "?".

// mySQL are MySQL's dialects. JDBC and URL are known by how they begin, ODBC by
// its driver, and go-sql-driver's form by what it has in front of the first "=".
var mySQL = engineRules{
	grammars: []grammar{
		{DialectJDBC, when(isMySQLJDBC), splitMySQLJDBC, mySQLJDBCRules, dropForeign},
		{DialectURL, afterMySQLScheme, splitMySQLURL, mySQLURLRules, dropForeign},
		{DialectDSN, when(isMySQLDSN), splitMySQLDSN, mySQLNativeRules, passVariable},
		otherURL("mysql:// or jdbc:mysql://"),
		{DialectODBC, when(isODBC), splitODBC, mySQLODBCRules, dropForeign},
		{DialectADO, when(hasEquals), splitADO, mySQLADORules, dropForeign},
	},
	tls: newTLSWords("disabled, preferred, required, verify_ca, verify_identity or skip-verify", map[TLS]string{
		// None is MySqlConnector's, trust MariaDB Connector/J's, and the longest PHP's.
		TLSDisable:    "disabled, None, false",
		TLSPrefer:     "preferred",
		TLSRequire:    "required, true",
		TLSSkipVerify: "no-verify, trust, MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT",
		TLSVerifyFull: "verify_identity",
	}),
	parameters: listSet(mySQLParameterNames, unchanged),
	want:       `"user@tcp(host:3306)/database?tls=true", "jdbc:mysql://...", "mysql://..." or "Server=...;User Id=..."`,
	hosts:      readHosts,
}

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
	return strings.Contains(address.value, "(") || !isKey(first) && !isURL(s)
}

// isMySQLKey reports whether a folded word is a key of ADO.NET or ODBC.
func isMySQLKey(folded string) bool {
	_, shared := synonyms[folded]
	_, never := neverPassed[folded]
	_, ado := mySQLADORules[folded]
	_, odbc := mySQLODBCRules[folded]
	return shared || never || ado || odbc
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

func splitMySQLDSN(s string, _ int) ([]pair, error) {
	login, address, slash := cutDSN(s)
	if slash < 0 {
		return nil, syntaxError(len(s), `no "/" in front of the database's name: want user@tcp(host:port)/database`)
	}
	user, password, _ := strings.Cut(login, ":")
	u := urlReader{decode: asWritten, paired: true}
	u.add("user", user, 0)
	u.add("password", password, len(user)+1)
	host, err := dsnHost(address)
	if err != nil {
		return nil, address.keyError("host", err)
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

func isMySQLJDBC(s string) bool {
	n := schemeLength(s, "jdbc:mysql", "jdbc:mariadb")
	return n > 0 && n < len(s) && (s[n] == ':' || s[n] == '+')
}

// splitMySQLJDBC cuts the form of splitJDBC, in which a user and a password may
// also stand in front of the host.
func splitMySQLJDBC(s string, _ int) ([]pair, error) {
	start := schemeLength(s, "jdbc:mysql://", "jdbc:mariadb://")
	if start == 0 {
		return nil, syntaxError(0, "want jdbc:mysql:// or jdbc:mariadb:// and a list of hosts, which are tried in order: load balancing, replication and DNS SRV are not supported")
	}
	authority, path, query := cutURL(s, start)
	if strings.ContainsAny(path.value, "/@") {
		return nil, syntaxError(path.pos, `a "/" or "@" in the database's name: write it as %2F or %40, also in a user name or password`)
	}
	u := urlReader{decode: decodeForm}
	authority = u.login(authority)
	if strings.ContainsAny(authority.value, "()") {
		return nil, authority.keyError("host", errors.New("address=(...) and (key=value) are not supported: write host:port"))
	}
	return u.read(authority, path, query)
}

// afterMySQLScheme recognises mysql, mysql2 and mariadb as a scheme, also with "+"
// and the name of another language's driver.
func afterMySQLScheme(s string) int {
	scheme, _, ok := strings.Cut(s, "://")
	name, driver, plus := strings.Cut(strings.ToLower(scheme), "+")
	switch {
	case !ok || name != "mysql" && name != "mysql2" && name != "mariadb":
		return -1
	case plus && (!isKey(driver) || driver == "srv"):
		return -1
	}
	return len(scheme) + len("://")
}

func splitMySQLURL(s string, start int) ([]pair, error) {
	if front, _, _ := strings.Cut(s[start:], "?"); strings.Contains(front, "@tcp(") || strings.HasPrefix(front, "tcp(") {
		return nil, syntaxError(start, `a go-sql-driver data source name with a scheme: leave out the scheme and its "://"`)
	}
	return splitURL(s, start)
}
