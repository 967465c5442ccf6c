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
var oracle = []struct {
	name, in string
	diverges string
}{
	{name: "Service Connector for Go", in: "server=srv.database.windows.net;port=1433;database=orders;user id=u;password=p;"},
	{name: "Service Connector for Go, Fabric", in: "server=tcp:x.msit-database.fabric.microsoft.com;port=1433;database=orders-1;user id=6f9619ff-8b86-d011-b42d-00c04fc964ff;fedauth=ActiveDirectoryManagedIdentity;"},
	{name: "ADO.NET", in: "Server=tcp:srv.database.windows.net,1433;Initial Catalog=orders;User ID=u;Password=p;Encrypt=True;Application Name=a"},
	{name: "ADO.NET's synonyms", in: "Data Source=h,1444;Initial Catalog=db;UID=u;PWD=p;App=a;WSID=w;log=1"},
	{name: "address", in: "Address=h;Database=db;User=u;Password=p;port=1444"},
	{name: "blanks", in: " server = h ; database = my db ; user id = u ; password = p ; port = 1444"},
	{name: "quotes", in: `server=h;user id=u;password="a;b""c";app name="x=y";port=1433`},
	{name: "quote inside", in: `server=h;user id=u;password=a'b;port=1433`},
	{name: "equals in a value", in: "server=h;user id=u;password=a=b=c;port=1433"},
	{name: "last one wins", in: "server=a;server=b;user id=u;user id=v;port=1;port=2"},
	{name: "empty password", in: "server=h;user id=u;password=;port=1433"},
	{name: "no database", in: "server=h;user id=u;port=1433"},
	{name: "local", in: "server=.;user id=u;port=1433"},
	{name: "local by name", in: "server=(local);user id=u;port=1433"},
	{name: "IPv6", in: "server=::1;port=1444;user id=u"},
	{name: "parameters", in: "server=h;port=1;database=d;app name=a b;workstation id=w;packet size=8192;keepalive=10;dial timeout=7;connection timeout=8;log=3;disableretry=true;notraceid=true;guid conversion=true;timezone=Europe/Vienna;columnencryption=true;multisubnetfailover=false"},
	{name: "switches", in: "server=h;port=1;disableretry=yes;multisubnetfailover=Disabled;columnencryption=Enabled;guid conversion=no"},
	{name: "read-only", in: "server=h;port=1;database=d;ApplicationIntent=ReadOnly"},
	{name: "failover partner", in: "server=h;port=1444;database=d;failoverpartner=p;failoverport=1445"},
	{name: "failover partner at the same port", in: "server=h;port=1444;database=d;failover partner=p"},
	{name: "strict", in: "server=h;port=1433;encrypt=strict"},
	{name: "non-ASCII", in: "server=h;port=1433;database=データ;user id=Ünal;password=pä"},
	{name: "URL", in: "sqlserver://u:p@h:1444?database=db&app+name=a&encrypt=true"},
	{name: "URL, percent", in: "sqlserver://a%40b:p%2Fq%3Fr%25@h?database=d%20b"},
	{name: "URL, plus", in: "sqlserver://u:a+b@h?database=a+b"},
	{name: "URL, IPv6", in: "sqlserver://u@[2001:db8::1]:1444?database=db"},
	{name: "URL, no user", in: "sqlserver://h?database=db&dial+timeout=3"},
	{name: "odbc", in: "odbc:server=h;port=1444;user id=u;password={a;b}}c};database=db"},
	{name: "odbc, blanks", in: "odbc: server = h ; database = {my db} ; user id = u"},

	{name: "upper-case host", in: "server=SRV.example.com;port=1433",
		diverges: "dsn lowers the case of hosts, which DNS does not tell apart and lists of trusted names must not"},
	{name: "host with the root's dot", in: "server=srv.example.com.;port=1433",
		diverges: "dsn drops the dot, which certificates and lists of trusted names do not have"},
	{name: "no host", in: "port=1433;database=db;user id=u",
		diverges: "go-mssqldb goes to localhost, dsn leaves a missing host to other variables"},
	{name: "instance with a port", in: `server=h\sales;port=1444;user id=u`,
		diverges: "the port says which instance it is; its name is not passed on"},
	{name: "instance without a port", in: `server=h\sales;user id=u;log=1`,
		diverges: "nobody can verify the SQL Server Browser, which go-mssqldb asks for the port"},
	{name: "URL, instance", in: "sqlserver://u:p@h/sales?database=db",
		diverges: "nobody can verify the SQL Server Browser, which go-mssqldb asks for the port"},
	{name: "colon before the port", in: "server=h:1444;database=db;log=1",
		diverges: "dsn takes the port off, go-mssqldb looks up the name with the colon"},
	{name: "single quotes", in: "Server=h;Database='my db';User ID=u;Password=p",
		diverges: "ADO.NET takes quotes of both kinds off, go-mssqldb only double ones"},
	{name: "read-only in lower case", in: "server=h;port=1;database=d;applicationintent=readonly",
		diverges: "go-mssqldb takes a word in another case for the default, in silence"},
	{name: "SqlClient's timeout", in: "Server=h;Initial Catalog=d;Connect Timeout=30",
		diverges: "SqlClient's is for the login, go-mssqldb's is for every read and write"},
	{name: "database in another dialect", in: "Server=h;Database=d;Trusted_Connection=yes",
		diverges: "Windows logins are refused; go-mssqldb does not know the key and logs in without a user"},
	{name: "empty parameter", in: "server=h;port=1;app name=",
		diverges: "an empty value is none to dsn, go-mssqldb sends the empty name"},
	{name: "port in two places", in: "server=h,1;port=2",
		diverges: "the port beside the host counts to dsn, the last one to go-mssqldb"},
	{name: "user with the server", in: "sqlserver://u%40h:p@h.database.windows.net",
		diverges: "dsn takes the server's name off, go-mssqldb sends it"},
	{name: "not UTF-8", in: "server=h;port=1;database=\xe3",
		diverges: "go-mssqldb replaces what is not UTF-8"},
	{name: "named pipe", in: `server=np:\\h\pipe\sql\query`,
		diverges: "only TCP"},
	{name: "ODBC of Microsoft", in: "Driver={ODBC Driver 18 for SQL Server};Server=tcp:h,1444;Database={my;db};UID=u;PWD={p;q}",
		diverges: "go-mssqldb knows no braces without its odbc: prefix"},
	{name: "JDBC", in: "jdbc:sqlserver://h:1433;databaseName=db;user=u;password=p",
		diverges: "go-mssqldb goes to localhost"},
	{name: "odbc, ADO.NET's names", in: "odbc:server=h;uid=u;pwd=p;database=db",
		diverges: "go-mssqldb knows its synonyms only in its other dialect"},
	{name: "URL of another scheme", in: "mssql://u:p@h?database=db",
		diverges: "go-mssqldb takes it for pairs and goes to localhost"},
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
	for _, row := range oracle {
		t.Run(row.name, func(t *testing.T) { drivertest.Agree(t, row.in, row.diverges, ours, theirs) })
	}
}
