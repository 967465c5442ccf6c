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
var oracle = []struct {
	name, in string
	diverges string
}{
	{name: "Service Connector for Go", in: "aad_orders@tcp(srv.mysql.database.azure.com:3306)/orders?tls=true"},
	{name: "Service Connector for Go, secret", in: "app:p@ss:w/rd@tcp(srv.mysql.database.azure.com:3306)/orders?tls=true"},
	{name: "no port", in: "u@tcp(h)/db"},
	{name: "no network", in: "u:p@(h:3307)/db"},
	{name: "no address", in: "u@/db"},
	{name: "no user", in: "tcp(h:3307)/db"},
	{name: "database only", in: "/db"},
	{name: "no database", in: "u@tcp(h:3307)/"},
	{name: "IPv6", in: "u@tcp([2001:db8::1]:3307)/db"},
	{name: "colon in the password", in: "u:a:b@tcp(h:3307)/db"},
	{name: "at sign in the password", in: "u:a@b@tcp(h:3307)/db"},
	{name: "parenthesis in the password", in: "u:a(b)@tcp(h:3307)/db"},
	{name: "slash and question mark in the password", in: "u:a/b?c@tcp(h:3307)/db"},
	{name: "percent in the password", in: "u:a%20b@tcp(h:3307)/db"},
	{name: "percent in the database", in: "u@tcp(h:3307)/d%20b%2Fc"},
	{name: "empty password", in: "u:@tcp(h:3307)/db"},
	{name: "password without user", in: ":p@tcp(h:3307)/db"},
	{name: "non-ASCII", in: "Ünal:pä@tcp(h:3307)/データ"},
	{name: "env is no reference here", in: "env:secret@tcp(h:3306)/db"},
	{name: "parameters", in: "u@tcp(h:3307)/db?parseTime=true&loc=Europe%2FParis&charset=utf8mb4,utf8&collation=utf8mb4_bin&timeout=5s&readTimeout=1m&writeTimeout=1m30s"},
	{name: "more parameters", in: "u@tcp(h:3307)/db?clientFoundRows=true&columnsWithAlias=1&interpolateParams=true&maxAllowedPacket=0&multiStatements=TRUE&rejectReadOnly=True"},
	{name: "yet more parameters", in: "u@tcp(h:3307)/db?checkConnLiveness=false&allowNativePasswords=0&allowOldPasswords=true&compress=true&timeTruncate=1ms&connectionAttributes=program_name:a%20b"},
	{name: "system variables", in: "u@tcp(h:3307)/db?sql_mode=%27ANSI%27&time_zone=%27%2B01%3A00%27&autocommit=1"},
	{name: "plus in a value", in: "u@tcp(h:3307)/db?sql_mode=a+b"},
	{name: "last one wins", in: "u@tcp(h:3307)/db?parseTime=true&parseTime=false"},
	{name: "no value", in: "u@tcp(h:3307)/db?parseTime"},
	{name: "empty query", in: "u@tcp(h:3307)/db?"},
	{name: "tls=skip-verify", in: "u:p@tcp(h:3307)/db?tls=skip-verify"},
	{name: "tls=preferred", in: "u:p@tcp(h:3307)/db?tls=preferred"},
	{name: "tls=false", in: "u:p@tcp(h:3307)/db?tls=false"},
	{name: "clear-text switches", in: "u@tcp(h:3307)/db?allowCleartextPasswords=true&allowFallbackToPlaintext=true&allowAllFiles=true"},
	{name: "nothing but the slash", in: "/",
		diverges: "it says nothing at all, which dsn takes for a slip"},
	{name: "blanks around it", in: " u@tcp(h:3307)/db\n",
		diverges: "blanks around the string are cut off: variables' values come with them"},
	{name: "upper-case host", in: "u@tcp(SRV.example.com:3307)/db",
		diverges: "dsn lowers the case of hosts, which DNS does not tell apart and lists of trusted names must not"},
	{name: "host with the root's dot", in: "u@tcp(srv.example.com.:3307)/db",
		diverges: "dsn drops the dot, which certificates and lists of trusted names do not have"},
	{name: "port of ADO.NET's", in: "u@tcp(h,3307)/db",
		diverges: "dsn knows host,port in every dialect, the driver looks up the name with the comma"},
	{name: "empty port", in: "u@tcp(h:)/db",
		diverges: "dsn takes the default port, the driver dials port 0"},
	{name: "blanks in the address", in: "u@tcp( h : 3307 )/db",
		diverges: "dsn cuts blanks off around a host and a port, the driver looks them up"},
	{name: "single server's user", in: "app@srv@tcp(srv.mysql.database.azure.com:3307)/db",
		diverges: "user@server is a single server's form: flexible servers want the user alone"},
	{name: "key in another case", in: "u@tcp(h:3307)/db?ParseTime=true",
		diverges: "the driver sets ParseTime as a system variable, dsn takes it as the parameter"},
	{name: "password as a parameter", in: "u@tcp(h:3307)/db?password=p",
		diverges: "dsn knows user, password and the like by name in every dialect, the driver sets a system variable"},
	{name: "no user as a parameter", in: "u@tcp(h:3307)/db?user=",
		diverges: "likewise, and an empty value is none"},
	{name: "identity keys", in: "u@tcp(h:3307)/db?client_id=11111111-1111-1111-1111-111111111111",
		diverges: "client_id is for this library, the driver sets it as a system variable"},
	{name: "empty parameter", in: "u@tcp(h:3307)/db?sql_mode=",
		diverges: "an empty value is none to dsn, the driver writes a statement that is none"},
	{name: "UNIX socket", in: "u@unix(/run/mysqld.sock)/db",
		diverges: "no certificate is verified against the path of a socket"},
	{name: "registered network", in: "u@mynet(h:3307)/db",
		diverges: "no name is known to verify a certificate against"},
	{name: "negative duration", in: "u@tcp(h:3307)/db?timeout=-5s",
		diverges: "the driver takes it for none"},
	{name: "unknown registered TLS", in: "u@tcp(h:3307)/db?tls=nobody",
		diverges: "the driver looks the name up while it parses, this library when it opens the connection"},
	{name: "JDBC", in: "jdbc:mysql://h:3307/db?user=u",
		diverges: "the driver takes jdbc:mysql: as the network"},
	{name: "ADO.NET", in: "Server=h;Port=3307;Database=db;User Id=u;",
		diverges: "the driver finds no slash"},
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
	for _, row := range oracle {
		t.Run(row.name, func(t *testing.T) { drivertest.Agree(t, row.in, row.diverges, ours, theirs) })
	}
}
