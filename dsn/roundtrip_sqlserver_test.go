package dsn

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestRoundTripSQLServer(t *testing.T) {
	checkRoundTrips(t, randomSQLServer, []writer{
		{dialectADO, writeSqlClient},
		{dialectJDBC, writeMSSQLJDBC},
		{DialectODBC, writeMSODBC},
		{DialectODBC, writeGoMSSQLODBC},
		{DialectURL, writeSQLServerURL},
		{DialectKeyValue, writeGoMSSQL},
	})
}

func randomSQLServer(r *rand.Rand) Config {
	c := Config{Engine: SQLServer, Database: randomText(r), User: randomText(r), Password: NewSecret(randomText(r)),
		RootCertFile: "/" + randomText(r)}
	for range 1 + r.IntN(2) {
		name := []string{"h", "db.example.com", "10.0.0.1", "2001:db8::1", "my_host-1.internal"}[r.IntN(5)]
		c.Hosts = append(c.Hosts, Host{name, uint16(1 + r.IntN(65535))})
	}
	c.Params = map[string]string{"app name": randomText(r), "workstation id": randomText(r),
		"dial timeout": "9", "packet size": "8192", "applicationintent": "ReadOnly", "multisubnetfailover": "true"}
	c.Identity = Identity{ClientID: randomText(r), ClientSecret: NewSecret(randomText(r)), TenantID: "t",
		Method: Method(1 + r.IntN(int(MethodPassword)))}
	c.TLS = []TLS{TLSUnset, TLSDisable, TLSPrefer, TLSRequire, TLSSkipVerify, TLSVerifyFull}[r.IntN(6)]
	if c.TLS == TLSVerifyFull && r.IntN(2) == 0 {
		c.Params["encrypt"] = "strict"
	}
	return c
}

// encryptPairs declare the TLS mode.
func encryptPairs(c Config) []keyed {
	switch c.TLS {
	case TLSDisable:
		return []keyed{{"encrypt", "disable"}}
	case TLSPrefer:
		return []keyed{{"encrypt", "Optional"}}
	case TLSRequire:
		return []keyed{{"encrypt", "Mandatory"}}
	case TLSSkipVerify:
		return []keyed{{"encrypt", "true"}, {"trustServerCertificate", "true"}}
	case TLSVerifyFull:
		if c.Params["encrypt"] != "" {
			return []keyed{{"encrypt", "Strict"}}
		}
		return []keyed{{"encrypt", "yes"}, {"trustServerCertificate", "no"}}
	default:
		return nil
	}
}

// sqlServerPairs are the pairs of c after the server, in go-mssqldb's words.
func sqlServerPairs(c Config) []keyed {
	pairs := []keyed{{"database", c.Database}, {"user id", c.User}, {"password", c.Password.Reveal()}, {"sslrootcert", c.RootCertFile},
		{"client_id", c.Identity.ClientID}, {"client_secret", c.Identity.ClientSecret.Reveal()}, {"tenant_id", c.Identity.TenantID},
		{"authentication", c.Identity.Method.String()}}
	for _, name := range []string{"app name", "workstation id", "dial timeout", "packet size", "applicationintent", "multisubnetfailover"} {
		pairs = append(pairs, keyed{name, c.Params[name]})
	}
	if len(c.Hosts) > 1 {
		pairs = append(pairs, keyed{"failoverpartner", comma(c.Hosts[1])})
	}
	return append(pairs, encryptPairs(c)...)
}

// comma writes a host as SqlClient does.
func comma(h Host) string { return "tcp:" + h.Name + "," + fmt.Sprint(h.Port) }

// joinShuffled writes the pairs in a random order, with other keys in place of
// those that are named.
func joinShuffled(r *rand.Rand, pairs []keyed, quote func(string) string, foreign ...string) string {
	translate := strings.NewReplacer(foreign...)
	var parts []string
	for _, p := range pairs {
		parts = append(parts, translate.Replace(p.key)+"="+quote(p.value))
	}
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return strings.Join(parts, ";")
}

func braces(s string) string { return "{" + strings.ReplaceAll(s, "}", "}}") + "}" }

func doubleQuotes(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func writeSqlClient(c Config, r *rand.Rand) string {
	quote := func(s string) string { return adoQuote(s, r) }
	pairs := append(sqlServerPairs(c), keyed{"Data Source", comma(c.Hosts[0])})
	return joinShuffled(r, pairs, quote, "database", "Initial Catalog", "app name", "Application Name", "dial timeout", "Connect Timeout",
		"failoverpartner", "Failover Partner", "applicationintent", "Application Intent")
}

func writeMSSQLJDBC(c Config, r *rand.Rand) string {
	return "jdbc:sqlserver://" + c.Hosts[0].String() + ";" + joinShuffled(r, sqlServerPairs(c), braces, "database", "databaseName", "user id", "user",
		"app name", "applicationName", "workstation id", "workstationID", "dial timeout", "loginTimeout", "packet size", "packetSize")
}

func writeMSODBC(c Config, r *rand.Rand) string {
	pairs := append(sqlServerPairs(c), keyed{"Server", comma(c.Hosts[0])}, keyed{"Driver", "ODBC Driver 18 for SQL Server"})
	return joinShuffled(r, pairs, func(s string) string { return odbcQuote(s, r) }, "user id", "UID", "password", "PWD", "app name", "APP", "workstation id", "WSID",
		"dial timeout", "Connection Timeout", "failoverpartner", "Failover_Partner")
}

func writeGoMSSQLODBC(c Config, r *rand.Rand) string {
	pairs := append(sqlServerPairs(c), keyed{"server", c.Hosts[0].Name}, keyed{"port", fmt.Sprint(c.Hosts[0].Port)})
	return "odbc:" + joinShuffled(r, pairs, braces)
}

func writeGoMSSQL(c Config, r *rand.Rand) string {
	pairs := append(sqlServerPairs(c), keyed{"server", c.Hosts[0].Name}, keyed{"port", fmt.Sprint(c.Hosts[0].Port)})
	return joinShuffled(r, pairs, doubleQuotes)
}

func writeSQLServerURL(c Config, _ *rand.Rand) string {
	var query []string
	for _, p := range sqlServerPairs(c) {
		if p.key != "user id" && p.key != "password" {
			query = append(query, escape(p.key)+"="+escape(p.value))
		}
	}
	return "sqlserver://" + escape(c.User) + ":" + escape(c.Password.Reveal()) + "@" + c.Hosts[0].String() + "?" + strings.Join(query, "&")
}
