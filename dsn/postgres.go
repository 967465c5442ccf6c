package dsn

import "strings"

// postgres are PostgreSQL's dialects. JDBC and URL are known by how they begin,
// ODBC by its Driver, and of the two that are left ADO.NET takes what the
// key/value form does not.
var postgres = engineRules{
	grammars: []grammar{
		{DialectJDBC, isPostgresJDBC, splitPostgresJDBC, jdbcRules, dropForeign},
		{DialectURL, isPostgresURL, splitPostgresURL, nativeRules, passParameter},
		{DialectUnknown, isForeignURL, refuseForeignURL("postgres://, postgresql:// or jdbc:postgresql://"), nil, nil},
		{DialectODBC, isODBC, splitODBC, psqlODBCRules, dropForeign},
		{DialectKeyValue, isKeyValue, splitPostgresKeyValue, nativeRules, passParameter},
		{DialectADO, func(s string) bool { return strings.Contains(s, "=") }, splitADO, npgsqlRules, dropForeign},
	},
	tls: tlsWords{
		words: map[string]TLS{
			"disable":    TLSDisable,
			"allow":      TLSPrefer, // like prefer it may end in clear text
			"prefer":     TLSPrefer,
			"require":    TLSRequire,
			"noverify":   TLSSkipVerify, // node-postgres
			"skipverify": TLSSkipVerify,
			"verifyca":   TLSVerifyCA,
			"verifyfull": TLSVerifyFull,
		},
		known: "disable, allow, prefer, require, no-verify, verify-ca or verify-full",
	},
	parameters: knownParameters,
	want:       `"host=... user=...", "postgres://...", "jdbc:postgresql://..." or "Server=...;User Id=..."`,
}

const postgresJDBC = "jdbc:postgresql:"

var postgresSchemes = []string{"postgres://", "postgresql://"}

func isPostgresJDBC(s string) bool { return urlScheme(s, postgresJDBC) > 0 }

func splitPostgresJDBC(s string) ([]pair, error) { return splitJDBC(s, len(postgresJDBC)) }

func isPostgresURL(s string) bool { return urlScheme(s, postgresSchemes...) > 0 }

func splitPostgresURL(s string) ([]pair, error) {
	return splitURL(s, urlScheme(s, postgresSchemes...))
}

// isForeignURL reports whether s is a URL of something else, such as
// jdbc:mysql://h or postgresql+asyncpg://h, whose "=" would make a pair of it.
func isForeignURL(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && !strings.ContainsAny(scheme, "=;"+blanks)
}

// refuseForeignURL says in an error which URLs are wanted.
func refuseForeignURL(want string) func(string) ([]pair, error) {
	return func(string) ([]pair, error) { return nil, at(0, "a URL of another kind: want "+want) }
}
