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
var oracle = []drivertest.Row{
	{Name: "Service Connector for Go", In: "host=srv.postgres.database.azure.com dbname=orders sslmode=require user=aad_orders"},
	{Name: "Service Connector for Python", In: "dbname=orders host=srv.postgres.database.azure.com port=5432 sslmode=require user=aad_orders"},
	{Name: "all in quotes", In: `host='srv.example.com' port='6432' dbname='my db' user='o\'s'`},
	{Name: "escaped quote", In: `host=h user=u password='it\'s'`},
	{Name: "escaped backslash", In: `host=h user=u password='a\\b'`},
	{Name: "escapes without quotes", In: `host=h user=u password=a\ b\'c\\d`},
	{Name: "final backslash", In: `host=h user=u password=abc\`},
	{Name: "blanks around equals", In: "host = h  user =u password= p"},
	{Name: "line ends", In: "host=h\nuser=u\r\n\tpassword=p\n"},
	{Name: "quoted empty value", In: "host=h user=u password=''"},
	{Name: "last one wins", In: "host=a user=u host=b"},
	{Name: "unquoted with equals", In: "host=h user=u password=a=b=c"},
	{Name: "semicolon in a value", In: "host=h user=u password='a;b'"},
	{Name: "several hosts, one port", In: "host=a,b,c port=6432 user=u"},
	{Name: "several hosts and ports", In: "host=a,b port=6432,6433 user=u"},
	{Name: "several hosts, a port missing", In: "host=a,b port=6432, user=u"},
	{Name: "IPv6", In: "host=::1 port=6432 user=u"},
	{Name: "run-time parameters", In: "host=h user=u application_name='my app' search_path=a,b statement_timeout=5s"},
	{Name: "options", In: `host=h user=u options='-c geqo=off -c a.b=\'x y\''`},
	{Name: "pool settings", In: "host=h user=u pool_max_conns=7 default_query_exec_mode=exec statement_cache_capacity=10"},
	{Name: "connect timeout", In: "host=h user=u connect_timeout=7 target_session_attrs=read-write"},
	{Name: "no host", In: "dbname=db user=u"},
	{Name: "database by pgx's name", In: "host=h user=u database=db"},
	{Name: "non-ASCII", In: "host=h user=Ünal dbname=データ password=pä"},
	{Name: "URL", In: "postgres://u:p@h:6432/db?sslmode=verify-full&application_name=a"},
	{Name: "URL, other scheme", In: "postgresql://u@h/db"},
	{Name: "URL, percent", In: "postgres://a%40b:p%2Fq%3Fr%25@h/d%20b"},
	{Name: "URL, plus", In: "postgres://u:a+b@h/db?application_name=a+b"},
	{Name: "URL, IPv6", In: "postgres://u@[2001:db8::1]:6432/db"},
	{Name: "URL, several hosts", In: "postgres://u@a:1,b:2,[::1]:3/db?target_session_attrs=any"},
	{Name: "URL, host in the query", In: "postgres:///db?host=h&port=6432&user=u"},
	{Name: "URL, query beats authority", In: "postgres://u@h/db?user=v&dbname=e"},
	{Name: "URL, no database", In: "postgres://u@h"},
	{Name: "URL, colon in the password", In: "postgres://u:a:b@h/db"},
	{Name: "URL, empty password", In: "postgres://u:@h/db"},
	{Name: "blanks around a URL", In: "postgres://u@h/d\n", Diverges: "blanks around the string are cut off: variables' values come with them"},
	{Name: "upper-case host", In: "host=SRV.example.com user=u",
		Diverges: "dsn lowers the case of hosts, which DNS does not tell apart and lists of trusted names must not"},
	{Name: "host with the root's dot", In: "host=srv.example.com. user=u",
		Diverges: "dsn drops the dot, which certificates and lists of trusted names do not have"},
	{Name: "IPv6 in another spelling", In: "host=2001:DB8:0::1 user=u",
		Diverges: "dsn writes addresses in their one canonical form"},
	{Name: "blank in a host", In: "host=' h' user=u",
		Diverges: "dsn trims hosts, pgx looks up the name with the blank"},
	{Name: "port in the host", In: "host=h:6432 user=u",
		Diverges: "dsn takes host:port apart, pgx looks up the name with the colon"},
	{Name: "number after a comma", In: "host=h,6432 user=u",
		Diverges: "dsn knows ADO.NET's host,port in every dialect, pgx takes the number as a second host"},
	{Name: "user taken back", In: "host=h user=u user=''",
		Diverges: "the last value counts to dsn also if it is empty, pgx skips an empty user"},
	{Name: "key in another case", In: "Host=h user=u",
		Diverges: "pgx sends Host to the server as a setting, dsn takes it as the host"},
	{Name: "single server's user", In: "host=srv.postgres.database.azure.com user=app@srv",
		Diverges: "user@server is a single server's form: flexible servers want the role alone"},
	{Name: "identity keys", In: "host=h user=u client_id=11111111-1111-1111-1111-111111111111",
		Diverges: "client_id is for this library, pgx sends it to the server as a setting"},
	{Name: "hostaddr", In: "host=h hostaddr=127.0.0.1 user=u",
		Diverges: "hostaddr is never passed on, pgx sends it to the server as a setting"},
	{Name: "libpq's own keyword", In: "host=h user=u keepalives=1",
		Diverges: "pgx does not know keepalives and sends it to the server as a setting"},
	{Name: "empty parameter", In: "host=h user=u application_name=''",
		Diverges: "an empty value is none to dsn, pgx sends the empty setting"},
	{Name: "empty value before a key", In: "host=h user= password=p",
		Diverges: "libpq and pgx take the next word as the value, dsn says that one is missing"},
	{Name: "ADO.NET", In: "Server=h;Database=db;Port=5432;User Id=u;Ssl Mode=Require;",
		Diverges: "pgx reads one setting named Server and goes to its default host"},
	{Name: "JDBC", In: "jdbc:postgresql://h:5432/db?user=u&sslmode=require",
		Diverges: "pgx reads one setting named jdbc:postgresql:... and goes to its default host"},
	{Name: "semicolons", In: "host=h;dbname=db;user=u",
		Diverges: "pgx takes all of it as the host"},
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
func theirs(systemUser, defaultHost string) func(s string) (reading, error) {
	return func(s string) (reading, error) {
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
	drivertest.CheckOracle(t, oracle, ours, theirs(systemUser, defaultHost))
}
