// Package dsn reads database connection strings in any of the dialects that
// applications on Azure use, and brings them to one shape, [Config].
//
//	c, err := dsn.Parse(dsn.PostgreSQL, os.Getenv("AZURE_POSTGRESQL_CONNECTIONSTRING"))
//
// It reads no environment and no files, makes no request, and imports the standard
// library only. Whether the connection may be made, and by which identity, is for
// package connector.
//
// # Dialects
//
// The native drivers' own strings and URLs (pgx and libpq, go-sql-driver,
// go-mssqldb), and those of JDBC, ADO.NET and ODBC:
//
//	postgres://u@h:5432/db?sslmode=require              host=h dbname=db user=u
//	u@tcp(h:3306)/db?tls=true                           mysql://u@h/db
//	sqlserver://u@h?database=db                         server=h;port=1433;user id=u
//	jdbc:postgresql://h/db?user=u                       Server=h;Database=db;User Id=u
//	Driver={ODBC Driver 18 for SQL Server};Server=h;UID=u
//
// Quoting, escapes and percent-encoding are each dialect's own. A control character is
// an error. The keys for host, port, database, user, password, TLS and identity are the
// same in every dialect and in [FromSettings], in any case, and with or without blanks,
// underscores and hyphens. Of the other keys those that the native driver has are
// checked and go to [Config.Params] in its spelling, those with an equivalent are
// translated, and the rest is ignored with a warning. Keys that would move the login
// elsewhere or weaken it are never taken over. All keys and words are in
// https://github.com/azuredb/passwordless/blob/main/docs/connection-strings.md.
//
// # Secrets
//
// A [Config] prints without its [Secret] values and those of Params, in every verb of
// fmt, in slog and in JSON. A [ParseError] and a warning name only keys that this package
// knows, and never any part of a value.
//
// # To add a key or a word
//
// A key of every dialect, or another spelling of one, is in the table fields of
// keys.go; a key of one dialect in that dialect's table (*_keys.go, mysql_foreign.go);
// an authentication word in methods of method.go; a word for TLS in the engine's tls
// (postgres.go, mysql.go, sqlserver.go); the key of a split variable,
// AZURE_POSTGRESQL_KEY, in keyRoles of internal/environ. Add a row to the corpus, and
// run "go test ./dsn -run TestPage -update" to bring the page up to date.
package dsn
