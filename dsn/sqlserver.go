package dsn

import (
	"slices"
	"strings"
)

// sqlServer are SQL Server's dialects. JDBC, URLs and go-mssqldb's "odbc:" are known by
// how they begin, ODBC by its Driver, and go-mssqldb's own pairs by a key that no other
// client has; ADO.NET takes the rest.
var sqlServer = engineRules{
	grammars: []grammar{
		{dialectJDBC, after("jdbc:sqlserver:"), splitSQLServerJDBC, mssqlJDBCRules, dropForeign},
		odbcConnect(sqlServerScheme, msODBCRules),
		{dialectJDBC, afterPrismaScheme, splitPrisma, mssqlJDBCRules, dropForeign},
		{DialectURL, after("sqlserver://", "mssql://"), splitSQLServerURL, goMSSQLURLRules, dropForeign},
		{DialectURL, sqlServerScheme, splitSQLServerURL, msODBCRules, dropForeign}, // such as SQLAlchemy's mssql+pyodbc://
		{DialectODBC, php(msODBCRules, "sqlsrv:", "dblib:"), splitODBC, msODBCRules, dropForeign},
		{DialectODBC, after("odbc:"), splitODBC, goMSSQLRules, dropForeign},
		otherURL("sqlserver://, mssql:// or jdbc:sqlserver://"),
		{DialectODBC, when(isODBC), splitODBC, msODBCRules, dropForeign},
		{DialectKeyValue, when(isGoMSSQL), splitGoMSSQL, goMSSQLRules, dropForeign},
		{dialectADO, when(hasEquals), splitADO, sqlClientRules, dropForeign},
	},
	tls: newTLSWords("true, false, mandatory, optional, strict or disable", map[TLS]string{
		TLSDisable:    "DANGER_PLAINTEXT",               // Prisma and tiberius
		TLSPrefer:     "optional, false, no, off, f, 0", // the login is encrypted, more if the server asks for it
		TLSRequire:    "mandatory, true, yes, on, t, 1",
		TLSVerifyFull: "strict",
	}),
	want:       `"Server=...;Database=...", "sqlserver://...", "jdbc:sqlserver://..." or "Driver={...};Server=..."`,
	hosts:      sqlServerHosts,
	finish:     finishSQLServer,
	parameters: listSet(goMSSQLParameters),
}

// sqlServerScheme also knows those of Laravel, Doctrine, usql and Ecto.
var sqlServerScheme = scheme("sqlserver", "mssql", "sqlsrv", "pdo-sqlsrv", "pdo_sqlsrv", "azuresql", "ecto")

// isGoMSSQL reports whether s can be read as go-mssqldb's own pairs, and has a key that
// only go-mssqldb knows.
func isGoMSSQL(s string) bool {
	pairs, err := splitGoMSSQL(s, 0)
	return err == nil && slices.ContainsFunc(pairs, func(p pair) bool { return goMSSQLOnly[fold(p.key)] })
}

// sqlServerKeys is what only SQL Server's strings say, until it can be resolved.
type sqlServerKeys struct {
	verified              bool // Trust Server Certificate=false
	instance              pair // JDBC's instanceName
	partner, partnerPorts pair
}

// finishSQLServer resolves the failover partner, TLS with trust, and whose password it is.
func finishSQLServer(b *builder) error {
	if err := b.addPartner(); err != nil {
		return err
	}
	c := &b.config
	strict := c.TLS == TLSVerifyFull && c.Params["encrypt"] != ""
	switch {
	case strict && b.unverified: // as in SqlClient and go-mssqldb
		b.unverified = false
		b.ignore("Trust Server Certificate", "encrypt=strict always verifies")
	case !strict:
		b.param("encrypt", "")
		if c.TLS == TLSRequire && b.sqlServer.verified {
			c.TLS = TLSVerifyFull
		}
	}

	// Of a service principal with a certificate it is the certificate's, as in the drivers.
	id := &c.Identity
	if id.Method == MethodServicePrincipal && id.ClientCertificatePath != "" &&
		id.ClientSecret.IsZero() && id.ClientCertificatePassword.IsZero() {
		id.ClientCertificatePassword, c.Password = c.Password, Secret{}
	}
	return nil
}

// splitSQLServerJDBC cuts the URLs of mssql-jdbc (SQLServerDriver's parseUrl):
// jdbc:sqlserver://[host[\instance][:port]][;key=value...], with values as in ODBC.
func splitSQLServerJDBC(s string, start int) ([]pair, error) {
	if !strings.HasPrefix(s[start:], "//") {
		return nil, syntaxError(start, "want // after the JDBC driver's name")
	}
	return splitSQLServerProperties(s, start+2)
}

func splitSQLServerProperties(s string, start int) ([]pair, error) {
	server, _, _ := strings.Cut(s[start:], ";")
	if strings.ContainsAny(server, "/?=@") {
		return nil, syntaxError(start, "keys follow a semicolon in SQL Server's JDBC URLs: //host:port;databaseName=...;user=...")
	}
	pairs, err := splitODBC(s, start+len(server))
	if err != nil {
		return nil, err
	}
	return append([]pair{{key: "serverName", value: server, keyPos: start, pos: start}}, pairs...), nil
}

// splitGoMSSQL cuts go-mssqldb's own pairs (splitConnectionString in msdsn/conn_str.go),
// which are nearly ADO.NET's: double quotes protect semicolons wherever they stand; those
// round the whole value are taken off and doubled ones in it halved.
func splitGoMSSQL(s string, start int) ([]pair, error) {
	var pairs []pair
	for i := skip(s, start, true); i < len(s); {
		end, closed := endOfGoMSSQL(s, i)
		eq := strings.IndexByte(s[i:end], '=')
		if eq < 0 {
			return nil, syntaxError(i, `no "=" after a key (put a value that holds semicolons in double quotes)`)
		}
		p := pair{key: strings.TrimRight(s[i:i+eq], blanks), keyPos: i, pos: min(skip(s, i+eq+1, false), end)}
		if !closed {
			return nil, p.valueError("a quoted value without its end")
		}
		p.value = strings.TrimRight(s[p.pos:end], blanks)
		if n := len(p.value); n > 1 && p.value[0] == '"' && p.value[n-1] == '"' {
			p.value = strings.ReplaceAll(p.value[1:n-1], `""`, `"`)
		}
		pairs = append(pairs, p)
		i = skip(s, end, true)
	}
	return pairs, nil
}

// endOfGoMSSQL returns the index of the semicolon or end that follows the pair that
// begins at i, and whether its quotes match.
func endOfGoMSSQL(s string, i int) (end int, closed bool) {
	closed = true
	for ; i < len(s) && (s[i] != ';' || !closed); i++ {
		if s[i] == '"' {
			closed = !closed
		}
	}
	return i, closed
}
