package dsn

import (
	"slices"
	"strings"
)

// afterPrismaScheme recognises Prisma's URLs, sqlserver://[user:password@]host:port;key=value: JDBC's without "jdbc:".
// Behind the first semicolon stands a key, which tells them from a URL with a semicolon in its password.
func afterPrismaScheme(s string) int {
	start := sqlServerScheme(s)
	server, rest, ok := strings.Cut(s[max(start, 0):], ";")
	if start < 0 || !ok || isSQLAlchemy(s, start) || strings.ContainsAny(server, "/?#") {
		return -1
	}
	key, _, _ := strings.Cut(strings.TrimLeft(rest, ";"+blanks), "=")
	if key = trimBlanks(key); key != "" && !isShared(key) && !mssqlJDBCRules.has(key) {
		return -1
	}
	return start
}

func splitPrisma(s string, start int) ([]pair, error) {
	u := urlReader{decode: decodeURI}
	server, _, _ := strings.Cut(s[start:], ";")
	server = u.login(pair{value: server, pos: start}).value
	if u.err != nil {
		return nil, u.err
	}
	if len(u.pairs) > 0 {
		start = strings.IndexByte(s, ';') - len(server)
	}
	pairs, err := splitSQLServerProperties(s, start)
	return append(u.pairs, pairs...), err
}

// splitSQLServerURL cuts sqlserver://user:password@host:port/database?key=value as net/url does, but a semicolon in
// the query is a character like others.
//
// Deliberately different: go-mssqldb reads the path as the name of an instance, which Azure SQL does not have, whereas
// every other client reads it as the database. It is an instance only beside another database in the query.
func splitSQLServerURL(s string, start int) ([]pair, error) {
	if i := strings.IndexByte(s, '#'); i >= 0 {
		return nil, syntaxError(i, `a "#" in a URL: write it as %23`)
	}
	u := urlReader{decode: decodeURI}
	authority, path, query := cutURL(s, start)
	authority = u.login(authority)
	switch {
	case strings.Contains(path.value, "@"):
		return nil, syntaxError(path.pos, `an "@" after "/": write a "/" in a user name or password as %2F`)
	case strings.Contains(path.value, ";"):
		return nil, syntaxError(path.pos, `a semicolon after "/": write //host:port;database=...;key=value, or //host:port/database?key=value`)
	}
	rest := urlReader{decode: decodeForm}
	parameters, err := rest.finish(query)
	if err != nil {
		return nil, err
	}
	server := authority.value
	database, _ := decodeURI(path.value)
	another := slices.ContainsFunc(parameters, func(p pair) bool {
		return synonyms[fold(p.key)] == fieldDatabase && p.value != "" && p.value != database
	})
	if path.value != "" && (another || strings.EqualFold(database, defaultInstance)) {
		server += `\` + path.value
		path.value = ""
	}
	u.add("server", server, authority.pos)
	key := pathKey
	if schemeLength(s, "sqlserver://") == 0 { // mssql:// is not go-mssqldb's
		key = fieldDatabase.String()
	}
	u.add(key, path.value, path.pos)
	return append(u.pairs, parameters...), u.err
}

// pathKey is the key of a path that go-mssqldb would read as an instance.
const pathKey = "path"

var goMSSQLURLRules = goMSSQLRules.plus([]keyRule{{pathKey, func(b *builder, p pair) error {
	b.warn("the path of the URL is read as the database: go-mssqldb would read it as a named instance, which Azure SQL does not have")
	return b.set(fieldDatabase, p)
}}})
