package dsn

import (
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

func TestMySQLRoundTrip(t *testing.T) {
	checkRoundTrips(t, randomMySQL, []writer{
		{DialectDSN, writeDSN},
		{DialectURL, writeMySQLURL},
		{dialectJDBC, writeMySQLJDBC},
		{dialectADO, writeMySQLADO},
		{DialectODBC, writeMySQLODBC},
	})
}

// randomMySQL returns what every dialect can say. A user's name in a data source
// name cannot hold a colon.
func randomMySQL(r *rand.Rand) Config {
	c := randomConfig(r)
	c.Engine = MySQL
	c.User = strings.ReplaceAll(c.User, ":", "-")
	c.Params = map[string]string{"connectionAttributes": "k:" + randomText(r), "timeout": "9s", "parseTime": "true",
		"multiStatements": "false", "loc": "Europe/Paris", "charset": "utf8mb4"}
	return c
}

func writeDSN(c Config, r *rand.Rand) string {
	var query []string
	for _, p := range pairsOfMySQL(c, nil)[3:] {
		query = append(query, p.key+"="+url.QueryEscape(p.value))
	}
	r.Shuffle(len(query), func(i, j int) { query[i], query[j] = query[j], query[i] })
	return c.User + ":" + c.Password.Reveal() + "@tcp(" + authority(c) + ")/" + url.PathEscape(c.Database) + "?" + strings.Join(query, "&")
}

// pairsOfMySQL are the pairs of c after the hosts, first database, user and
// password, under the names a dialect has for them.
func pairsOfMySQL(c Config, names map[string]string) []keyed {
	pairs := []keyed{{"database", c.Database}, {"user", c.User}, {"password", c.Password.Reveal()},
		{"sslmode", c.TLS.String()}, {"sslrootcert", c.RootCertFile},
		{"client_id", c.Identity.ClientID}, {"client_secret", c.Identity.ClientSecret.Reveal()},
		{"tenant_id", c.Identity.TenantID}, {"authentication", c.Identity.Method.String()}}
	for _, name := range []string{"connectionAttributes", "timeout", "parseTime", "multiStatements", "loc", "charset"} {
		pairs = append(pairs, keyed{name, c.Params[name]})
	}
	for i, p := range pairs {
		if name, value, ok := strings.Cut(names[p.key], "="); ok {
			pairs[i] = keyed{name, value}
		} else if name != "" {
			pairs[i].key = name
		}
	}
	return pairs
}

func writeMySQLURL(c Config, _ *rand.Rand) string {
	var query []string
	for _, p := range pairsOfMySQL(c, map[string]string{"sslmode": "ssl-mode", "sslrootcert": "ssl-ca", "charset": "encoding=UTF-8"})[3:] {
		query = append(query, p.key+"="+escape(p.value))
	}
	return "mysql://" + escape(c.User) + ":" + escape(c.Password.Reveal()) + "@" + authority(c) + "/" + escape(c.Database) + "?" + strings.Join(query, "&")
}

func writeMySQLJDBC(c Config, r *rand.Rand) string {
	login, pairs := "", pairsOfMySQL(c, map[string]string{"sslmode": "sslMode", "timeout": "connectTimeout=9000",
		"multiStatements": "allowMultiQueries", "charset": "characterEncoding=UTF-8"})[1:]
	if r.IntN(2) == 0 {
		login, pairs = url.QueryEscape(c.User)+":"+url.QueryEscape(c.Password.Reveal())+"@", pairs[2:]
	}
	var query []string
	for _, p := range pairs {
		query = append(query, p.key+"="+url.QueryEscape(p.value))
	}
	return "jdbc:mysql://" + login + authority(c) + "/" + escape(c.Database) + "?" + strings.Join(query, "&")
}

func writeMySQLADO(c Config, r *rand.Rand) string {
	parts := []string{"Server=" + authority(c)}
	for _, p := range pairsOfMySQL(c, map[string]string{"database": "Initial Catalog", "user": "User Id", "password": "pwd", "sslmode": "SSL Mode",
		"sslrootcert": "SslCa", "timeout": "Connection Timeout=9", "multiStatements": "Allow Batch", "charset": "Character Set=utf8"}) {
		parts = append(parts, p.key+"="+adoQuote(p.value, r))
	}
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return strings.Join(parts, ";")
}

func writeMySQLODBC(c Config, r *rand.Rand) string {
	parts := []string{"Server=" + authority(c), "Driver={MySQL ODBC 9.1 Unicode Driver}"}
	for _, p := range pairsOfMySQL(c, map[string]string{"user": "UID", "password": "PWD", "sslrootcert": "SSLCA",
		"timeout": "ConnTimeout=9", "multiStatements": "MULTI_STATEMENTS"}) {
		parts = append(parts, p.key+"="+odbcQuote(p.value, r))
	}
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return strings.Join(parts, ";")
}
