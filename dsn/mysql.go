package dsn

import "strings"

// mySQL are MySQL's dialects. JDBC and URL are known by how they begin, ODBC by
// its driver, and go-sql-driver's form by what it has in front of the first "=".
var mySQL = engineRules{
	grammars: []grammar{
		{DialectJDBC, isMySQLJDBC, splitMySQLJDBC, mySQLJDBCRules, dropForeign},
		{DialectURL, isMySQLURL, splitMySQLURL, mySQLURLRules, dropForeign},
		{DialectDSN, isMySQLDSN, splitMySQLDSN, mySQLNativeRules, passVariable},
		{DialectUnknown, isForeignURL, refuseMySQLURL, nil, nil},
		{DialectODBC, isODBC, splitODBC, mySQLODBCRules, dropForeign},
		{DialectADO, func(s string) bool { return strings.Contains(s, "=") }, splitADO, mySQLADORules, dropForeign},
	},
	tls: tlsWords{
		words: map[string]TLS{
			"disabled":       TLSDisable,
			"disable":        TLSDisable, // MariaDB Connector/J
			"none":           TLSDisable, // MySqlConnector
			"false":          TLSDisable,
			"preferred":      TLSPrefer,
			"prefer":         TLSPrefer,
			"required":       TLSRequire,
			"require":        TLSRequire,
			"true":           TLSRequire,
			"skipverify":     TLSSkipVerify, // go-sql-driver
			"noverify":       TLSSkipVerify,
			"trust":          TLSSkipVerify, // MariaDB Connector/J
			"verifyca":       TLSVerifyCA,
			"verifyidentity": TLSVerifyFull,
			"verifyfull":     TLSVerifyFull, // MySqlConnector, MariaDB Connector/J

			"mysqliclientssldontverifyservercert": TLSSkipVerify, // PHP's constant
		},
		known: "disabled, preferred, required, verify_ca, verify_identity or skip-verify",
	},
	parameters: wordSet(mySQLParameterNames),
	want:       `"user@tcp(host:3306)/database?tls=true", "jdbc:mysql://...", "mysql://..." or "Server=...;User Id=..."`,
}

func refuseMySQLURL(string) ([]pair, error) {
	return nil, at(0, "a URL of another kind: want mysql:// or jdbc:mysql://")
}
