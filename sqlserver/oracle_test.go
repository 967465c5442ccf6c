package sqlserver

import (
	"cmp"
	"testing"

	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// oracle are strings for both parsers, this library's and go-mssqldb's. They are
// to read the same in them, but for the rows that say why not.
var oracle = []drivertest.Row{
	{Name: "Service Connector for Go", In: "server=srv.database.windows.net;port=1433;database=orders;user id=u;password=p;"},
	{Name: "Service Connector for Go, Fabric", In: "server=tcp:x.msit-database.fabric.microsoft.com;port=1433;database=orders-1;user id=6f9619ff-8b86-d011-b42d-00c04fc964ff;fedauth=ActiveDirectoryManagedIdentity;"},
	{Name: "ADO.NET", In: "Server=tcp:srv.database.windows.net,1433;Initial Catalog=orders;User ID=u;Password=p;Encrypt=True;Application Name=a"},
	{Name: "ADO.NET's synonyms", In: "Data Source=h,1444;Initial Catalog=db;UID=u;PWD=p;App=a;WSID=w;log=1"},
	{Name: "address", In: "Address=h;Database=db;User=u;Password=p;port=1444"},
	{Name: "blanks", In: " server = h ; database = my db ; user id = u ; password = p ; port = 1444"},
	{Name: "quotes", In: `server=h;user id=u;password="a;b""c";app name="x=y";port=1433`},
	{Name: "quote inside", In: `server=h;user id=u;password=a'b;port=1433`},
	{Name: "equals in a value", In: "server=h;user id=u;password=a=b=c;port=1433"},
	{Name: "last one wins", In: "server=a;server=b;user id=u;user id=v;port=1;port=2"},
	{Name: "empty password", In: "server=h;user id=u;password=;port=1433"},
	{Name: "no database", In: "server=h;user id=u;port=1433"},
	{Name: "local", In: "server=.;user id=u;port=1433"},
	{Name: "local by name", In: "server=(local);user id=u;port=1433"},
	{Name: "IPv6", In: "server=::1;port=1444;user id=u"},
	{Name: "parameters", In: "server=h;port=1;database=d;app name=a b;workstation id=w;packet size=8192;keepalive=10;dial timeout=7;connection timeout=8;log=3;disableretry=true;notraceid=true;guid conversion=true;timezone=Europe/Vienna;columnencryption=true;multisubnetfailover=false"},
	{Name: "switches", In: "server=h;port=1;disableretry=yes;multisubnetfailover=Disabled;columnencryption=Enabled;guid conversion=no"},
	{Name: "read-only", In: "server=h;port=1;database=d;ApplicationIntent=ReadOnly"},
	{Name: "failover partner", In: "server=h;port=1444;database=d;failoverpartner=p;failoverport=1445"},
	{Name: "failover partner at the same port", In: "server=h;port=1444;database=d;failover partner=p"},
	{Name: "strict", In: "server=h;port=1433;encrypt=strict"},
	{Name: "non-ASCII", In: "server=h;port=1433;database=データ;user id=Ünal;password=pä"},
	{Name: "URL", In: "sqlserver://u:p@h:1444?database=db&app+name=a&encrypt=true"},
	{Name: "URL, percent", In: "sqlserver://a%40b:p%2Fq%3Fr%25@h?database=d%20b"},
	{Name: "URL, plus", In: "sqlserver://u:a+b@h?database=a+b"},
	{Name: "URL, IPv6", In: "sqlserver://u@[2001:db8::1]:1444?database=db"},
	{Name: "URL, no user", In: "sqlserver://h?database=db&dial+timeout=3"},
	{Name: "odbc", In: "odbc:server=h;port=1444;user id=u;password={a;b}}c};database=db"},
	{Name: "odbc, blanks", In: "odbc: server = h ; database = {my db} ; user id = u"},

	{Name: "upper-case host", In: "server=SRV.example.com;port=1433",
		Diverges: "dsn lowers the case of hosts, which DNS does not tell apart and lists of trusted names must not"},
	{Name: "host with the root's dot", In: "server=srv.example.com.;port=1433",
		Diverges: "dsn drops the dot, which certificates and lists of trusted names do not have"},
	{Name: "no host", In: "port=1433;database=db;user id=u",
		Diverges: "go-mssqldb goes to localhost, dsn leaves a missing host to other variables"},
	{Name: "instance with a port", In: `server=h\sales;port=1444;user id=u`,
		Diverges: "the port says which instance it is; its name is not passed on"},
	{Name: "instance without a port", In: `server=h\sales;user id=u;log=1`,
		Diverges: "nobody can verify the SQL Server Browser, which go-mssqldb asks for the port"},
	{Name: "URL, instance", In: "sqlserver://u:p@h/sales?database=db",
		Diverges: "nobody can verify the SQL Server Browser, which go-mssqldb asks for the port"},
	{Name: "colon before the port", In: "server=h:1444;database=db;log=1",
		Diverges: "dsn takes the port off, go-mssqldb looks up the name with the colon"},
	{Name: "single quotes", In: "Server=h;Database='my db';User ID=u;Password=p",
		Diverges: "ADO.NET takes quotes of both kinds off, go-mssqldb only double ones"},
	{Name: "read-only in lower case", In: "server=h;port=1;database=d;applicationintent=readonly",
		Diverges: "go-mssqldb takes a word in another case for the default, in silence"},
	{Name: "SqlClient's timeout", In: "Server=h;Initial Catalog=d;Connect Timeout=30",
		Diverges: "SqlClient's is for the login, go-mssqldb's is for every read and write"},
	{Name: "database in another dialect", In: "Server=h;Database=d;Trusted_Connection=yes",
		Diverges: "Windows logins are refused; go-mssqldb does not know the key and logs in without a user"},
	{Name: "empty parameter", In: "server=h;port=1;app name=",
		Diverges: "an empty value is none to dsn, go-mssqldb sends the empty name"},
	{Name: "port in two places", In: "server=h,1;port=2",
		Diverges: "the port beside the host counts to dsn, the last one to go-mssqldb"},
	{Name: "user with the server", In: "sqlserver://u%40h:p@h.database.windows.net",
		Diverges: "dsn takes the server's name off, go-mssqldb sends it"},
	{Name: "not UTF-8", In: "server=h;port=1;database=\xe3",
		Diverges: "go-mssqldb replaces what is not UTF-8"},
	{Name: "named pipe", In: `server=np:\\h\pipe\sql\query`,
		Diverges: "only TCP"},
	{Name: "ODBC of Microsoft", In: "Driver={ODBC Driver 18 for SQL Server};Server=tcp:h,1444;Database={my;db};UID=u;PWD={p;q}",
		Diverges: "go-mssqldb knows no braces without its odbc: prefix"},
	{Name: "JDBC", In: "jdbc:sqlserver://h:1433;databaseName=db;user=u;password=p",
		Diverges: "go-mssqldb goes to localhost"},
	{Name: "odbc, ADO.NET's names", In: "odbc:server=h;uid=u;pwd=p;database=db",
		Diverges: "go-mssqldb knows its synonyms only in its other dialect"},
	{Name: "URL of another scheme", In: "mssql://u:p@h?database=db",
		Diverges: "go-mssqldb takes it for pairs and goes to localhost"},
}

// reading is what both parsers can say of a string.
type reading struct {
	hosts                    []dsn.Host
	user, password, database string
	strict                   bool
	rest                     msdsn.Config // what a connection may set
}

func ours(s string) (reading, error) {
	c, err := dsn.Parse(dsn.SQLServer, s)
	if err != nil {
		return reading{}, err
	}
	cfg, err := native(c)
	if err != nil {
		return reading{}, err
	}
	return reading{hosts: c.Hosts, user: c.User, password: c.Password.Reveal(), database: c.Database,
		strict: c.Params["encrypt"] == "strict", rest: settings(cfg)}, nil
}

func theirs(s string) (reading, error) {
	cfg, err := msdsn.Parse(s)
	if err != nil {
		return reading{}, err
	}
	name := cfg.Host
	if cfg.Instance != "" {
		name += `\` + cfg.Instance
	}
	port := cmp.Or(uint16(cfg.Port), 1433)
	r := reading{hosts: []dsn.Host{{Name: name, Port: port}}, user: cfg.User, password: cfg.Password,
		database: cfg.Database, strict: cfg.Encryption == msdsn.EncryptionStrict, rest: settings(cfg)}
	if cfg.FailOverPartner != "" {
		r.hosts = append(r.hosts, dsn.Host{Name: cfg.FailOverPartner, Port: cmp.Or(uint16(cfg.FailOverPort), port)})
	}
	return r, nil
}

func settings(cfg msdsn.Config) msdsn.Config {
	return msdsn.Config{
		AppName: cfg.AppName, Workstation: cfg.Workstation, ReadOnlyIntent: cfg.ReadOnlyIntent, PacketSize: cfg.PacketSize,
		KeepAlive: cfg.KeepAlive, ConnTimeout: cfg.ConnTimeout, DialTimeout: cfg.DialTimeout, LogFlags: cfg.LogFlags,
		DisableRetry: cfg.DisableRetry, NoTraceID: cfg.NoTraceID, MultiSubnetFailover: cfg.MultiSubnetFailover,
		ColumnEncryption: cfg.ColumnEncryption, Encoding: cfg.Encoding,
	}
}

func TestOracle(t *testing.T) {
	drivertest.CheckOracle(t, oracle, ours, theirs)
}
