package dsn

import "strings"

// sqlServer are SQL Server's dialects. JDBC, URLs and go-mssqldb's "odbc:" are
// known by how they begin, ODBC by its Driver, and go-mssqldb's own pairs by a
// key that nobody else has; ADO.NET takes the rest.
var sqlServer = engineRules{
	grammars: []grammar{
		{DialectJDBC, isSQLServerJDBC, splitSQLServerJDBC, mssqlJDBCRules, dropForeign},
		{DialectURL, isSQLServerURL, splitSQLServerURL, goMSSQLRules, dropForeign},
		{DialectODBC, isGoMSSQLODBC, splitGoMSSQLODBC, goMSSQLRules, dropForeign},
		{DialectUnknown, isForeignURL, refuseForeignURL("sqlserver://, mssql:// or jdbc:sqlserver://"), nil, nil},
		{DialectODBC, isODBC, splitODBC, msODBCRules, dropForeign},
		{DialectKeyValue, isGoMSSQL, splitGoMSSQL, goMSSQLRules, dropForeign},
		{DialectADO, func(s string) bool { return strings.Contains(s, "=") }, splitADO, sqlClientRules, dropForeign},
	},
	tls: tlsWords{
		words: map[string]TLS{
			"disable": TLSDisable,

			// These encrypt the login only, or more if the server asks for it.
			"optional": TLSPrefer,
			"false":    TLSPrefer,
			"no":       TLSPrefer,
			"off":      TLSPrefer,
			"f":        TLSPrefer,
			"0":        TLSPrefer,

			"mandatory": TLSRequire,
			"true":      TLSRequire,
			"yes":       TLSRequire,
			"on":        TLSRequire,
			"t":         TLSRequire,
			"1":         TLSRequire,

			"strict": TLSVerifyFull,

			// The words of Config itself.
			"prefer":     TLSPrefer,
			"require":    TLSRequire,
			"skipverify": TLSSkipVerify,
			"verifyca":   TLSVerifyCA,
			"verifyfull": TLSVerifyFull,
		},
		known: "true, false, mandatory, optional, strict or disable",
	},
	want: `"Server=...;Database=...", "sqlserver://...", "jdbc:sqlserver://..." or "Driver={...};Server=..."`,

	hosts:      sqlServerHosts,
	finish:     finishSQLServer,
	parameters: goMSSQLParameters,
}

const (
	sqlServerJDBC = "jdbc:sqlserver:"
	goMSSQLODBC   = "odbc:"
)

var sqlServerSchemes = []string{"sqlserver://", "mssql://"}

func isSQLServerJDBC(s string) bool { return urlScheme(s, sqlServerJDBC) > 0 }

func isSQLServerURL(s string) bool { return urlScheme(s, sqlServerSchemes...) > 0 }

func isGoMSSQLODBC(s string) bool { return urlScheme(s, goMSSQLODBC) > 0 }

// isGoMSSQL reports whether s is written in go-mssqldb's own pairs: it can be
// read as them, and has a key that only go-mssqldb knows.
func isGoMSSQL(s string) bool {
	pairs, err := splitGoMSSQL(s)
	if err != nil {
		return false
	}
	for _, p := range pairs {
		if goMSSQLOnly[fold(p.key)] {
			return true
		}
	}
	return false
}

// sqlServerKeys is what only SQL Server's strings say, kept until it can be
// resolved.
type sqlServerKeys struct {
	verified              bool // Trust Server Certificate=false
	instance              pair // JDBC's instanceName
	partner, partnerPorts pair
}

// finishSQLServer resolves the failover partner, what TLS modes mean together
// with trust, and whose password it is.
func finishSQLServer(b *builder) error {
	if err := b.addPartner(); err != nil {
		return err
	}
	c := &b.config
	strict := c.TLS == TLSVerifyFull && c.Params["encrypt"] != ""
	switch {
	case strict && b.unverified: // as in SqlClient and go-mssqldb
		b.unverified = false
		b.drop("Trust Server Certificate", "encrypt=strict always verifies")
	case !strict:
		b.param("encrypt", "")
		if c.TLS == TLSRequire && b.sqlServer.verified {
			c.TLS = TLSVerifyFull
		}
	}

	// The drivers read the password of a service principal with a certificate as
	// the certificate's.
	id := &c.Identity
	if id.Method == MethodServicePrincipal && id.ClientCertificatePath != "" &&
		id.ClientSecret.IsZero() && id.ClientCertificatePassword.IsZero() {
		id.ClientCertificatePassword, c.Password = c.Password, Secret{}
	}
	return nil
}
