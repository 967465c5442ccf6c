package dsn

import (
	"errors"
	"strings"
)

// This file reads mysql:// URLs: MySQL Shell's (section "Connecting Using URI-Like
// Connection Strings" of the MySQL manual), mysql2:// of Ruby on Rails, and
// mysql+pymysql:// and its kind of SQLAlchemy. They agree on everything in front
// of the "?"; of the keys behind it those are read that mean one thing to all.

// isMySQLURL accepts mysql, mysql2 and mariadb as a scheme, also with "+" and the
// name of another language's driver.
func isMySQLURL(s string) bool { return mySQLScheme(s) > 0 }

// mySQLScheme returns the length of the scheme with its "://", or 0.
func mySQLScheme(s string) int {
	scheme, _, ok := strings.Cut(s, "://")
	name, driver, plus := strings.Cut(strings.ToLower(scheme), "+")
	switch {
	case !ok || name != "mysql" && name != "mysql2" && name != "mariadb":
		return 0
	case plus && (!isKey(driver) || driver == "srv"):
		return 0
	}
	return len(scheme) + len("://")
}

func splitMySQLURL(s string) ([]pair, error) {
	start := mySQLScheme(s)
	if front, _, _ := strings.Cut(s[start:], "?"); strings.Contains(front, "@tcp(") || strings.HasPrefix(front, "tcp(") {
		return nil, at(start, `a go-sql-driver data source name with a scheme: leave out the scheme and its "://"`)
	}
	return splitURL(s, start)
}

// mySQLURLRules leave out keys whose unit is seconds to one client and
// milliseconds to another.
var mySQLURLRules = ruleSet{}.and(mySQLForeignRules).and(ruleSet{
	"sslaccept":         acceptedTLS,
	"allowmultiqueries": passBoolean("multiStatements"),
}).
	with(loginHere, `auth_method, get_server_public_key, server_public_key_path, allowPublicKeyRetrieval, auth_plugin`).
	with(tlsHere, `ssl_capath, ssl_crl, ssl_crlpath, ssl_cipher, tls_version, tls_versions, tls_ciphersuites,
	sslidentity`).
	with("its unit is not the same everywhere: write timeout=10s", `connect_timeout, connection_timeout`).
	with("its unit is not the same everywhere: write readTimeout=30s", `socket_timeout`).
	with(timesHere, `serverTimezone, connectionTimeZone, timezone`).
	with(filesHere, `local_infile, allow_local_infile`).
	with(notHere, `adapter, pool, pool_size, pool_timeout, pool_recycle, connection_limit, reconnect, prepared_statements,
	statement_cache_size, statement_cache_capacity, use_unicode, autocommit, init_command, read_default_file,
	compression, compression_algorithms, compression_level, conn_max_age,
	ssl_check_hostname, supportBigNumbers, bigNumberStrings, dateStrings, multipleStatements, debug, trace`)

// acceptedTLS reads Prisma's key.
func acceptedTLS(b *builder, p pair) error {
	switch fold(p.value) {
	case "strict":
		return b.setTLS(TLSVerifyFull, "")
	case "acceptinvalidcerts":
		return b.setTLS(TLSSkipVerify, "")
	}
	return p.fault(p.key, errors.New("want strict or accept_invalid_certs"))
}
