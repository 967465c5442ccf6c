package dsn

import "strings"

// This file reads JDBC URLs in the form that PostgreSQL's and MySQL's drivers
// share: scheme//host:port,.../database?key=value&... with values decoded as
// java.net.URLDecoder does ("+" is a blank). A user and a password in front of
// the host are not part of the form.

// splitJDBC cuts what follows "jdbc:<driver>:", which begins at start.
func splitJDBC(s string, start int) ([]pair, error) {
	u := urlReader{decode: decodeForm}
	if !strings.HasPrefix(s[start:], "//") { // jdbc:postgresql:database
		database, query, _ := strings.Cut(s[start:], "?")
		if strings.HasPrefix(database, "/") {
			return nil, at(start, "want // and a host, or a database name, after the JDBC driver's name")
		}
		u.add("dbname", database, start)
		return u.finish(pair{value: query, pos: min(start+len(database)+1, len(s))})
	}
	authority, path, query := cutURL(s, start+2)
	if strings.ContainsAny(path.value, "/@") {
		return nil, at(path.pos, `a "/" or "@" in the database's name: user and password go into the query (?user=...&password=...)`)
	}
	return u.read(authority, path, query)
}
