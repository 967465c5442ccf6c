// Package mysql connects to Azure Database for MySQL with a Microsoft Entra token,
// with the settings that Service Connector writes, and go-sql-driver.
//
//	import _ "github.com/azuredb/passwordless/mysql" // registers "azure-mysql"
//
//	db, err := sql.Open("azure-mysql", "") // everything from the environment
//
// Package passwordless describes connections, identities, trust and errors. A
// connection string is go-sql-driver's form, a URL, JDBC, ADO.NET or ODBC;
// "env:secret@tcp(h:3306)/db" is one. [NewConnector] and [OpenDB] take options;
// [Configure] is for a go-sql-driver configuration, whose bare errors [Explain]
// explains. GORM takes mysql.New(mysql.Config{Conn: db}), sqlx needs
// sqlx.NewDb(db, "mysql").
//
// In go-sql-driver's form these parameters have its meaning and defaults:
// parseTime, loc, charset, collation, timeout (of dialling alone), readTimeout,
// writeTimeout, interpolateParams, maxAllowedPacket, clientFoundRows,
// columnsWithAlias, multiStatements, rejectReadOnly, checkConnLiveness,
// connectionAttributes, compress, timeTruncate, allowNativePasswords,
// allowOldPasswords and serverPubKey. Any other, such as sql_mode, is a system
// variable of the session. Of other forms, the parameters with an equivalent are
// translated and the rest is left out. The next host is tried if one cannot be
// reached, but not after an answer.
//
// tls=NAME, registered by [mysql.RegisterTLSConfig], adds that configuration's
// client certificates, and its roots in place of the system's; with roots in
// Options.RootCAs or PASSWORDLESS_CA_FILE as well it is an error.
//
// Differences from go-sql-driver: TLS is verified in full. tls=preferred, a registered
// configuration and, for Azure's hosts, tls=skip-verify are raised to that; for other
// hosts tls=skip-verify is an error, as tls=false is with a token. This package makes
// TLS itself, and sends the token inside it to a server that asks for it in clear text
// (mysql_clear_password), and by no other method; the driver does not get it.
// allowCleartextPasswords, allowFallbackToPlaintext and allowAllFiles are not passed
// on. The driver's logger gets nothing of a login that fails. MySQL answers 1045 to
// almost everything: compare the user and the identity that the error names with what
// the server's administrator made.
package mysql
