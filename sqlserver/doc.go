// Package sqlserver connects to Azure SQL Database, Azure SQL Managed Instance and
// SQL database in Fabric with a Microsoft Entra token, with the settings that
// Service Connector writes, and go-mssqldb.
//
//	import _ "github.com/azuredb/passwordless/sqlserver" // registers "azure-sqlserver"
//
//	db, err := sql.Open("azure-sqlserver", "") // everything from the environment
//
// Package passwordless describes connections, identities, trust and errors. A
// connection string is one of go-mssqldb's own, a URL, JDBC, ADO.NET or ODBC. The
// token names the database's user: CREATE USER [name of the identity] FROM EXTERNAL
// PROVIDER. A service principal's tenant may come from the server. Logins with a
// token have been tested against package azuretest, not against Azure.
//
// In go-mssqldb's forms these parameters have its meaning and defaults: app name,
// workstation id, applicationintent, multisubnetfailover, dial timeout and
// connection timeout (seconds; of a connection and of each read and write),
// keepalive, packet size, columnencryption, guid conversion, timezone,
// disableretry, notraceid and log. Of other forms, the parameters with an equivalent
// are translated and the rest is left out. With encrypt=strict (TDS 8.0)
// go-mssqldb 1.11.2 sends a [time.Time] as a datetime, to 1/300 s, and bulk copy
// fails (mssql.go, bulkcopy.go). The failover partner is tried if the first server
// cannot be reached or does not have the database in service.
//
// Azure SQL refuses every query once the token of the login has expired (37396). So
// a pooled connection is retired before, each at its own moment: where database/sql
// takes it from the pool or puts it back, so that transactions and a [sql.Conn] that
// is held are not cut. No limit of [sql.DB.SetConnMaxLifetime] is needed.
//
// A connection is a *[Conn]; [Raw] reaches go-mssqldb's in it, and [mssql.CopyIn]
// and [Connector.SessionInitSQL] work as there. sqlx needs
// sqlx.NewDb(db, "sqlserver"), GORM takes sqlserver.New(sqlserver.Config{Conn: db}).
//
// Differences from go-mssqldb: encrypt=false and optional are raised to full
// verification. A server that the login is redirected to, at most three times, is
// verified and trusted by its own name, not by hostNameInCertificate or
// Options.ServerName; where such a name is given, the login names it as the server.
// A login obeys its context at every step, and ends after 30 seconds without a
// deadline. A connection whose transaction ended with its context is closed.
// Named instances need a port; Windows logins, named pipes and shared memory are
// not supported. MSSQL_USE_EPA is ignored; certificate (read as sslrootcert),
// servercertificate, tlsmin, protocol, pipe, authenticator and change password are
// not passed on.
package sqlserver
