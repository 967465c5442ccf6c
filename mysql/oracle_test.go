package mysql

import (
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// oracle is the corpus of strings on which the dsn package and the driver's own
// parser must agree, or the row says why they do not. It seeds the fuzz target
// too.
var oracle = []drivertest.Row{
	{Name: "Service Connector for Go", In: "aad_orders@tcp(srv.mysql.database.azure.com:3306)/orders?tls=true"},
	{Name: "Service Connector for Go, secret", In: "app:p@ss:w/rd@tcp(srv.mysql.database.azure.com:3306)/orders?tls=true"},
	{Name: "no port", In: "u@tcp(h)/db"},
	{Name: "no network", In: "u:p@(h:3307)/db"},
	{Name: "no address", In: "u@/db"},
	{Name: "no user", In: "tcp(h:3307)/db"},
	{Name: "database only", In: "/db"},
	{Name: "no database", In: "u@tcp(h:3307)/"},
	{Name: "IPv6", In: "u@tcp([2001:db8::1]:3307)/db"},
	{Name: "colon in the password", In: "u:a:b@tcp(h:3307)/db"},
	{Name: "at sign in the password", In: "u:a@b@tcp(h:3307)/db"},
	{Name: "parenthesis in the password", In: "u:a(b)@tcp(h:3307)/db"},
	{Name: "slash and question mark in the password", In: "u:a/b?c@tcp(h:3307)/db"},
	{Name: "percent in the password", In: "u:a%20b@tcp(h:3307)/db"},
	{Name: "percent in the database", In: "u@tcp(h:3307)/d%20b%2Fc"},
	{Name: "empty password", In: "u:@tcp(h:3307)/db"},
	{Name: "password without user", In: ":p@tcp(h:3307)/db"},
	{Name: "non-ASCII", In: "Ünal:pä@tcp(h:3307)/データ"},
	{Name: "env is no reference here", In: "env:secret@tcp(h:3306)/db"},
	{Name: "parameters", In: "u@tcp(h:3307)/db?parseTime=true&loc=Europe%2FParis&charset=utf8mb4,utf8&collation=utf8mb4_bin&timeout=5s&readTimeout=1m&writeTimeout=1m30s"},
	{Name: "more parameters", In: "u@tcp(h:3307)/db?clientFoundRows=true&columnsWithAlias=1&interpolateParams=true&maxAllowedPacket=0&multiStatements=TRUE&rejectReadOnly=True"},
	{Name: "yet more parameters", In: "u@tcp(h:3307)/db?checkConnLiveness=false&allowNativePasswords=0&allowOldPasswords=true&compress=true&timeTruncate=1ms&connectionAttributes=program_name:a%20b"},
	{Name: "system variables", In: "u@tcp(h:3307)/db?sql_mode=%27ANSI%27&time_zone=%27%2B01%3A00%27&autocommit=1"},
	{Name: "plus in a value", In: "u@tcp(h:3307)/db?sql_mode=a+b"},
	{Name: "last one wins", In: "u@tcp(h:3307)/db?parseTime=true&parseTime=false"},
	{Name: "no value", In: "u@tcp(h:3307)/db?parseTime"},
	{Name: "empty query", In: "u@tcp(h:3307)/db?"},
	{Name: "tls=skip-verify", In: "u:p@tcp(h:3307)/db?tls=skip-verify"},
	{Name: "tls=preferred", In: "u:p@tcp(h:3307)/db?tls=preferred"},
	{Name: "tls=false", In: "u:p@tcp(h:3307)/db?tls=false"},
	{Name: "clear-text switches", In: "u@tcp(h:3307)/db?allowCleartextPasswords=true&allowFallbackToPlaintext=true&allowAllFiles=true"},
	{Name: "nothing but the slash", In: "/",
		Diverges: "it says nothing at all, which dsn takes for a slip"},
	{Name: "blanks around it", In: " u@tcp(h:3307)/db\n",
		Diverges: "blanks around the string are cut off: variables' values come with them"},
	{Name: "upper-case host", In: "u@tcp(SRV.example.com:3307)/db",
		Diverges: "dsn lowers the case of hosts, which DNS does not tell apart and lists of trusted names must not"},
	{Name: "host with the root's dot", In: "u@tcp(srv.example.com.:3307)/db",
		Diverges: "dsn drops the dot, which certificates and lists of trusted names do not have"},
	{Name: "port of ADO.NET's", In: "u@tcp(h,3307)/db",
		Diverges: "dsn knows host,port in every dialect, the driver looks up the name with the comma"},
	{Name: "empty port", In: "u@tcp(h:)/db",
		Diverges: "dsn takes the default port, the driver dials port 0"},
	{Name: "blanks in the address", In: "u@tcp( h : 3307 )/db",
		Diverges: "dsn cuts blanks off around a host and a port, the driver looks them up"},
	{Name: "single server's user", In: "app@srv@tcp(srv.mysql.database.azure.com:3307)/db",
		Diverges: "user@server is a single server's form: flexible servers want the user alone"},
	{Name: "key in another case", In: "u@tcp(h:3307)/db?ParseTime=true",
		Diverges: "the driver sets ParseTime as a system variable, dsn takes it as the parameter"},
	{Name: "password as a parameter", In: "u@tcp(h:3307)/db?password=p",
		Diverges: "dsn knows user, password and the like by name in every dialect, the driver sets a system variable"},
	{Name: "no user as a parameter", In: "u@tcp(h:3307)/db?user=",
		Diverges: "likewise, and an empty value is none"},
	{Name: "identity keys", In: "u@tcp(h:3307)/db?client_id=11111111-1111-1111-1111-111111111111",
		Diverges: "client_id is for this library, the driver sets it as a system variable"},
	{Name: "empty parameter", In: "u@tcp(h:3307)/db?sql_mode=",
		Diverges: "an empty value is none to dsn, the driver writes a statement that is none"},
	{Name: "UNIX socket", In: "u@unix(/run/mysqld.sock)/db",
		Diverges: "no certificate is verified against the path of a socket"},
	{Name: "registered network", In: "u@mynet(h:3307)/db",
		Diverges: "no name is known to verify a certificate against"},
	{Name: "negative duration", In: "u@tcp(h:3307)/db?timeout=-5s",
		Diverges: "the driver takes it for none"},
	{Name: "unknown registered TLS", In: "u@tcp(h:3307)/db?tls=nobody",
		Diverges: "the driver looks the name up while it parses, this library when it opens the connection"},
	{Name: "JDBC", In: "jdbc:mysql://h:3307/db?user=u",
		Diverges: "the driver takes jdbc:mysql: as the network"},
	{Name: "ADO.NET", In: "Server=h;Port=3307;Database=db;User Id=u;",
		Diverges: "the driver finds no slash"},
}

// reading is what both parsers can say of a string.
type reading struct {
	address        string // if empty, not given
	user, database string
	password       string
	params         string // as the driver writes them
}

// parametersOf writes the parameters of cfg, without those that this package
// decides itself.
func parametersOf(cfg *mysql.Config) string {
	bare := cfg.Clone()
	bare.User, bare.Passwd, bare.Net, bare.Addr, bare.DBName, bare.TLSConfig = "", "", "", "", "", ""
	bare.AllowAllFiles, bare.AllowCleartextPasswords, bare.AllowFallbackToPlaintext = false, false, false
	return bare.FormatDSN()
}

func ours(s string) (reading, error) {
	c, err := dsn.Parse(dsn.MySQL, s)
	if err != nil {
		return reading{}, err
	}
	cfg, err := native(c)
	if err != nil {
		return reading{}, err
	}
	r := reading{user: c.User, database: c.Database, password: c.Password.Reveal(), params: parametersOf(cfg)}
	if len(c.Hosts) == 1 {
		r.address = c.Hosts[0].String()
	}
	return r, nil
}

// theirs is the driver's reading; what it fills in for an address that the
// string does not name is taken out again.
func theirs(s string) (reading, error) {
	cfg, err := mysql.ParseDSN(s)
	if err != nil {
		return reading{}, err
	}
	r := reading{address: cfg.Addr, user: cfg.User, database: cfg.DBName, password: cfg.Passwd, params: parametersOf(cfg)}
	if r.address == defaultAddress {
		r.address = ""
	}
	return r, nil
}

func TestOracle(t *testing.T) {
	drivertest.CheckOracle(t, oracle, ours, theirs)
}
