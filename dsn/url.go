package dsn

import (
	"net/url"
	"strings"
)

// schemeLength returns the length of the scheme that s begins with, in any case, or 0.
func schemeLength(s string, schemes ...string) int {
	for _, scheme := range schemes {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return len(scheme)
		}
	}
	return 0
}

// splitURL cuts libpq's connection URIs (section 34.1.1.2 of the PostgreSQL manual):
// scheme://[user[:password]@][host[:port],...][/database][?key=value&...]
// with percent-encoding everywhere. "+" is a plus sign.
//
// Deliberately different from libpq: an "@" in the database's place is an error, since
// it is nearly always the end of a password with a "/" in it.
func splitURL(s string, start int) ([]pair, error) {
	u := urlReader{decode: decodeURI, strict: true, plus: isSQLAlchemy(s, start)}
	authority, path, query := cutURL(s, start)
	if i := strings.IndexAny(s[start:], "@/"); i >= 0 && s[start+i] == '@' {
		u.userinfo(s[start:start+i], start)
		authority, path, query = cutURL(s, start+i+1)
	} else if strings.Contains(path.value, "@") {
		return nil, syntaxError(path.pos, `an "@" after "/": write a "/" in a user name or password as %2F, and an "@" in a database name as %40`)
	}
	return u.read(authority, path, query)
}

// splitJDBC cuts the form of JDBC URLs that PostgreSQL's and MySQL's drivers share. A user
// in front of the host is not part of it. start is behind the driver's name.
func splitJDBC(s string, start int) ([]pair, error) {
	u := urlReader{decode: decodeForm}
	if !strings.HasPrefix(s[start:], "//") { // jdbc:postgresql:database
		database, query, _ := strings.Cut(s[start:], "?")
		if strings.HasPrefix(database, "/") {
			return nil, syntaxError(start, "want // and a host, or a database name, after the JDBC driver's name")
		}
		u.add("dbname", database, start)
		return u.finish(pair{value: query, pos: min(start+len(database)+1, len(s))})
	}
	authority, path, query := cutURL(s, start+2)
	if strings.ContainsAny(path.value, "/@") {
		return nil, syntaxError(path.pos, `a "/" or "@" in the database's name: user and password go into the query (?user=...&password=...)`)
	}
	return u.read(authority, path, query)
}

// cutURL cuts s from start into authority, path without its "/" and query.
func cutURL(s string, start int) (authority, path, query pair) {
	rest, q, _ := strings.Cut(s[start:], "?")
	a, p, _ := strings.Cut(rest, "/")
	return pair{value: a, pos: start}, pair{value: p, pos: start + min(len(a)+1, len(rest))},
		pair{value: q, pos: min(start+len(rest)+1, len(s))}
}

// splitAuthority turns "h1:1,[::1],h3" into the lists "h1,::1,h3" and "1,,".
func splitAuthority(authority pair) (hosts, ports string, err error) {
	var names, numbers []string
	pos := authority.pos
	for part := range strings.SplitSeq(authority.value, ",") {
		name, port, _ := strings.Cut(part, ":")
		switch end := strings.IndexByte(part, ']'); {
		case strings.Contains(part, "@"):
			return "", "", &ParseError{Key: "host", Pos: pos, err: errAtSign}
		case !strings.HasPrefix(part, "["):
		case end < 2 || end+1 < len(part) && part[end+1] != ':':
			return "", "", &ParseError{Key: "host", Pos: pos, err: errHost}
		default:
			name, port = part[1:end], strings.TrimPrefix(part[end+1:], ":")
		}
		names, numbers = append(names, name), append(numbers, port)
		pos += len(part) + 1
	}
	return strings.Join(names, ","), strings.Join(numbers, ","), nil
}

// urlReader collects the pairs of a URL.
type urlReader struct {
	decode func(string) (value, wrong string)
	strict bool // each query parameter must have one "=", as in libpq
	paired bool // a query parameter without "=" is ignored, as in go-sql-driver
	plus   bool // in the query "+" is a blank, as in SQLAlchemy

	pairs []pair
	err   error // the first
}

// read adds everything after the user and returns the result.
func (u *urlReader) read(authority, path, query pair) ([]pair, error) {
	hosts, ports, err := splitAuthority(authority)
	if err != nil {
		return nil, err
	}
	u.add("host", hosts, authority.pos)
	u.add("port", ports, authority.pos)
	u.add("dbname", path.value, path.pos)
	return u.finish(query)
}

// login adds the user and password in front of the last "@" and returns the rest.
func (u *urlReader) login(authority pair) pair {
	i := strings.LastIndexByte(authority.value, '@')
	if i < 0 {
		return authority
	}
	u.userinfo(authority.value[:i], authority.pos)
	return pair{value: authority.value[i+1:], pos: authority.pos + i + 1}
}

func (u *urlReader) userinfo(s string, pos int) {
	user, password, _ := strings.Cut(s, ":")
	u.add("user", user, pos)
	u.add("password", password, pos+len(user)+1)
}

// add decodes a part of the URL as the value of the key, if it is there.
func (u *urlReader) add(key, raw string, pos int) {
	if raw == "" || u.err != nil {
		return
	}
	p := pair{key: key, keyPos: pos, pos: pos}
	var wrong string
	if p.value, wrong = u.decode(raw); wrong != "" {
		u.err = p.valueError(wrong)
		return
	}
	u.pairs = append(u.pairs, p)
}

// finish adds the query's pairs, "a=b&c=d", and returns the result.
func (u *urlReader) finish(q pair) ([]pair, error) {
	if u.plus {
		u.decode = decodeForm
	}
	pos := q.pos
	for part := range strings.SplitSeq(q.value, "&") {
		start := pos
		pos += len(part) + 1
		none := part == "" && (!u.strict || q.value == "" || pos > q.pos+len(q.value))
		if u.err == nil && !none && (!u.paired || strings.Contains(part, "=")) {
			u.parameter(part, start)
		}
	}
	if u.err != nil {
		return nil, u.err
	}
	if u.plus {
		return joinHosts(u.pairs), nil
	}
	return u.pairs, nil
}

// joinHosts makes one list of SQLAlchemy's ?host=a:5432&host=b:5432, which are tried in order.
func joinHosts(pairs []pair) (joined []pair) {
	first := -1
	for _, p := range pairs {
		switch {
		case p.key != "host" || p.keyPos == p.pos: // that of the authority is replaced
			joined = append(joined, p)
		case first < 0:
			first = len(joined)
			joined = append(joined, p)
		default:
			joined[first].value += "," + p.value
		}
	}
	return joined
}

func (u *urlReader) parameter(part string, pos int) {
	rawKey, rawValue, ok := strings.Cut(part, "=")
	if !ok && u.strict {
		u.err = syntaxError(pos, `no "=" in a query parameter (write a "&" in a value as %26)`)
		return
	}
	p := pair{keyPos: pos, pos: min(pos+len(rawKey)+1, pos+len(part))}
	var wrong string
	if p.key, wrong = u.decode(rawKey); wrong != "" {
		u.err = syntaxError(pos, wrong)
		return
	}
	if u.strict && strings.Contains(rawValue, "=") {
		u.err = p.valueError(`a second "=" in a query parameter: write it as %3D`)
		return
	}
	if p.value, wrong = u.decode(rawValue); wrong != "" {
		u.err = p.valueError(wrong)
		return
	}
	u.pairs = append(u.pairs, p)
}

const (
	badPercent = `a "%" without two hexadecimal digits (write a "%" itself as %25)`
	badBlank   = "a blank in a URL: write it as %20"
)

// decodeURI decodes percent-encoding as libpq does: outer blanks are dropped and
// inner ones refused. It returns what is wrong, or "".
func decodeURI(s string) (value, wrong string) {
	s = strings.Trim(s, " ")
	if strings.ContainsAny(s, blanks) {
		return "", badBlank
	}
	return decodePercent(s)
}

// decodeForm decodes as java.net.URLDecoder does, where "+" is a blank.
func decodeForm(s string) (value, wrong string) {
	return decodePercent(strings.ReplaceAll(s, "+", " "))
}

func decodePercent(s string) (value, wrong string) {
	value, err := url.PathUnescape(s)
	if err != nil {
		return "", badPercent
	}
	return value, ""
}
