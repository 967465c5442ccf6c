package dsn

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRoundTrip(t *testing.T) {
	checkRoundTrips(t, randomConfig, []writer{
		{DialectKeyValue, writeKeyValue},
		{DialectKeyValue, writeSemicolons},
		{DialectURL, writeURL},
		{dialectJDBC, writeJDBC},
		{dialectADO, writeADO},
	})
	withoutParams := func(r *rand.Rand) Config { // psqlodbc has no keys for these
		c := randomConfig(r)
		c.Params = nil
		return c
	}
	checkRoundTrips(t, withoutParams, []writer{{DialectODBC, writePsqlODBC}})
}

// writer writes a configuration by a dialect's own rules.
type writer struct {
	dialect Dialect
	write   func(Config, *rand.Rand) string
}

// checkRoundTrips writes random configurations in each dialect and reads them
// back.
func checkRoundTrips(t *testing.T, random func(*rand.Rand) Config, writers []writer) {
	t.Helper()
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 1))
		for i, w := range writers {
			want := random(r)
			want.Dialect = w.dialect
			s := w.write(want, r)
			got, err := Parse(want.Engine, s)
			require.NoError(t, err, "seed %d, writer %d: %q", seed, i, s)
			require.Equal(t, want, got, "seed %d, writer %d: %q", seed, i, s)
		}
	}
}

func randomConfig(r *rand.Rand) Config {
	c := Config{Engine: PostgreSQL, Database: randomText(r), User: randomText(r), Password: NewSecret(randomText(r)),
		TLS: []TLS{TLSDisable, TLSPrefer, TLSRequire, TLSVerifyCA, TLSVerifyFull}[r.IntN(5)]}
	for range 1 + r.IntN(3) {
		name := []string{"h", "db.example.com", "10.0.0.1", "2001:db8::1", "my_host-1.internal"}[r.IntN(5)]
		c.Hosts = append(c.Hosts, Host{name, uint16(1 + r.IntN(65535))})
	}
	c.Params = map[string]string{"application_name": randomText(r), "search_path": randomText(r), "connect_timeout": "9"}
	c.Identity = Identity{ClientID: randomText(r), ClientSecret: NewSecret(randomText(r)), TenantID: "t",
		Method: Method(1 + r.IntN(int(MethodPassword)))}
	c.RootCertFile = "/" + randomText(r)
	return c
}

// randomText makes a value out of everything that has a meaning somewhere.
func randomText(r *rand.Rand) string {
	const alphabet = `ab Z9'"\;={}%@&?#/:+,[]()$*_-.é密😀`
	runes := []rune(alphabet)
	var b strings.Builder
	b.WriteByte('x') // not "@server" alone, not empty
	for range r.IntN(12) {
		b.WriteRune(runes[r.IntN(len(runes))])
	}
	return b.String()
}

type keyed struct{ key, value string }

// pairsOf are the pairs of c after the hosts, in the words of a native dialect.
func pairsOf(c Config) []keyed {
	return []keyed{{"dbname", c.Database}, {"user", c.User}, {"password", c.Password.Reveal()}, {"sslmode", c.TLS.String()},
		{"application_name", c.Params["application_name"]}, {"search_path", c.Params["search_path"]},
		{"connect_timeout", c.Params["connect_timeout"]}, {"sslrootcert", c.RootCertFile},
		{"client_id", c.Identity.ClientID}, {"client_secret", c.Identity.ClientSecret.Reveal()},
		{"tenant_id", c.Identity.TenantID}, {"authentication", c.Identity.Method.String()}}
}

// lists returns the hosts and ports as libpq's lists.
func lists(c Config) (hosts, ports string) {
	var names, numbers []string
	for _, h := range c.Hosts {
		names, numbers = append(names, h.Name), append(numbers, fmt.Sprint(h.Port))
	}
	return strings.Join(names, ","), strings.Join(numbers, ",")
}

// authority returns the hosts as they stand in a URL.
func authority(c Config) string {
	var list []string
	for _, h := range c.Hosts {
		list = append(list, h.String())
	}
	return strings.Join(list, ",")
}

func libpqQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// libpqEscape does without quotes, but around a semicolon, which would make the
// string look like ADO.NET's, and in front of a blank that may end the string,
// where it is cut off.
func libpqEscape(s string) string {
	if strings.Contains(s, ";") || strings.HasSuffix(s, " ") {
		return libpqQuote(s)
	}
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`, " ", `\ `).Replace(s)
}

// adoQuote quotes s as ADO.NET does, with either quotes or, if it can, with none.
func adoQuote(s string, r *rand.Rand) string {
	if quote := []string{`"`, `'`, ""}[r.IntN(3)]; quote != "" {
		return quote + strings.ReplaceAll(s, quote, quote+quote) + quote
	}
	if strings.ContainsAny(s, `;'"`) || strings.HasSuffix(s, " ") {
		return adoQuote(s, r)
	}
	return s
}

// odbcQuote puts s into braces, unless it can go without.
func odbcQuote(s string, r *rand.Rand) string {
	if r.IntN(2) == 0 && !strings.ContainsAny(s, "[]{}(),;?*=!@") && !strings.HasSuffix(s, " ") {
		return s
	}
	return "{" + strings.ReplaceAll(s, "}", "}}") + "}"
}

func writeKeyValue(c Config, r *rand.Rand) string {
	hosts, ports := lists(c)
	parts := []string{"host=" + hosts, "port = " + libpqQuote(ports)}
	for _, p := range pairsOf(c) {
		quote := []func(string) string{libpqQuote, libpqEscape}[r.IntN(2)]
		parts = append(parts, p.key+"="+quote(p.value))
	}
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return strings.Join(parts, " ")
}

// writeSemicolons keeps to libpq's words, by which this form is known.
func writeSemicolons(c Config, r *rand.Rand) string {
	hosts, ports := lists(c)
	words := []string{"host=" + hosts, "port=" + ports}
	for _, p := range pairsOf(c) {
		words = append(words, p.key+"="+libpqQuote(p.value))
	}
	r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return strings.Join(words, ";") + ";"
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func writeURL(c Config, _ *rand.Rand) string {
	var query []string
	for _, p := range pairsOf(c)[3:] {
		query = append(query, p.key+"="+escape(p.value))
	}
	return "postgres://" + escape(c.User) + ":" + escape(c.Password.Reveal()) + "@" + authority(c) + "/" + escape(c.Database) +
		"?" + strings.Join(query, "&")
}

func writeJDBC(c Config, _ *rand.Rand) string {
	foreign := strings.NewReplacer("application_name", "ApplicationName", "search_path", "currentSchema", "connect_timeout", "loginTimeout")
	var query []string
	for _, p := range pairsOf(c)[1:] {
		query = append(query, foreign.Replace(p.key)+"="+url.QueryEscape(p.value))
	}
	return "jdbc:postgresql://" + authority(c) + "/" + escape(c.Database) + "?" + strings.Join(query, "&")
}

func writeADO(c Config, r *rand.Rand) string {
	foreign := strings.NewReplacer("dbname", "Initial Catalog", "user", "User Id", "application_name", "Application Name",
		"search_path", "Search Path", "connect_timeout", "Timeout", "sslmode", "SSL Mode", "sslrootcert", "Root Certificate")
	parts := []string{"Data Source=" + authority(c)}
	for _, p := range pairsOf(c) {
		parts = append(parts, foreign.Replace(p.key)+"="+adoQuote(p.value, r))
	}
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return strings.Join(parts, ";")
}

func writePsqlODBC(c Config, r *rand.Rand) string {
	hosts, ports := lists(c)
	parts := []string{"Driver={PostgreSQL Unicode(x64)}", "Server=" + odbcQuote(hosts, r), "Port=" + odbcQuote(ports, r)}
	foreign := strings.NewReplacer("dbname", "Database", "user", "UID", "password", "PWD", "sslmode", "SSLmode")
	for _, p := range pairsOf(c) {
		if p.value != "" {
			parts = append(parts, foreign.Replace(p.key)+"="+odbcQuote(p.value, r))
		}
	}
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return strings.Join(parts, ";")
}
