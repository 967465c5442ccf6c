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
//	ODBC        Driver={PostgreSQL Unicode};Server=h;Port=5432;Database=db;Uid=u (psqlodbc)
//	key/value   host=h port=5432 dbname=db user=u (libpq, pgx)
//	            host=h;port=5432;dbname=db;user=u (the same words joined by semicolons)
//	ADO.NET     Server=h;Port=5432;Database=db;User Id=u;Ssl Mode=Require (Npgsql)
//
// For MySQL:
//
//	JDBC        jdbc:mysql://h:3306/db?user=u&sslMode=REQUIRED (Connector/J), jdbc:mariadb://...
//	URL         mysql://u@h:3306/db?ssl-mode=REQUIRED, mysql2://, mariadb://, mysql+pymysql://
//	DSN         u:password@tcp(h:3306)/db?tls=true (go-sql-driver)
//	ODBC        Driver={MySQL ODBC 9.1 Unicode Driver};Server=h;Database=db;UID=u;SSLMODE=REQUIRED
//	ADO.NET     Server=h;Database=db;User Id=u;SSL Mode=Required (MySqlConnector, Connector/NET)
//
// For SQL Server:
//
//	JDBC        jdbc:sqlserver://h:1433;databaseName=db;user=u;encrypt=true (mssql-jdbc)
//	URL         sqlserver://u@h:1433?database=db&fedauth=ActiveDirectoryDefault, mssql://... (go-mssqldb)
//	ODBC        odbc:server=h;database=db;user id=u (go-mssqldb)
//	            Driver={ODBC Driver 18 for SQL Server};Server=tcp:h,1433;Database=db;UID=u
//	key/value   server=h;port=1433;database=db;user id=u;fedauth=ActiveDirectoryDefault (go-mssqldb)
//	ADO.NET     Server=tcp:h,1433;Initial Catalog=db;User ID=u;Authentication=Active Directory Default (SqlClient)
//
// Quoting, escapes and percent-encoding are each dialect's own: ' and backslash
// in key/value, doubled ' or " in ADO.NET, %20 in URLs, where "+" is a blank in
// JDBC and behind the "?" of a URL for SQL Server only. Of a key that is given
// twice the last value counts. Blanks around the string and a final semicolon are
// ignored. A control character is an error.
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
// For PostgreSQL sslmode takes disable, allow, prefer, require, no-verify,
// verify-ca and verify-full, spelled as in any dialect; allow is reported as prefer.
// ssl takes true (require) and false (disable), but in JDBC, as in pgjdbc, true
// means verify-full, false prefer, and sslmode overrides it. Trust Server
// Certificate=true and pgjdbc's NonValidatingFactory become [TLSSkipVerify]
// unless TLS is disabled. Everything here is what the string declares; the
// connector raises it to full verification or refuses it.
//
// # Parameters for the driver
//
// Other keys of a key/value string or a URL for PostgreSQL are for the driver and go to
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
// # MySQL
//
// A data source name is cut as go-sql-driver cuts it: at the last "/", at the last
// "@" in front of that and at the first ":" of the user. User and password stand as
// they are; the database's name and the values of parameters are percent-decoded.
// The only network is tcp. Behind the "?" may also stand the keys of the table
// above, and every key that is nobody's is a session variable of the server, whose
// value is an SQL expression.
//
// JDBC URLs may carry user:password@ in front of the host. Their forms for load
// balancing, replication and DNS SRV, and address=(...), are errors. Of the keys of
// a mysql:// URL only those are taken over that mean one thing to the clients that
// write such URLs: connect_timeout is not, since its unit differs.
//
// sslmode takes disabled, preferred, required, verify_ca, verify_identity and
// skip-verify, and what other clients call them (None, disable, prefer, require,
// trust, VerifyFull). tls is go-sql-driver's: true is [TLSVerifyFull], skip-verify,
// preferred and false are what they say, and anything else is the name of a
// configuration registered with the driver, which is TLSVerifyFull and stays in
// Params; outside of a DSN a word of sslmode's is that word. useSSL (Prefer, or Disable if false), requireSSL and
// verifyServerCertificate count as in Connector/J, unless sslMode is given.
// Certificates: SslCa, CA Certificate File, serverSslCert (sslrootcert), SslCert,
// SslKey. Java's key stores and PKCS#12 files are not read.
//
// Params hold go-sql-driver's parameters in its spelling: parseTime, loc, charset,
// collation, timeout, readTimeout, writeTimeout, interpolateParams,
// maxAllowedPacket, clientFoundRows, columnsWithAlias, multiStatements,
// rejectReadOnly, checkConnLiveness, connectionAttributes, compress, timeTruncate,
// allowNativePasswords, allowOldPasswords, serverPubKey, tls. They are taken from
// every dialect under these names, in any case, and their values are checked. In
// addition are translated:
//
//	timeout               connectTimeout (JDBC, milliseconds), Connection Timeout, Connect Timeout (seconds)
//	readTimeout           socketTimeout (JDBC, milliseconds); READTIMEOUT, WRITETIMEOUT (ODBC, seconds)
//	charset               characterEncoding, Character Set, encoding, if it is UTF-8
//	collation             connectionCollation
//	multiStatements       allowMultiQueries, Allow Batch, MULTI_STATEMENTS
//	clientFoundRows       FOUND_ROWS, and the opposite of useAffectedRows
//	compress              useCompression, Use Compression, COMPRESSED_PROTO
//	columnsWithAlias      FULL_COLUMN_NAMES
//	connectionAttributes  Application Name, as program_name
//	session variables     sessionVariables (JDBC)
//
// All others (serverTimezone, authenticationPlugins, Pooling, ...) are dropped with
// a warning, and so is the driver's former parameter strict.
//
// # SQL Server
//
// go-mssqldb's own pairs differ from ADO.NET's in quoting (double quotes only) and
// in what Connection Timeout means. They are taken for such when they can be read
// as such and have a key that SqlClient does not: port, fedauth, app name, dial
// timeout, keepalive, log, guid conversion, disableretry, timezone, notraceid,
// failoverport, certificate, clientcertpath, tlsmin and others that are read or
// dropped. In JDBC and ODBC a value may stand in braces, with "}" doubled.
//
// A server is "h", "h,1433", "h:1433", "tcp:h,1433", "[::1],1433", and "." or
// "(local)" for localhost. It is one server: a comma begins its port, which wins
// over the key port. A named instance ("h\inst", instanceName) needs a port, since
// the SQL Server Browser, which would know it, cannot be verified; with a port the
// name is ignored with a warning. Named pipes, shared memory, LocalDB and the
// dedicated administrator connection (np:, lpc:, (localdb), admin:, protocol,
// Network Library) are errors. A failover partner, with failoverport or else the
// server's port, becomes the second of [Config.Hosts].
//
// encrypt takes true, mandatory and yes, which become [TLSRequire], and with Trust
// Server Certificate=false [TLSVerifyFull]; strict, which is TLSVerifyFull with
// "strict" in Params and overrides Trust Server Certificate; false, optional and
// no, which become [TLSPrefer] because all drivers then encrypt the login if they
// can; and disable. certificate (go-mssqldb) is the file of the roots.
//
// A user name stays as written, also when it is a client ID, "id@tenant" or the
// ID of a managed identity, and so does a password that is a client secret;
// msiClientId, AADSecurePrincipalId and AADSecurePrincipalSecret go to
// [Config.Identity], and with a certificate (clientcertpath, clientCertificate) the
// password of a service principal is the certificate's. Integrated Security,
// Trusted_Connection and authenticator are errors unless they say no, and so is an
// accessToken.
//
// Params hold go-mssqldb's parameters in its spelling. Its own dialects pass app
// name, workstation id, dial timeout, connection timeout (of each read and write),
// keepalive, packet size, applicationintent, multisubnetfailover,
// columnencryption, log, disableretry, guid conversion, timezone and notraceid.
// From the others are translated:
//
//	app name            Application Name, App
//	workstation id      Workstation ID, WSID
//	dial timeout        Connect Timeout, Connection Timeout, Timeout, loginTimeout
//	applicationintent   Application Intent
//	multisubnetfailover, packet size, columnencryption (Column Encryption Setting),
//	keepalive (ODBC)
//
// Truth values become true or false; a number or word that go-mssqldb would refuse
// is an error. Every other key is dropped with a warning.
//
// # Secrets
//
// Passwords and client secrets are of type [Secret]. A [Config] prints without
// them, and without the values of Params, in every verb of fmt, in slog and in
// JSON. A [ParseError] and a warning name only keys that this package knows, and
// never any part of a value.
package dsn
