// Package mysql connects to Azure Database for MySQL without a password: with the
// settings that Service Connector writes, a Microsoft Entra token, and
// go-sql-driver.
//
//	import (
//		"database/sql"
//
//		_ "github.com/azuredb/passwordless/mysql" // registers "azure-mysql"
//	)
//
//	db, err := sql.Open("azure-mysql", "") // everything from the environment
//
// [NewConnector] and [OpenDB] take options as well, such as a credential of one's
// own or a logger; [Configure] is for a go-sql-driver configuration of one's own.
// The connections are go-sql-driver's: the library decides where to connect and
// as whom, supplies the token, and gets out of the way.
//
// # Strings
//
// The string of [sql.Open] and of every function here is one of these:
//
//	""                     the default connection: the AZURE_MYSQL_* variables
//	"connection:orders"    the connection named orders: AZURE_MYSQL_ORDERS_*
//	"env:DATABASE_URL"     the connection string in that variable
//	anything else          a connection string: go-sql-driver's, URL, JDBC, ADO.NET or ODBC
//
// "env:secret@tcp(h:3306)/db" is a connection string. One may carry
// authentication, client_id, tenant_id, object_id, resource_id,
// client_certificate_path and client_certificate_password, which say who
// connects. Package connector describes how the identity is chosen when nothing
// does.
//
// # Parameters
//
// In go-sql-driver's own form these have the driver's meaning and defaults:
// parseTime, loc, charset, collation, timeout (of the dialling alone),
// readTimeout, writeTimeout, interpolateParams, maxAllowedPacket,
// clientFoundRows, columnsWithAlias, multiStatements, rejectReadOnly,
// checkConnLiveness, connectionAttributes, compress, timeTruncate,
// allowNativePasswords, allowOldPasswords and serverPubKey. Every other
// parameter is a system variable of the session, such as sql_mode. Of other
// forms, the parameters with an equivalent are translated and the rest is left
// out. Several hosts are tried in their order: the next one if a host cannot be
// reached, but not after an answer.
//
// tls=NAME with a name registered by [mysql.RegisterTLSConfig] adds the root
// certificates and the client certificates of that configuration, and nothing
// else of it. Its roots take the place of the system's; beside roots in
// [connector.Options].RootCAs or PASSWORDLESS_CA_FILE they are an error, because
// two pools cannot be joined.
//
// # Other libraries
//
// GORM takes the database as it is: mysql.New(mysql.Config{Conn: db}) of
// gorm.io/driver/mysql. sqlx wants sqlx.NewDb(db, "mysql"), for it knows
// placeholders by driver name.
//
// # What differs from go-sql-driver
//
//   - TLS is always verified in full, chain and name: tls=preferred and a missing
//     one are raised to that, and there is no fallback to a connection without
//     TLS. tls=false and tls=skip-verify with a token are errors. A login with a
//     password may go without TLS where that is said and the host is not Azure's.
//   - The server's name must be trusted (Azure's suffixes, or
//     [connector.Options].TrustedHosts), or it gets no token.
//   - Passwords in clear text, which a token is to MySQL, are enabled by this
//     package for each connection, and only where TLS verifies the server: also for
//     ordinary passwords, for servers that hand them on to PAM or LDAP. The
//     connection lets nothing out but the request for TLS and TLS.
//   - allowCleartextPasswords, allowFallbackToPlaintext and allowAllFiles in a
//     connection string are not passed on.
//   - The driver's logger gets nothing of a login that fails: the error says it.
//
// # Errors
//
// A fault in the settings is a *[connector.SetupError], from sql.Open; a token that
// is not to be had is a *[connector.TokenError]. A failed login is a
// *[connector.LoginError]: one line with server, database, user, identity, the
// server's words and what to do; errors.As finds the driver's *[mysql.MySQLError]
// in it. If a server says that the token has expired, the login is tried once more
// with a new one.
//
// MySQL answers 1045, "Access denied", to almost everything: a user that does not
// exist or was not made for Microsoft Entra, another identity's token, a damaged
// one. Compare the user and the identity that the error names with what the
// server's administrator made.
package mysql
