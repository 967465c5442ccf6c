// Package dsn reads database connection strings in any of the dialects that
// applications on Azure carry around, and brings them to one shape, [Config].
//
//	c, err := dsn.Parse(dsn.PostgreSQL, os.Getenv("AZURE_POSTGRESQL_CONNECTIONSTRING"))
//
// It uses no environment, no files and no network, and imports the standard
// library only. It says what a string says; whether the connection may be made,
// and as whom, is for package connector.
//
// # Dialects
//
// For PostgreSQL, in the order in which they are recognised:
//
//	JDBC        jdbc:postgresql://h:5432/db?user=u&sslmode=require (pgjdbc)
//	URL         postgres://u@h:5432/db?sslmode=require, postgresql://... (libpq, pgx)
//	key/value   host=h port=5432 dbname=db user=u (libpq, pgx)
//	            host=h;port=5432;dbname=db;user=u (the same words joined by semicolons)
//	ADO.NET     Server=h;Port=5432;Database=db;User Id=u;Ssl Mode=Require (Npgsql)
//
// Quoting, escapes and percent-encoding are each dialect's own: ' and backslash
// in key/value, doubled ' or " in ADO.NET, %20 in URLs, where "+" is a blank in
// JDBC only. Of a key that is given twice the last value counts. Blanks around
// the string and a final semicolon are ignored. A control character is an error.
//
// # Keys
//
// Keys are the same in every dialect and in [FromSettings], in any case, and with
// or without blanks, underscores and hyphens:
//
//	host       Host, Hostname, Server, ServerName, Data Source, Addr, Address, Network Address
//	port       Port, Port Number
//	database   Database, Database Name, dbname, DB, Initial Catalog (and NAME as a setting)
//	user       User, Username, User Name, User Id, UID
//	password   Password, PWD, PSW
//	TLS        sslmode, SSL, FLAG (MYSQL_CLIENT_SSL), Trust Server Certificate
//	TLS names  hostNameInCertificate; files: sslrootcert, Root Certificate, sslcert,
//	           SSL Certificate, sslkey ("sslrootcert=system" means none)
//	identity   authentication, authenticationType, fedauth (words: see [ParseMethod]),
//	           client_id, msiClientId, tenant_id, object_id, resource_id, client_secret,
//	           client_certificate_path, client_certificate_password
//
// A host may carry its port ("h:5432", "[::1]:5432", "tcp:h,5432"). Several hosts
// are separated by commas and have one port or one each. "user@server" becomes
// "user" when the suffix is the first label of a host. A string without a host is
// not an error, also where a dialect would assume localhost, but a port without a
// host is. Paths of Unix-domain sockets are errors.
//
// # TLS
//
// sslmode takes disable, allow, prefer, require, no-verify, verify-ca and
// verify-full, spelled as in any dialect; allow is reported as prefer. ssl takes
// true (require) and false (disable), but in JDBC, as in pgjdbc, true means
// verify-full, false prefer, and sslmode overrides it. Trust Server
// Certificate=true and pgjdbc's NonValidatingFactory become [TLSSkipVerify]
// unless TLS is disabled. Everything here is what the string declares; the
// connector raises it to full verification or refuses it.
//
// # Parameters for the driver
//
// Other keys of a key/value string or a URL are for the driver and go to
// [Config.Params]: pgx's own (default_query_exec_mode, pool_max_conns, ...), those
// it shares with libpq (connect_timeout, target_session_attrs, ...), and run-time
// parameters of the server (search_path, statement_timeout, ...). libpq's keywords
// that pgx would mistake for run-time parameters (gssencmode, keepalives, ...) are
// dropped with a warning.
//
// Of the keys of JDBC and ADO.NET those with an equivalent are translated:
//
//	application_name      ApplicationName, Application Name
//	search_path           currentSchema, Search Path
//	connect_timeout       connectTimeout, loginTimeout, Timeout, Connection Timeout
//	target_session_attrs  targetServerType, Target Session Attributes
//	options, sslnegotiation, krbsrvname, timezone (Npgsql)
//
// All others (Pooling, prepareThreshold, ...) are dropped with a warning that
// names the key if it is one of that driver's, and its position if not.
//
// Never taken over, from any dialect, but dropped with a warning, because they
// would move the login elsewhere, weaken it, or name files that are not read:
// hostaddr, require_auth, channel_binding, allowFallbackToPlaintext,
// allowCleartextPasswords, allowAllFiles, serverCertificate, protocol, passfile,
// service, servicefile, sslpassword.
//
// # Secrets
//
// Passwords and client secrets are of type [Secret]. A [Config] prints without
// them, and without the values of Params, in every verb of fmt, in slog and in
// JSON. A [ParseError] and a warning name only keys that this package knows, and
// never any part of a value.
package dsn
