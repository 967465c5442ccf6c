// Package postgres connects to Azure Database for PostgreSQL without a password:
// with the settings that Service Connector writes, a Microsoft Entra token, and
// pgx.
//
//	import (
//		"database/sql"
//
//		_ "github.com/azuredb/passwordless/postgres" // registers "azure-postgres"
//	)
//
//	db, err := sql.Open("azure-postgres", "") // everything from the environment
//
// [NewConnector] and [OpenDB] take options as well, such as a credential of one's
// own or a logger; [NewPool] and [ConfigurePool] are for pgx's own pool. The
// connections are pgx's: the library decides where to connect and as whom,
// supplies the token, and gets out of the way.
//
// # Strings
//
// The string of [sql.Open] and of every function here is one of these:
//
//	""                     the default connection: the AZURE_POSTGRESQL_* variables
//	"connection:orders"    the connection named orders: AZURE_POSTGRESQL_ORDERS_*
//	"env:DATABASE_URL"     the connection string in that variable
//	anything else          a connection string: libpq key/value, URL, JDBC or ADO.NET
//
// A connection string may carry authentication, client_id, tenant_id, object_id,
// resource_id, client_certificate_path and client_certificate_password, which
// say who connects. Package connector describes how the identity is chosen when
// nothing does.
//
// # Parameters
//
// In a key/value string or URL these have pgx's meaning and defaults:
// connect_timeout (seconds, for each host; none: 30 seconds for a login whose
// context has no deadline), target_session_attrs, min_protocol_version,
// max_protocol_version, sslnegotiation, sslcertmode, default_query_exec_mode,
// statement_cache_capacity, description_cache_capacity, and pool_* for [NewPool]
// (without effect elsewhere). Every other parameter, such as application_name or
// search_path, is a run-time parameter of the session. Several hosts are tried in
// their order.
//
// # pgx's own features
//
// A connection of the database/sql driver is a *[stdlib.Conn]:
//
//	err := conn.Raw(func(dc any) error {
//		return useListenOrCopy(dc.(*stdlib.Conn).Conn()) // *pgx.Conn
//	})
//
// sqlx wants sqlx.NewDb(db, "pgx"), for it knows placeholders by driver name.
//
// # What differs from pgx
//
//   - TLS is always verified in full, chain and name: sslmode=require, prefer,
//     allow, verify-ca and a missing one are raised to verify-full, and there is no
//     fallback to a connection without TLS. sslmode=disable with a token is an
//     error. A login with a password may go without TLS where that is said and the
//     host is not Azure's; then a server that asks for the password in clear text is
//     refused.
//   - The server's name must be trusted (Azure's suffixes, or
//     [connector.Options].TrustedHosts), or it gets no token.
//   - With a token, require_auth is "password" and channel_binding is not
//     required: the server gets the token over TLS and may ask for nothing else.
//   - PG* variables, .pgpass and service files count for nothing.
//   - hostaddr, require_auth, channel_binding, service and passfile in a
//     connection string are not passed on.
//
// # Errors
//
// A fault in the settings is a *[connector.SetupError], from sql.Open; a token that
// is not to be had is a *[connector.TokenError]. A failed login is a
// *[connector.LoginError]: one line with server, database, user, identity, the
// server's words and what to do. pgxpool returns pgx's bare errors; [Explain] turns them into the same. If a server says that the token has
// expired, the login is tried once more with a new one; pgxpool cannot do that, so
// the pool's next login gets the new one.
package postgres
