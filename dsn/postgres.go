package dsn

import "strings"

// postgres are PostgreSQL's dialects. JDBC and URL are known by how they begin, ODBC by
// its Driver, and ADO.NET takes what the key/value form does not.
var postgres = engineRules{
	grammars: []grammar{
		odbcConnect(postgresScheme, psqlODBCRules),
		{dialectJDBC, after("jdbc:postgresql:"), splitJDBC, jdbcRules, dropForeign},
		{DialectURL, postgresScheme, splitPostgresURL, nativeRules, passSetting},
		otherURL("postgres://, postgresql:// or jdbc:postgresql://"),
		{DialectKeyValue, php(nativeRules, "pgsql:"), splitPostgresKeyValue, nativeRules, passSetting},
		{DialectODBC, when(isODBC), splitODBC, psqlODBCRules, dropForeign},
		{DialectKeyValue, when(isKeyValue), splitPostgresKeyValue, nativeRules, passSetting},
		{dialectADO, when(hasEquals), splitADO, npgsqlRules, dropForeign},
	},
	tls: newTLSWords("disable, allow, prefer, require, no-verify, verify-ca or verify-full", map[TLS]string{
		TLSPrefer:     "allow",     // like prefer it may end in clear text
		TLSRequire:    "true",      // the portal's string for Python
		TLSSkipVerify: "no-verify", // node-postgres
	}),
	parameters: postgresParameters,
	want:       `"host=... user=...", "postgres://...", "jdbc:postgresql://..." or "Server=...;User Id=..."`,
	hosts:      readHosts,
	finish:     finishPrisma,
}

// postgresScheme also knows golang-migrate's names for pgx, and those of PHP, Doctrine, Django, GIS tools, peewee,
// Tortoise and Ecto.
var postgresScheme = scheme("postgres", "postgresql", "pgx", "pgx4", "pgx5", "pgsql", "psql", "postgis", "pdo-pgsql", "pdo_pgsql",
	"postgresext", "psycopg", "psycopg2", "asyncpg", "ecto")

// splitPostgresURL is splitURL with options[name]=value of Rust's sqlx for a setting of the server.
func splitPostgresURL(s string, start int) ([]pair, error) {
	pairs, err := splitURL(s, start)
	for i, p := range pairs {
		outer, inner, ok := strings.Cut(strings.TrimSuffix(p.key, "]"), "[")
		switch {
		case !ok || !strings.HasSuffix(p.key, "]") || isShared(outer) || !isKey(outer):
		case fold(outer) == "options" && isPostgresSetting[strings.ToLower(inner)] && !isShared(inner):
			pairs[i].key = inner
		case fold(outer) != "options":
			pairs[i].key = outer // no parameter either
		}
	}
	return pairs, err
}

// isKeyValue accepts what is separated by blanks, and what is joined by
// semicolons if all its keys are libpq's or pgx's and one of them, dbname or one
// with an underscore, is no word of ADO.NET's.
func isKeyValue(s string) bool {
	if !hasEquals(s) || !joinedBySemicolons(s) {
		return hasEquals(s)
	}
	pairs, err := splitKeyValue(s, 0, true)
	if err != nil {
		return false
	}
	own := false
	for _, p := range pairs {
		identity := synonyms[fold(p.key)] >= fieldMethod // any dialect may carry these
		if !identity && !libpqWords[p.key] && !postgresParameters[p.key] {
			return false
		}
		own = own || !identity && (p.key == "dbname" || strings.Contains(p.key, "_"))
	}
	return own
}

func splitPostgresKeyValue(s string, start int) ([]pair, error) {
	return splitKeyValue(s, start, joinedBySemicolons(s[start:]))
}

// joinedBySemicolons tells ADO.NET's strings and libpq words joined by semicolons from
// libpq's own form, by blanks in the first key and by what ends its value.
func joinedBySemicolons(s string) bool {
	key, rest, _ := strings.Cut(s, "=")
	if strings.ContainsAny(trimBlanks(key), blanks) {
		return true
	}
	rest = strings.TrimLeft(rest, blanks)
	switch {
	case rest == "":
		return false
	case rest[0] == '"': // no quote of libpq's
		return true
	case rest[0] == '\'':
		// Where libpq's reading does not end in a separator it is ADO.NET's, which
		// doubles a quote.
		_, end, closed := scanValue(rest, 0, false)
		next := strings.TrimLeft(rest[end:], blanks)
		if !closed || strings.HasPrefix(next, ";") || next != "" && len(next) == len(rest)-end {
			return true
		}
		key, _, _ := strings.Cut(next, "=")
		return next != "" && !isPostgresKey(key) && holdsKey(rest)
	}
	i := strings.IndexAny(rest, ";"+blanks)
	switch {
	case i < 0:
		return false
	case rest[i] == ';':
		return !endsInKey(rest[i+1:])
	}
	next, value, _ := strings.Cut(rest[i:], "=")
	return strings.Contains(next, ";") || !isPostgresKey(next) && holdsKey(value)
}

// holdsKey reports whether a known key follows a semicolon in s: then what is in front
// of it may be part of a value of ADO.NET's, as in "Password=a b=c;Host=h".
func holdsKey(s string) bool {
	_, rest, _ := strings.Cut(s, ";")
	for pair := range strings.SplitSeq(rest, ";") {
		if key, _, ok := strings.Cut(pair, "="); ok && isPostgresKey(key) {
			return true
		}
	}
	return false
}

// isPostgresKey reports whether any dialect of PostgreSQL's has the key.
func isPostgresKey(key string) bool {
	key = trimBlanks(key)
	return isShared(key) || npgsqlRules.has(key) || libpqWords[key] || postgresParameters[key]
}

// endsInKey reports whether the text before the next "=" is no key of ADO.NET's but ends
// in a known one: then the semicolon before it was part of a value, as in
// "password=a;b host=h".
func endsInKey(s string) bool {
	key, _, ok := strings.Cut(s, "=")
	words := strings.Fields(strings.TrimLeft(key, ";"+blanks))
	whole := strings.Join(words, "")
	return ok && len(words) > 1 && isShared(words[len(words)-1]) &&
		!isShared(whole) && !npgsqlRules.has(whole) && !neverPassed.has(whole)
}
