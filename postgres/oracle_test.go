package postgres

import (
	"maps"
	"os"
	"os/user"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// oracle is the corpus of strings on which the dsn package and pgx's own parser
// must agree, or the row says why they do not. It seeds the fuzz target too.
var oracle = []struct {
	name, in string
	diverges string
}{
	{name: "Service Connector for Go", in: "host=srv.postgres.database.azure.com dbname=orders sslmode=require user=aad_orders"},
	{name: "Service Connector for Python", in: "dbname=orders host=srv.postgres.database.azure.com port=5432 sslmode=require user=aad_orders"},
	{name: "all in quotes", in: `host='srv.example.com' port='6432' dbname='my db' user='o\'s'`},
	{name: "escaped quote", in: `host=h user=u password='it\'s'`},
	{name: "escaped backslash", in: `host=h user=u password='a\\b'`},
	{name: "escapes without quotes", in: `host=h user=u password=a\ b\'c\\d`},
	{name: "final backslash", in: `host=h user=u password=abc\`},
	{name: "blanks around equals", in: "host = h  user =u password= p"},
	{name: "line ends", in: "host=h\nuser=u\r\n\tpassword=p\n"},
	{name: "quoted empty value", in: "host=h user=u password=''"},
	{name: "last one wins", in: "host=a user=u host=b"},
	{name: "unquoted with equals", in: "host=h user=u password=a=b=c"},
	{name: "semicolon in a value", in: "host=h user=u password='a;b'"},
	{name: "several hosts, one port", in: "host=a,b,c port=6432 user=u"},
	{name: "several hosts and ports", in: "host=a,b port=6432,6433 user=u"},
	{name: "several hosts, a port missing", in: "host=a,b port=6432, user=u"},
	{name: "IPv6", in: "host=::1 port=6432 user=u"},
	{name: "run-time parameters", in: "host=h user=u application_name='my app' search_path=a,b statement_timeout=5s"},
	{name: "options", in: `host=h user=u options='-c geqo=off -c a.b=\'x y\''`},
	{name: "pool settings", in: "host=h user=u pool_max_conns=7 default_query_exec_mode=exec statement_cache_capacity=10"},
	{name: "connect timeout", in: "host=h user=u connect_timeout=7 target_session_attrs=read-write"},
	{name: "no host", in: "dbname=db user=u"},
	{name: "database by pgx's name", in: "host=h user=u database=db"},
	{name: "non-ASCII", in: "host=h user=Ünal dbname=データ password=pä"},
	{name: "URL", in: "postgres://u:p@h:6432/db?sslmode=verify-full&application_name=a"},
	{name: "URL, other scheme", in: "postgresql://u@h/db"},
	{name: "URL, percent", in: "postgres://a%40b:p%2Fq%3Fr%25@h/d%20b"},
	{name: "URL, plus", in: "postgres://u:a+b@h/db?application_name=a+b"},
	{name: "URL, IPv6", in: "postgres://u@[2001:db8::1]:6432/db"},
	{name: "URL, several hosts", in: "postgres://u@a:1,b:2,[::1]:3/db?target_session_attrs=any"},
	{name: "URL, host in the query", in: "postgres:///db?host=h&port=6432&user=u"},
	{name: "URL, query beats authority", in: "postgres://u@h/db?user=v&dbname=e"},
	{name: "URL, no database", in: "postgres://u@h"},
	{name: "URL, colon in the password", in: "postgres://u:a:b@h/db"},
	{name: "URL, empty password", in: "postgres://u:@h/db"},
	{name: "blanks around a URL", in: "postgres://u@h/d\n", diverges: "blanks around the string are cut off: variables' values come with them"},
	{name: "upper-case host", in: "host=SRV.example.com user=u",
		diverges: "dsn lowers the case of hosts, which DNS does not tell apart and lists of trusted names must not"},
	{name: "host with the root's dot", in: "host=srv.example.com. user=u",
		diverges: "dsn drops the dot, which certificates and lists of trusted names do not have"},
	{name: "IPv6 in another spelling", in: "host=2001:DB8:0::1 user=u",
		diverges: "dsn writes addresses in their one canonical form"},
	{name: "blank in a host", in: "host=' h' user=u",
		diverges: "dsn trims hosts, pgx looks up the name with the blank"},
	{name: "port in the host", in: "host=h:6432 user=u",
		diverges: "dsn takes host:port apart, pgx looks up the name with the colon"},
	{name: "number after a comma", in: "host=h,6432 user=u",
		diverges: "dsn knows ADO.NET's host,port in every dialect, pgx takes the number as a second host"},
	{name: "user taken back", in: "host=h user=u user=''",
		diverges: "the last value counts to dsn also if it is empty, pgx skips an empty user"},
	{name: "key in another case", in: "Host=h user=u",
		diverges: "pgx sends Host to the server as a setting, dsn takes it as the host"},
	{name: "single server's user", in: "host=srv.postgres.database.azure.com user=app@srv",
		diverges: "user@server is a single server's form: flexible servers want the role alone"},
	{name: "identity keys", in: "host=h user=u client_id=11111111-1111-1111-1111-111111111111",
		diverges: "client_id is for this library, pgx sends it to the server as a setting"},
	{name: "hostaddr", in: "host=h hostaddr=127.0.0.1 user=u",
		diverges: "hostaddr is never passed on, pgx sends it to the server as a setting"},
	{name: "libpq's own keyword", in: "host=h user=u keepalives=1",
		diverges: "pgx does not know keepalives and sends it to the server as a setting"},
	{name: "empty parameter", in: "host=h user=u application_name=''",
		diverges: "an empty value is none to dsn, pgx sends the empty setting"},
	{name: "empty value before a key", in: "host=h user= password=p",
		diverges: "libpq and pgx take the next word as the value, dsn says that one is missing"},
	{name: "ADO.NET", in: "Server=h;Database=db;Port=5432;User Id=u;Ssl Mode=Require;",
		diverges: "pgx reads one setting named Server and goes to its default host"},
	{name: "JDBC", in: "jdbc:postgresql://h:5432/db?user=u&sslmode=require",
		diverges: "pgx reads one setting named jdbc:postgresql:... and goes to its default host"},
	{name: "semicolons", in: "host=h;dbname=db;user=u",
		diverges: "pgx takes all of it as the host"},
}

// reading is what both parsers can say of a string.
type reading struct {
	hosts          []dsn.Host
	user, database string
	password       string
	params         map[string]string
}

// consumed are the parameters that pgx takes out of the run-time parameters.
var consumed = []string{
	"connect_timeout", "target_session_attrs", "sslnegotiation", "sslcertmode", "krbsrvname", "krbspn",
	"min_protocol_version", "max_protocol_version",
	"default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity",
}

func ours(s string) (reading, error) {
	c, err := dsn.Parse(dsn.PostgreSQL, s)
	if err != nil {
		return reading{}, err
	}
	r := reading{user: c.User, database: c.Database, password: c.Password.Reveal(), params: map[string]string{}}
	for _, h := range c.Hosts { // each once, like hostsOf
		if !slices.Contains(r.hosts, h) {
			r.hosts = append(r.hosts, h)
		}
	}
	for key, value := range c.Params {
		if !slices.Contains(consumed, key) {
			r.params[key] = value
		}
	}
	return r, nil
}

// theirs is pgx's reading; what pgx fills in for a user or host that the string
// does not name is taken out again.
func theirs(s, systemUser, defaultHost string) (reading, error) {
	cc, err := pgx.ParseConfig(s)
	if err != nil {
		return reading{}, err
	}
	r := reading{user: cc.User, database: cc.Database, password: cc.Password, params: maps.Clone(cc.RuntimeParams)}
	for _, h := range hostsOf(cc) {
		if h.Host != defaultHost {
			r.hosts = append(r.hosts, dsn.Host{Name: h.Host, Port: h.Port})
		}
	}
	if r.user == systemUser {
		r.user = ""
	}
	return r, nil
}

// bare takes every PG* variable and the files of the home directory away, and
// returns the user and the host that pgx then supplies itself.
func bare(t testing.TB) (systemUser, defaultHost string) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PG") {
			t.Setenv(name, "")
		}
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("APPDATA", home)
	cc, err := pgx.ParseConfig("")
	require.NoError(t, err)
	if u, err := user.Current(); err == nil {
		// Windows puts the domain before the name.
		require.Equal(t, u.Username[strings.LastIndexByte(u.Username, '\\')+1:], cc.User)
	}
	return cc.User, cc.Host
}

func TestOracle(t *testing.T) {
	systemUser, defaultHost := bare(t)
	pgxs := func(s string) (reading, error) { return theirs(s, systemUser, defaultHost) }
	for _, row := range oracle {
		t.Run(row.name, func(t *testing.T) { drivertest.Agree(t, row.in, row.diverges, ours, pgxs) })
	}
}
