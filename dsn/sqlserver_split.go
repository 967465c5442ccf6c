package dsn

import "strings"

// splitSQLServerJDBC cuts the URLs of mssql-jdbc (SQLServerDriver's parseUrl):
// jdbc:sqlserver://[host[\instance][:port]][;key=value...], with values in braces
// as in ODBC. Service Connector writes a comma before the port.
func splitSQLServerJDBC(s string) ([]pair, error) {
	start := len(sqlServerJDBC)
	if !strings.HasPrefix(s[start:], "//") {
		return nil, at(start, "want // after the JDBC driver's name")
	}
	start += 2
	server, _, _ := strings.Cut(s[start:], ";")
	if strings.ContainsAny(server, "/?=@") {
		return nil, at(start, "keys follow a semicolon in SQL Server's JDBC URLs: //host:port;databaseName=...;user=...")
	}
	pairs, err := splitBraced(s, start+len(server))
	if err != nil {
		return nil, err
	}
	return append([]pair{{key: "serverName", value: server, keyPos: start, pos: start}}, pairs...), nil
}

// splitSQLServerURL cuts go-mssqldb's URLs, sqlserver://user:password@host:port/instance?key=value,
// decoded as net/url does: "+" is a blank in the query only, and the last "@"
// before the host ends the password. A semicolon in the query is a character like
// others, where net/url leaves out the pair.
func splitSQLServerURL(s string) ([]pair, error) {
	start := urlScheme(s, sqlServerSchemes...)
	if i := strings.IndexByte(s, '#'); i >= 0 {
		return nil, at(i, `a "#" in a URL: write it as %23`)
	}
	u := urlReader{decode: decodeURI}
	authority, path, query := cutURL(s, start)
	if i := strings.LastIndexByte(authority.value, '@'); i >= 0 {
		u.userinfo(authority.value[:i], start)
		authority = pair{value: authority.value[i+1:], pos: start + i + 1}
	}
	if strings.Contains(path.value, "@") {
		return nil, at(path.pos, `an "@" after "/": write a "/" in a user name or password as %2F`)
	}
	server := authority.value
	if path.value != "" {
		server += `\` + path.value
	}
	u.add("server", server, authority.pos)
	u.decode = decodeForm
	return u.finish(query)
}

func splitGoMSSQLODBC(s string) ([]pair, error) { return splitBraced(s, len(goMSSQLODBC)) }

// splitGoMSSQL cuts go-mssqldb's own pairs (splitConnectionString in its
// msdsn/conn_str.go), which are nearly ADO.NET's: a semicolon is part of the
// value between two double quotes wherever these stand; quotes round the whole
// value are taken off and doubled ones in it halved; ' is a character like others.
func splitGoMSSQL(s string) ([]pair, error) {
	var pairs []pair
	for i := skip(s, 0, true); i < len(s); {
		end, closed := endOfGoMSSQL(s, i)
		eq := strings.IndexByte(s[i:end], '=')
		if eq < 0 {
			return nil, at(i, `no "=" after a key (put a value that holds semicolons in double quotes)`)
		}
		p := pair{key: strings.TrimRight(s[i:i+eq], blanks), keyPos: i, pos: min(skip(s, i+eq+1, false), end)}
		if !closed {
			return nil, faultOf(p, "a quoted value without its end")
		}
		p.value = strings.TrimRight(s[p.pos:end], blanks)
		if n := len(p.value); n > 1 && p.value[0] == '"' && p.value[n-1] == '"' {
			p.value = strings.ReplaceAll(p.value[1:n-1], `""`, `"`)
		}
		pairs = append(pairs, p)
		i = skip(s, end, true)
	}
	return pairs, nil
}

// endOfGoMSSQL returns the index of the semicolon or the end that follows the
// pair that begins at i, and whether every quote in it has its match.
func endOfGoMSSQL(s string, i int) (end int, closed bool) {
	closed = true
	for ; i < len(s) && (s[i] != ';' || !closed); i++ {
		if s[i] == '"' {
			closed = !closed
		}
	}
	return i, closed
}
