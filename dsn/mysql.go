package dsn

import (
	"errors"
	"strings"
)

// mySQL are MySQL's dialects. JDBC and URL are known by how they begin, ODBC by its
// driver, and go-sql-driver's form by what it has in front of the first "=".
var mySQL = engineRules{
	grammars: []grammar{
		odbcConnect(mySQLScheme, mySQLODBCRules),
		{dialectADO, php(mySQLADORules, "mysql:"), splitADO, mySQLADORules, dropForeign},
		{dialectJDBC, when(isMySQLJDBC), splitMySQLJDBC, mySQLJDBCRules, dropForeign},
		{DialectURL, mySQLScheme, splitMySQLURL, mySQLURLRules, dropForeign},
		{DialectDSN, when(isMySQLDSN), splitMySQLDSN, mySQLNativeRules, passVariable},
		otherURL("mysql:// or jdbc:mysql://"),
		{DialectODBC, when(isODBC), splitODBC, mySQLODBCRules, dropForeign},
		{dialectADO, when(hasEquals), splitADO, mySQLADORules, dropForeign},
	},
	tls: newTLSWords("disabled, preferred, required, verify_ca, verify_identity or skip-verify", map[TLS]string{
		// None is MySqlConnector's, trust MariaDB Connector/J's, and the longest PHP's.
		TLSDisable:    "disabled, None, false",
		TLSPrefer:     "preferred",
		TLSRequire:    "required, true",
		TLSSkipVerify: "no-verify, trust, MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT",
		TLSVerifyFull: "verify_identity",
	}),
	parameters: listSet(mySQLParameterNames),
	want:       `"user@tcp(host:3306)/database?tls=true", "jdbc:mysql://...", "mysql://..." or "Server=...;User Id=..."`,
	hosts:      readHosts,
	finish:     finishPrisma,
}

// mySQLScheme is that of MySQL Shell's URLs (section "Connecting Using URI-Like Connection Strings" of the MySQL
// manual), of Ruby on Rails, MariaDB, Doctrine, Django and Ecto. They agree up to the "?".
var mySQLScheme = scheme("mysql", "mysql2", "mariadb", "trilogy", "mysqli", "pdo-mysql", "pdo_mysql", "mysqlgis", "mysql-connector", "ecto")

var (
	errNetwork = errors.New("only the network tcp is supported: write user@tcp(host:port)/database")
	errDialer  = errors.New("only the network tcp is supported: write user@tcp(host:port)/database, and give what is registered with the driver for another network to Options.Dial")
	errAddress = errors.New(`the address has no ")" in front of the last "/": write a "/" in a parameter's value as %2F`)
)

// isMySQLDSN tells a data source name from pairs by what stands in front of the
// first "=", and from URLs by the parentheses of its address.
func isMySQLDSN(s string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(s, ";"+blanks), "=")
	first = strings.TrimRight(first, blanks)
	isPair := isShared(first) || neverPassed.has(first) || mySQLADORules.has(first) || mySQLODBCRules.has(first)
	if isPair || !strings.ContainsAny(s, "@/") {
		return false
	}
	_, address, _ := cutDSN(s)
	return strings.Contains(address.value, "(") || !isKey(first) && !isURL(s)
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

// splitMySQLDSN cuts a data source name as go-sql-driver's ParseDSN does:
// [user[:password]@][net[(address)]]/database[?key=value&...], cut at the last "/" of the
// whole text, the last "@" in front of it and the first ":" of the user. User and
// password are taken as they stand; the rest is percent-decoded, and "+" is a blank in
// parameters. Deliberately different: tcp is the only network, because no other can be
// verified by TLS under a host's name; parameters may be written in any case.
func splitMySQLDSN(s string, _ int) ([]pair, error) {
	login, address, slash := cutDSN(s)
	if slash < 0 {
		return nil, syntaxError(len(s), `no "/" in front of the database's name: want user@tcp(host:port)/database`)
	}
	u := urlReader{decode: func(s string) (value, wrong string) { return s, "" }, paired: true}
	u.userinfo(login, 0)
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

// dsnHost takes the host and port out of "tcp(h:3306)", if there are parentheses.
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
	if ok {
		return pair{}, errDialer
	}
	return pair{}, errNetwork
}

func isMySQLJDBC(s string) bool {
	n := schemeLength(s, "jdbc:mysql", "jdbc:mariadb")
	return n > 0 && n < len(s) && (s[n] == ':' || s[n] == '+')
}

// splitMySQLJDBC is splitJDBC with a user and a password in front of the host.
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

func splitMySQLURL(s string, start int) ([]pair, error) {
	if front, _, _ := strings.Cut(s[start:], "?"); strings.Contains(front, "@tcp(") || strings.HasPrefix(front, "tcp(") {
		return nil, syntaxError(start, `a go-sql-driver data source name with a scheme: leave out the scheme and its "://"`)
	}
	return splitURL(s, start)
}
