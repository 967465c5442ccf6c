// Package postgres connects to Azure Database for PostgreSQL with a Microsoft
// Entra token, with the settings that Service Connector writes, and pgx.
//
//	import _ "github.com/azuredb/passwordless/postgres" // registers "azure-postgres"
//
//	db, err := sql.Open("azure-postgres", "") // everything from the environment
//
// Package passwordless describes connections, identities, trust and errors. A
// connection string is libpq's key/value form, a URL, JDBC or ADO.NET. [NewConnector]
// and [OpenDB] take options; [NewPool] and [ConfigurePool] are for pgxpool, and [Configure]
// for a configuration of pgx, with stdlib's options or for one connection. [Explain]
// explains the bare errors of these, which do not try an expired token again: the
// next login gets a new one. A connection of database/sql is a *[stdlib.Conn], whose
// Conn method returns pgx's own. sqlx needs sqlx.NewDb(db, "pgx").
//
// In the key/value form and in a URL these parameters have pgx's meaning and
// defaults: connect_timeout (seconds, for each host; 30 if neither it nor the
// context sets a limit), target_session_attrs, min_protocol_version,
// max_protocol_version, sslnegotiation, sslcertmode, default_query_exec_mode,
// statement_cache_capacity, description_cache_capacity, and pool_* for [NewPool]
// (ignored elsewhere). Any other, such as application_name or search_path, is a
// run-time parameter of the session. Several hosts are tried in their order.
//
// Differences from pgx: every sslmode but disable is raised to verify-full, without
// a fallback to a connection without TLS. With a token, require_auth is "password",
// and channel_binding is not required; a login with a password that goes without
// TLS never sends it in clear text. PG* variables, .pgpass and service files are
// ignored; hostaddr, require_auth, channel_binding, service and passfile in a
// connection string are not passed on.
package postgres
