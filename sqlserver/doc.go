// Package sqlserver connects to Azure SQL Database, Azure SQL Managed Instance
// and SQL database in Fabric without a password: with the settings that Service
// Connector writes, a Microsoft Entra token, and go-mssqldb.
//
//	import (
//		"database/sql"
//
//		_ "github.com/azuredb/passwordless/sqlserver" // registers "azure-sqlserver"
//	)
//
//	db, err := sql.Open("azure-sqlserver", "") // everything from the environment
//
// [NewConnector] and [OpenDB] take options as well, such as a credential of one's
// own or a logger. The connections are go-mssqldb's: the library decides where to
// connect and as whom, supplies the token, and gets out of the way.
//
// Logins with a token have been tested against a stand-in that speaks the
// protocol (package azuretest), and not against Azure.
//
// # Strings
//
// The string of [sql.Open] and of every function here is one of these:
//
//	""                     the default connection: the AZURE_SQL_* or FABRIC_SQL_* variables
//	"connection:orders"    the connection named orders: AZURE_SQL_ORDERS_*
//	"env:DATABASE_URL"     the connection string in that variable
//	anything else          a connection string: go-mssqldb's own, URL, JDBC, ADO.NET or ODBC
//
// A connection string may carry authentication (or fedauth), client_id,
// tenant_id, object_id, resource_id, client_certificate_path and
// client_certificate_password, which say who connects. Package connector
// describes how the identity is chosen when nothing does. The database's user is
// the one that the token names: as the Microsoft Entra administrator, run
// CREATE USER [name of the identity] FROM EXTERNAL PROVIDER in the database.
//
// A service principal without a tenant, as Service Connector leaves it out for
// some languages, gets it from Options.TenantID or AZURE_TENANT_ID, or else from
// the server, which names it during the login, before any token is sent.
//
// # Parameters
//
// In go-mssqldb's own forms these have its meaning and defaults: app name,
// workstation id, applicationintent, multisubnetfailover, dial timeout and
// connection timeout (seconds; of a connection and of each read and write),
// keepalive, packet size, columnencryption, guid conversion, timezone,
// disableretry, notraceid and log. Of other forms, the parameters with an
// equivalent are translated and the rest is left out. encrypt=strict (TDS 8.0)
// is kept. Where the server agrees to that version go-mssqldb 1.11.2 takes it for
// one before 7.2 (mssql.go, bulkcopy.go): it sends a [time.Time] as a datetime, to
// 1/300 s, and bulk copy fails.
//
// The failover partner is tried if the first server cannot be reached or does not
// have the database in service, each with a certificate of its own name.
//
// # Tokens and the pool
//
// Azure SQL looks at the token again while a session lives, and refuses every
// query once it has expired (error 37396). So a connection is retired before
// that: at a moment of its own, at the latest two minutes, or a tenth of what was
// left of the token, before the end. It is done where database/sql takes a
// connection from the pool or puts one back, so that transactions and statements
// that run, and a [sql.Conn] that is held, are never cut; nor are they saved, if
// they outlive the token. A machine whose clock is late by more than that margin
// sees the server's refusals. No limit of [sql.DB.SetConnMaxLifetime] is needed.
//
// # go-mssqldb's own features
//
// A connection of the database/sql driver is a *[Conn]; [Raw] reaches the
// *[mssql.Conn] in it, for example for bulk copy. [mssql.CopyIn] works as with
// go-mssqldb. [Connector.SessionInitSQL] is run in each session.
//
// Parameters are written @p1, or @name with [sql.Named]. sqlx wants
// sqlx.NewDb(db, "sqlserver"), for it knows placeholders by driver name; GORM
// takes sqlserver.New(sqlserver.Config{Conn: db}) of its package sqlserver.
//
// # What differs from go-mssqldb
//
//   - The connection is encrypted, and the server verified in full, chain and name:
//     encrypt=false, optional and a missing one are raised to that.
//     encrypt=disable and TrustServerCertificate=true with a token are errors. A
//     login with a password may go without TLS where that is said
//     (encrypt=disable) and the host is not Azure's.
//   - The server's name must be trusted (Azure's suffixes, or
//     [connector.Options].TrustedHosts), or it gets no token. So must be the name
//     of a server that it redirects the login to, which is verified by that name:
//     hostNameInCertificate and [connector.Options].ServerName are about the
//     connection's own servers. After three redirects the login is given up.
//   - A login obeys its context at every step; without a deadline it ends after 30
//     seconds.
//   - A connection whose transaction ended with its context does not go back to the
//     pool: go-mssqldb does not wait for the rollback to be answered.
//   - Where a name is given for the certificate, the login names it as the server,
//     too, and not the address that is dialled: through a tunnel Azure SQL could
//     not tell which server is meant.
//   - Named instances need a port, since nobody can verify the SQL Server Browser.
//     Windows logins, named pipes and shared memory are not supported.
//   - MSSQL_USE_EPA counts for nothing. Certificate, servercertificate, tlsmin,
//     protocol, pipe, authenticator and change password in a connection string
//     are not passed on; certificate is read as sslrootcert.
//
// # Errors
//
// A fault in the settings is a *[connector.SetupError], from sql.Open; a token that
// is not to be had is a *[connector.TokenError]. A failed login is a
// *[connector.LoginError]: one line with server, database, identity, the server's
// words and what to do; errors.As finds go-mssqldb's [mssql.Error] in it. If a
// server says that the token has expired, the login is tried once more with a new
// one. Errors that pass by themselves, such as 40613, say so and are left to the
// caller to try again.
package sqlserver
