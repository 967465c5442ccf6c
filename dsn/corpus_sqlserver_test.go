package dsn

var sqlServerCorpus = concat(sqlClientCorpus, mssqlJDBCCorpus, msODBCCorpus, sqlServerURLCorpus, goMSSQLCorpus, sqlServerHostCorpus, sqlServerTLSCorpus)

func mssql(d Dialect, change func(*Config)) Config {
	c := Config{Engine: SQLServer, Dialect: d, Hosts: []Host{{"h", 1433}}}
	change(&c)
	return c
}

var sqlClientCorpus = []row{
	{name: "ado all words", in: ` Data Source = tcp:H.example.com,3342 ; Initial Catalog="my;""db" ;UID='o''brien'; PWD="s3cr3t-canary;=" ;;` +
		`Encrypt=Mandatory;Trust Server Certificate=False;Host Name In Certificate=*.Database.windows.net;Application Name=my app;` +
		`Application Intent=ReadOnly;Connect Timeout=15;Multi Subnet Failover=Yes;Packet Size=8192;Workstation ID=w;` +
		`Column Encryption Setting=Enabled;Persist Security Info=False;Pooling=True;Max Pool Size=3;MultipleActiveResultSets=true;` +
		`Command Timeout=30;Network Library=dbmssocn;Integrated Security=False;Mystery=1;`,
		want: mssql(dialectADO, func(c *Config) {
			c.Hosts, c.Database, c.User, c.Password = []Host{{"h.example.com", 3342}}, `my;"db`, "o'brien", NewSecret(canary+";=")
			c.TLS, c.ServerName = TLSVerifyFull, "*.database.windows.net"
			c.Params = map[string]string{"app name": "my app", "applicationintent": "ReadOnly", "dial timeout": "15",
				"multisubnetfailover": "true", "packet size": "8192", "workstation id": "w", "columnencryption": "true"}
			c.Warnings = []string{
				"Persist Security Info is ignored: this driver has no such setting",
				"Pooling is ignored: set it where the application opens its pool",
				"Max Pool Size is ignored: set it where the application opens its pool",
				"Multiple Active Result Sets is ignored: this driver has no such setting",
				"Command Timeout is ignored: set it where the application opens its pool",
				"the key at byte 526 is ignored: it is not known",
			}
		})},
	{name: "jdbc empty access token", in: "jdbc:sqlserver://h;accessToken=", want: mssql(dialectJDBC, func(*Config) {})},
	{name: "ado synonyms", in: "Network Address=h;Database=d;User=u;Password=" + canary + ";App=a;Timeout=3;WSID=w;ApplicationIntent=readwrite;" +
		"HostNameInCertificate=n;TrustServerCertificate=no;MultiSubnetFailover=disabled;Net=tcp;Trusted_Connection=no",
		want: mssql(dialectADO, func(c *Config) {
			c.Database, c.User, c.Password, c.ServerName = "d", "u", NewSecret(canary), "n"
			c.Params = map[string]string{"app name": "a", "dial timeout": "3", "workstation id": "w", "applicationintent": "ReadWrite", "multisubnetfailover": "false"}
		})},
	{name: "ado never passed", in: "Addr=h;Server Certificate=/c.pem;Server SPN=x;Failover Partner SPN=x;AttachDbFilename=/d.mdf;IP Address Preference=IPv4First", want: mssql(dialectADO, func(c *Config) {
		c.Warnings = []string{
			"serverCertificate is ignored: add the certificate to the roots instead",
			"ServerSPN is ignored: Windows logins are not supported",
			"FailoverPartnerSPN is ignored: Windows logins are not supported",
			"AttachDbFilename is ignored: this driver has no such setting",
			"IP Address Preference is ignored: this driver has no such setting",
		}
	})},
	{name: "ado authentication with spaces", in: "Address=h;Authentication=Active Directory Service Principal;User ID=id@tenant;Password=" + canary, want: mssql(dialectADO, func(c *Config) {
		c.User, c.Password, c.Identity.Method = "id@tenant", NewSecret(canary), MethodServicePrincipal
	})},
	{name: "ado sql password", in: `Server=h;Authentication="Sql Password";UID=u@h;PWD=p`, want: mssql(dialectADO, func(c *Config) {
		c.User, c.Password, c.Identity.Method = "u", NewSecret("p"), MethodPassword
	})},
	{name: "ado identity", in: "Server=h;client_id=c;tenant_id=t;object_id=o;resource_id=r;sslrootcert=/r.pem", want: mssql(dialectADO, func(c *Config) {
		c.RootCertFile, c.Identity = "/r.pem", Identity{ClientID: "c", TenantID: "t", ObjectID: "o", ResourceID: "r"}
	})},
	{name: "ado driver in a quoted password", in: `Server=h;Password="s3cr3t-canary;driver={x}"`, want: mssql(dialectADO, func(c *Config) {
		c.Password = NewSecret(canary + ";driver={x}")
	})},
	{name: "ado empty values", in: "Server=h;Encrypt=;TrustServerCertificate=;Integrated Security=;Failover Partner=;Packet Size=;App=;Timeout=", want: mssql(dialectADO, func(*Config) {})},
	{name: "ado braces are characters", in: "Server=h;Password={s3cr3t-canary}", want: mssql(dialectADO, func(c *Config) { c.Password = NewSecret("{" + canary + "}") })},
}

var mssqlJDBCCorpus = []row{
	{name: "jdbc full", in: "JDBC:sqlserver://H:3342;databaseName={my;}}db};user=u;password={s3cr3t-canary;=}}} ;encrypt=true;trustServerCertificate=false;" +
		"hostNameInCertificate=*.x.net;loginTimeout=30;applicationName=a b;applicationIntent=readonly;multiSubnetFailover=true;packetSize=-1;" +
		"workstationID=w;columnEncryptionSetting=Disabled;sendStringParametersAsUnicode=true;trustStorePassword=s3cr3t;domain=D;mystery=1;",
		want: mssql(dialectJDBC, func(c *Config) {
			c.Hosts[0].Port, c.Database, c.User, c.Password = 3342, "my;}db", "u", NewSecret(canary+";=}")
			c.TLS, c.ServerName = TLSVerifyFull, "*.x.net"
			c.Params = map[string]string{"app name": "a b", "applicationintent": "ReadOnly", "dial timeout": "30",
				"multisubnetfailover": "true", "workstation id": "w", "columnencryption": "false"}
			c.Warnings = []string{
				"sendStringParametersAsUnicode is ignored: this driver has no such setting",
				"trustStorePassword is ignored: add the roots with sslrootcert or Options.RootCAs",
				"domain is ignored: Windows logins are not supported",
				"the key at byte 377 is ignored: it is not known",
			}
		})},
	{name: "jdbc properties only", in: "jdbc:sqlserver://;serverName=h;portNumber=3342;database=d;userName=u;authentication=NotSpecified;connectTimeout=4", want: mssql(dialectJDBC, func(c *Config) {
		c.Hosts[0].Port, c.Database, c.User, c.Identity.Method = 3342, "d", "u", MethodDefault
		c.Params = map[string]string{"dial timeout": "4"}
	})},
	{name: "jdbc only a host", in: "jdbc:sqlserver://h", want: mssql(dialectJDBC, func(*Config) {})},
	{name: "jdbc IPv6", in: "jdbc:sqlserver://[::1]:3342;user=u", want: mssql(dialectJDBC, func(c *Config) { c.Hosts, c.User = []Host{{"::1", 3342}}, "u" })},
	{name: "jdbc instance and port", in: `jdbc:sqlserver://h\inst:3342;user=u`, want: mssql(dialectJDBC, func(c *Config) {
		c.Hosts[0].Port, c.User, c.Warnings = 3342, "u", []string{instanceIgnored}
	})},
	{name: "jdbc instance name and port", in: `jdbc:sqlserver://h;instanceName=inst;port=3342`, want: mssql(dialectJDBC, func(c *Config) {
		c.Hosts[0].Port, c.Warnings = 3342, []string{instanceIgnored}
	})},
	{name: "jdbc secure principal", in: "jdbc:sqlserver://h;authentication=ActiveDirectoryServicePrincipal;AADSecurePrincipalId=c;AADSecurePrincipalSecret=" + canary, want: mssql(dialectJDBC, func(c *Config) {
		c.Identity = Identity{Method: MethodServicePrincipal, ClientID: "c", ClientSecret: NewSecret(canary)}
	})},
	{name: "jdbc certificate", in: "jdbc:sqlserver://h;authentication=ActiveDirectoryServicePrincipalCertificate;user=c;clientCertificate=/c.pem;password=" + canary + ";clientKey=/k.pem", want: mssql(dialectJDBC, func(c *Config) {
		c.User = "c"
		c.Identity = Identity{Method: MethodServicePrincipal, ClientCertificatePath: "/c.pem", ClientCertificatePassword: NewSecret(canary)}
		c.Warnings = []string{"clientKey is ignored: put the key into the certificate's file"}
	})},
	{name: "jdbc last value wins", in: "jdbc:sqlserver://x;serverName=y;serverName=h", want: mssql(dialectJDBC, func(*Config) {})},
}

var msODBCCorpus = []row{
	{name: "odbc all words", in: "DRIVER={ODBC Driver 18 for SQL Server};SERVER=tcp:h,3342;DATABASE={my;}}db};UID=u;PWD={s3cr3t-canary;\"'}}};Encrypt=Optional;" +
		"APP={a;b};WSID=w;ApplicationIntent=ReadOnly;MultiSubnetFailover=Yes;ColumnEncryption=Enabled;KeepAlive=20;Connection Timeout=30;MARS_Connection=yes;Trusted_Connection=no;Mystery=1",
		want: mssql(DialectODBC, func(c *Config) {
			c.Hosts[0].Port, c.Database, c.User, c.Password, c.TLS = 3342, "my;}db", "u", NewSecret(canary+`;"'}`), TLSPrefer
			c.Params = map[string]string{"app name": "a;b", "workstation id": "w", "applicationintent": "ReadOnly",
				"multisubnetfailover": "true", "columnencryption": "true", "keepalive": "20", "dial timeout": "30"}
			c.Warnings = []string{"MARS_Connection is ignored: this driver has no such setting", "the key at byte 294 is ignored: it is not known"}
		})},
	{name: "odbc driver last, without braces", in: "Server=h,3342;PWD={s3cr3t-canary};Driver=FreeTDS;TDS_Version=7.4", want: mssql(DialectODBC, func(c *Config) {
		c.Hosts[0].Port, c.Password = 3342, NewSecret(canary)
		c.Warnings = []string{"TDS_Version is ignored: this driver has no such setting"}
	})},
	{name: "odbc fabric with a user", in: "Driver={ODBC Driver 17 for SQL Server};Server=tcp:h,1433;Database=d;UID=11111111-2222-4333-8444-555555555555;Authentication=ActiveDirectoryMSI;", want: mssql(DialectODBC, func(c *Config) {
		c.Database, c.User, c.Identity.Method = "d", "11111111-2222-4333-8444-555555555555", MethodManagedIdentity
	})},
	{name: "odbc of go-mssqldb", in: "odbc:server=h;port=3342;user id=u;password={s3cr3t-canary;}}};database=d;app name={ a };dial timeout=3", want: mssql(DialectODBC, func(c *Config) {
		c.Hosts[0].Port, c.User, c.Password, c.Database = 3342, "u", NewSecret(canary+";}"), "d"
		c.Params = map[string]string{"app name": " a ", "dial timeout": "3"}
	})},
}

var sqlServerURLCorpus = []row{
	{name: "url full", in: "SQLServer://u:s3cr3t-canary%40%2F%3A+@H.example.com:3342?database=my+d%62&encrypt=true&TrustServerCertificate=false&app+name=a%20b" +
		"&dial+timeout=5&connection+timeout=60&keepAlive=10&log=63&disableRetry=true&guid+conversion=1&timezone=Europe/Paris&ApplicationIntent=ReadOnly&nope=1",
		want: mssql(DialectURL, func(c *Config) {
			c.Hosts, c.Database, c.User, c.Password = []Host{{"h.example.com", 3342}}, "my db", "u", NewSecret(canary+"@/:+")
			c.TLS = TLSVerifyFull
			c.Params = map[string]string{"app name": "a b", "dial timeout": "5", "connection timeout": "60", "keepalive": "10", "log": "63",
				"disableretry": "true", "guid conversion": "true", "timezone": "Europe/Paris", "applicationintent": "ReadOnly"}
			c.Warnings = []string{"the key at byte 273 is ignored: it is not known"}
		})},
	{name: "url at signs in the user", in: "mssql://id@tenant:s3cr3t-canary@h?fedauth=ActiveDirectoryApplication", want: mssql(DialectURL, func(c *Config) {
		c.User, c.Password, c.Identity.Method = "id@tenant", NewSecret(canary), MethodServicePrincipal
	})},
	{name: "url all in the query", in: "sqlserver://?server=h&port=3342&user+id=u&password=s3cr3t-canary=&database=d&", want: mssql(DialectURL, func(c *Config) {
		c.Hosts[0].Port, c.User, c.Password, c.Database = 3342, "u", NewSecret(canary+"="), "d"
	})},
	{name: "url instance and port", in: "sqlserver://u@h:3342/inst?database=d", want: mssql(DialectURL, func(c *Config) {
		c.Hosts[0].Port, c.User, c.Database, c.Warnings = 3342, "u", "d", []string{instanceIgnored}
	})},
	{name: "url IPv6 and a bare slash", in: "sqlserver://u@[::1]:3342/", want: mssql(DialectURL, func(c *Config) { c.Hosts, c.User = []Host{{"::1", 3342}}, "u" })},
	{name: "url resource and certificate", in: "sqlserver://h?fedauth=ActiveDirectoryMSI&resource+id=/subscriptions/s&certificate=/r.pem&protocol=tcp", want: mssql(DialectURL, func(c *Config) {
		c.RootCertFile, c.Identity = "/r.pem", Identity{Method: MethodManagedIdentity, ResourceID: "/subscriptions/s"}
	})},
}

var goMSSQLCorpus = []row{
	{name: "kv quotes", in: `server=h;port=3342;user id=' u ';password="s3cr3t-canary;""=' ";database=a "b;c" d`, want: mssql(DialectKeyValue, func(c *Config) {
		c.Hosts[0].Port, c.User, c.Password, c.Database = 3342, "' u '", NewSecret(canary+`;"=' `), `a "b;c" d`
	})},
	{name: "kv native parameters", in: "server=tcp:h,3342;fedauth=ActiveDirectoryDefault;Dial Timeout=5;Connect Timeout=60;notraceid=t;columnencryption=false;multisubnetfailover=F;packet size=512;", want: mssql(DialectKeyValue, func(c *Config) {
		c.Hosts[0].Port, c.Identity.Method = 3342, MethodDefault
		c.Params = map[string]string{"dial timeout": "5", "connection timeout": "60", "notraceid": "true", "columnencryption": "false", "multisubnetfailover": "false", "packet size": "512"}
	})},
	{name: "kv dropped", in: "server=h;fedauth=ActiveDirectoryMSI;change password=s3cr3t;tlsmin=1.0;pipe=x;epa enabled=1;clientassertion=s3cr3t;tokenfilepath=/t;servercertificate=/s;krb5-realm=r", want: mssql(DialectKeyValue, func(c *Config) {
		c.Identity.Method = MethodManagedIdentity
		c.Warnings = []string{
			"change password is ignored: passwords are not changed while connecting",
			"tlsmin is ignored: TLS 1.2 is the lowest version",
			"pipe is ignored: connections are made over TCP with TLS",
			"epa enabled is ignored: Windows logins are not supported",
			"clientassertion is ignored: the login is made by the library",
			"tokenfilepath is ignored: AZURE_FEDERATED_TOKEN_FILE names the file",
			"serverCertificate is ignored: add the certificate to the roots instead",
			"krb5-realm is ignored: Windows logins are not supported",
		}
	})},
	{name: "kv certificate", in: "server=h;fedauth=ActiveDirectoryServicePrincipal;user id=c@t;clientcertpath=/c.pfx;password=" + canary, want: mssql(DialectKeyValue, func(c *Config) {
		c.User = "c@t"
		c.Identity = Identity{Method: MethodServicePrincipal, ClientCertificatePath: "/c.pfx", ClientCertificatePassword: NewSecret(canary)}
	})},
	{name: "kv interactive", in: "server=h;fedauth=ActiveDirectoryInteractive;applicationclientid=c;authenticator=", want: mssql(DialectKeyValue, func(c *Config) {
		c.Identity = Identity{Method: MethodInteractive, ClientID: "c"}
	})},
	{name: "kv with a lone quote is ADO.NET", in: `server=h;port=3342;password=s3cr3t-canary";app name=a`, want: mssql(dialectADO, func(c *Config) {
		c.Hosts[0].Port, c.Password, c.Params = 3342, NewSecret(canary+`"`), map[string]string{"app name": "a"}
	})},
	{name: "kv with a value in ADO.NET's quotes is ADO.NET", in: "Server=h;Port=3342;Password='s3cr3t-canary;'", want: mssql(dialectADO, func(c *Config) {
		c.Hosts[0].Port, c.Password = 3342, NewSecret(canary+";")
	})},
}

const instanceIgnored = "the name of the instance is ignored: the port says which one it is"

var sqlServerHostCorpus = []row{
	{name: "host dot", in: "Server=.;UID=u", want: mssql(dialectADO, func(c *Config) { c.Hosts[0].Name, c.User = "localhost", "u" })},
	{name: "host local", in: "Server=(LOCAL),3342", want: mssql(dialectADO, func(c *Config) { c.Hosts = []Host{{"localhost", 3342}} })},
	{name: "host IPv6", in: "Server=tcp:::1,3342", want: mssql(dialectADO, func(c *Config) { c.Hosts = []Host{{"::1", 3342}} })},
	{name: "host brackets", in: "Server=[::1],3342", want: mssql(dialectADO, func(c *Config) { c.Hosts = []Host{{"::1", 3342}} })},
	{name: "host colon", in: "Server=TCP: h:3342 ", want: mssql(dialectADO, func(c *Config) { c.Hosts[0].Port = 3342 })},
	{name: "host blanks", in: "Server= tcp:h , 3342", want: mssql(dialectADO, func(c *Config) { c.Hosts[0].Port = 3342 })},
	{name: "host own port wins", in: "server=h,3342;port=1", want: mssql(DialectKeyValue, func(c *Config) { c.Hosts[0].Port = 3342 })},
	{name: "host instance and port", in: `Server=h\SQLEXPRESS,3342`, want: mssql(dialectADO, func(c *Config) { c.Hosts[0].Port, c.Warnings = 3342, []string{instanceIgnored} })},
	{name: "host default instance", in: `Server=h\mssqlserver`, want: mssql(dialectADO, func(*Config) {})},
	{name: "host named like a protocol", in: "Server=np:3342", want: mssql(dialectADO, func(c *Config) { c.Hosts = []Host{{"np", 3342}} })},
	{name: "no host", in: "Database=d;User ID=u", want: mssql(dialectADO, func(c *Config) { c.Hosts, c.Database, c.User = nil, "d", "u" })},
	{name: "partner", in: "Server=h,3342;Failover Partner=P", want: mssql(dialectADO, func(c *Config) { c.Hosts = []Host{{"h", 3342}, {"p", 3342}} })},
	{name: "partner with a port", in: "jdbc:sqlserver://h;failoverPartner=tcp:p,3343", want: mssql(dialectJDBC, func(c *Config) { c.Hosts = []Host{{"h", 1433}, {"p", 3343}} })},
	{name: "partner instance with failoverport", in: `failoverpartner=p\i;failoverport=3343;server=h`, want: mssql(DialectKeyValue, func(c *Config) {
		c.Hosts, c.Warnings = []Host{{"h", 1433}, {"p", 3343}}, []string{instanceIgnored}
	})},
	{name: "failoverport alone", in: "server=h;failoverport=3343", want: mssql(DialectKeyValue, func(*Config) {})},
}

var sqlServerTLSCorpus = []row{
	{name: "encrypt true", in: "Server=h;Encrypt=True", want: mssql(dialectADO, func(c *Config) { c.TLS = TLSRequire })},
	{name: "encrypt false", in: "Server=h;Encrypt=False;Trust Server Certificate=false", want: mssql(dialectADO, func(c *Config) { c.TLS = TLSPrefer })},
	{name: "encrypt optional", in: "Server=h;Encrypt=optional", want: mssql(dialectADO, func(c *Config) { c.TLS = TLSPrefer })},
	{name: "encrypt disable", in: "sqlserver://h?encrypt=DISABLE&trustservercertificate=true", want: mssql(DialectURL, func(c *Config) { c.TLS = TLSDisable })},
	{name: "encrypt strict", in: "Server=h;Encrypt=Strict", want: mssql(dialectADO, func(c *Config) {
		c.TLS, c.Params = TLSVerifyFull, map[string]string{"encrypt": "strict"}
	})},
	{name: "encrypt strict and trust", in: "jdbc:sqlserver://h;trustServerCertificate=true;encrypt=strict;packetSize=512", want: mssql(dialectJDBC, func(c *Config) {
		c.TLS, c.Params = TLSVerifyFull, map[string]string{"encrypt": "strict", "packet size": "512"}
		c.Warnings = []string{"Trust Server Certificate is ignored: encrypt=strict always verifies"}
	})},
	{name: "encrypt, last word wins", in: "Server=h;Encrypt=Strict;Encrypt=yes;Packet Size=512", want: mssql(dialectADO, func(c *Config) {
		c.TLS, c.Params = TLSRequire, map[string]string{"packet size": "512"}
	})},
	{name: "trust", in: "Server=h;TrustServerCertificate=true", want: mssql(dialectADO, func(c *Config) { c.TLS = TLSSkipVerify })},
	{name: "trust and encrypt", in: "Server=h;Trust Server Certificate=Yes;Encrypt=Mandatory", want: mssql(dialectADO, func(c *Config) { c.TLS = TLSSkipVerify })},
	{name: "no trust, encryption not said", in: "Server=h;Trust Server Certificate=no", want: mssql(dialectADO, func(*Config) {})},
}
