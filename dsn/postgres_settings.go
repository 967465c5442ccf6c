package dsn

import (
	_ "embed"
	"strings"
)

// postgresSettings are the names of the server's settings, in lower case: those of pg_settings in PostgreSQL 15
// (select lower(name) from pg_settings), and those that PostgreSQL 16 to 19 added or do not list there
// (src/backend/utils/misc/guc_parameters.dat). Extensions' settings have a dot in their names. go generate adds those of
// the newest PostgreSQL that is installed here.
//
//go:generate go -C ../lab test ./postgres -run TestPostgresSettingsAreListed -update
//go:embed postgres_settings.txt
var postgresSettings string

var isPostgresSetting = listSet(strings.Join(strings.Fields(postgresSettings), ","))

// foreignKeys are those of other clients that published URLs and key/value strings have: of Prisma, Doctrine,
// node-postgres, SQLAlchemy, asyncpg, Django, Rails, lib/pq, GORM, golang-migrate and Npgsql.
const foreignKeys = `socket_timeout, statement_cache_size, uselibpqcompat, serverVersion,
	charset, encoding, binary_parameters, disable_prepared_binary_result, prepared_statements, advisory_lock, reaping_frequency,
	conn_max_age, conn_health_checks, statement_cache_mode, prefer_simple_protocol, x-migrations-table, x-migrations-table-quoted,
	x-multi-statement, x-multi-statement-max-size, x-statement-timeout, x-lock-strategy, x-lock-table, adapter, driver,
	pool, pool_size, max_overflow, pool_recycle, pool_pre_ping, max_pool_size, min_pool_size, maxconn, minconn, max_lifetime, idle_timeout,
	reconnect, timeout, command_timeout, query_timeout, connection_timeout, async_fallback, prepared_statement_cache_size,
	prepared_statement_name_func, keepAlive, keepAliveInitialDelayMillis, allowExitOnIdle, persistent, unix_socket, ssl_context, engine,
	endpoint, pooling, applicationIntent, debug, fetch_types, max, idle, prepare`

// prismaKeys are those of no other client.
const prismaKeys = "schema, pgbouncer, connection_limit, pool_timeout, sslidentity, sslaccept"

const notPostgres = "pgx has no such parameter and PostgreSQL no such setting"

// passSetting passes a setting of the server on. What is none would be refused with the login, so it is dropped.
// The warning names the key unless it may be a piece of a password: behind a secret, or with digits.
func passSetting(b *builder, p pair) error {
	name := strings.ToLower(p.key)
	switch {
	case !isAlphanumeric(p.key, "_.-$"): // it has blanks
		return errNotKey(p)
	case isPostgresSetting[name] || strings.Contains(name, ".") && isParameter(name):
		b.param(p.key, p.value)
	case b.afterSecret || strings.ContainsAny(name, "0123456789"):
		return dropForeign(b, p)
	default:
		b.ignore(p.key, notPostgres)
	}
	return nil
}
