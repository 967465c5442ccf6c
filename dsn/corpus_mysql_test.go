package dsn

var mySQLCorpus = concat(mySQLAzureCorpus, goDriverCorpus, mySQLJDBCCorpus, mySQLADOCorpus, mySQLURLCorpus, mySQLODBCCorpus, mySQLErrorCorpus)

// my is the Config of a user u at host h, changed.
func my(d Dialect, change func(*Config)) Config {
	return mySQLWith(Config{Engine: MySQL, Dialect: d, Hosts: []Host{{"h", 3306}}, User: "u"}, change)
}

func goDriver(change func(*Config)) Config { return my(DialectDSN, change) }

func params(pairs ...string) func(*Config) {
	return func(c *Config) {
		c.Params = make(map[string]string)
		for i := 0; i < len(pairs); i += 2 {
			c.Params[pairs[i]] = pairs[i+1]
		}
	}
}

var goDriverCorpus = []row{
	{name: "dsn full", in: "u:s3cr3t-canary@tcp(H.example.com.:3307)/d?tls=skip-verify", want: goDriver(func(c *Config) {
		c.Password, c.Hosts, c.Database, c.TLS = NewSecret(canary), []Host{{"h.example.com", 3307}}, "d", TLSSkipVerify
	})},
	{name: "dsn like a reference", in: "env:secret@tcp(h:3306)/db", want: goDriver(func(c *Config) {
		c.User, c.Password, c.Database = "env", NewSecret("secret"), "db"
	})},
	{name: "dsn of user jdbc", in: "jdbc:mysql@tcp(h)/", want: goDriver(func(c *Config) { c.User, c.Password = "jdbc", NewSecret("mysql") })},
	{name: "dsn at, slash and parentheses in the password", in: "u:a@b/(c):d?=;e&@tcp(h)/d", want: goDriver(func(c *Config) {
		c.Password, c.Database = NewSecret("a@b/(c):d?=;e&"), "d"
	})},
	{name: "dsn URL in the password", in: "u:http://s3cr3t-canary@tcp(h)/d", want: goDriver(func(c *Config) {
		c.Password, c.Database = NewSecret("http://"+canary), "d"
	})},
	{name: "dsn nothing is decoded in the password", in: "u:a%40+b@tcp(h)/", want: goDriver(func(c *Config) { c.Password = NewSecret("a%40+b") })},
	{name: "dsn database is decoded", in: "u@tcp(h)/my%2Fdb+%3F%20x", want: goDriver(func(c *Config) { c.Database = "my/db+? x" })},
	{name: "dsn no port, no database", in: "u@tcp(h)/", want: goDriver(func(*Config) {})},
	{name: "dsn IPv6", in: "u@tcp([::1]:3307)/", want: goDriver(func(c *Config) { c.Hosts = []Host{{"::1", 3307}} })},
	{name: "dsn IPv6 without brackets", in: "u@tcp(de:ad:be:ef::ca:fe)/", want: goDriver(func(c *Config) { c.Hosts = []Host{{"de:ad:be:ef::ca:fe", 3306}} })},
	{name: "dsn no network", in: "u@(h:3307)/d", want: goDriver(func(c *Config) { c.Hosts[0].Port, c.Database = 3307, "d" })},
	{name: "dsn no address", in: "u@tcp/d", want: goDriver(func(c *Config) { c.Hosts, c.Database = nil, "d" })},
	{name: "dsn no network and no address", in: "u:x@/d", want: goDriver(func(c *Config) { c.Hosts, c.Database, c.Password = nil, "d", NewSecret("x") })},
	{name: "dsn no user", in: "tcp(h)/d", want: goDriver(func(c *Config) { c.User, c.Database = "", "d" })},
	{name: "dsn empty user", in: ":x@tcp(h)/d", want: goDriver(func(c *Config) { c.User, c.Database, c.Password = "", "d", NewSecret("x") })},
	{name: "dsn only a slash", in: "/", want: Config{}, err: `dsn: no key is known: want "user@tcp(host:3306)/database?tls=true", "jdbc:mysql://...", "mysql://..." or "Server=...;User Id=..." (at byte 0)`},
	{name: "dsn only a database", in: "/d?user=u", want: goDriver(func(c *Config) { c.Hosts, c.Database = nil, "d" })},
	{name: "dsn entra user", in: "me@contoso.com@tcp(h)/", want: goDriver(func(c *Config) { c.User = "me@contoso.com" })},
	{name: "dsn several hosts", in: "u@tcp(h1:3307,h2)/", want: goDriver(func(c *Config) { c.Hosts = []Host{{"h1", 3307}, {"h2", 3306}} })},
	{name: "dsn native parameters", in: "u@tcp(h)/?parseTime=TRUE&loc=Europe%2FParis&charset=utf8mb4,utf8&collation=utf8mb4_unicode_ci&timeout=5s" +
		"&readTimeout=1m30s&writeTimeout=0.5m&interpolateParams=1&maxAllowedPacket=0&clientFoundRows=true&columnsWithAlias=true" +
		"&multiStatements=0&rejectReadOnly=true&checkConnLiveness=false&connectionAttributes=program_name%3Aapp%2Ck%3Av&compress=true" +
		"&timeTruncate=1us&allowNativePasswords=false&allowOldPasswords=false&serverPubKey=my+key",
		want: goDriver(params("parseTime", "true", "loc", "Europe/Paris", "charset", "utf8mb4,utf8", "collation", "utf8mb4_unicode_ci",
			"timeout", "5s", "readTimeout", "1m30s", "writeTimeout", "0.5m", "interpolateParams", "true", "maxAllowedPacket", "0",
			"clientFoundRows", "true", "columnsWithAlias", "true", "multiStatements", "false", "rejectReadOnly", "true",
			"checkConnLiveness", "false", "connectionAttributes", "program_name:app,k:v", "compress", "true", "timeTruncate", "1us",
			"allowNativePasswords", "false", "allowOldPasswords", "false", "serverPubKey", "my key"))},
	{name: "dsn parameters in any case", in: "u@tcp(h)/?PARSETIME=true&Read_Timeout=1s", want: goDriver(params("parseTime", "true", "readTimeout", "1s"))},
	{name: "dsn session variables", in: "u@tcp(h)/?time_zone=%27Europe%2FParis%27&sql_mode=TRADITIONAL&autocommit=1&innodb_lock_wait_timeout=5",
		want: goDriver(params("time_zone", "'Europe/Paris'", "sql_mode", "TRADITIONAL", "autocommit", "1", "innodb_lock_wait_timeout", "5"))},
	{name: "dsn never passed", in: "u@tcp(h)/?allowCleartextPasswords=true&allowFallbackToPlaintext=true&allowAllFiles=true&allow%43leartextPasswords=1&strict=true",
		want: goDriver(func(c *Config) {
			c.Warnings = []string{
				"allowCleartextPasswords is ignored: the library decides it from the TLS in use",
				"allowFallbackToPlaintext is ignored: there is no fallback to clear text",
				"allowAllFiles is ignored: a server must not read the client's files",
				"allowCleartextPasswords is ignored: the library decides it from the TLS in use",
				"strict is ignored: the driver has no strict mode any more: set sql_mode",
			}
		})},
	{name: "dsn tls false", in: "u@tcp(h)/?tls=false", want: goDriver(func(c *Config) { c.TLS = TLSDisable })},
	{name: "dsn tls preferred", in: "u@tcp(h)/?tls=Preferred", want: goDriver(func(c *Config) { c.TLS = TLSPrefer })},
	{name: "dsn tls empty", in: "u@tcp(h)/?tls=", want: goDriver(func(*Config) {})},
	{name: "dsn tls registered", in: "u@tcp(h)/?tls=my%2Fconfig", want: goDriver(func(c *Config) {
		c.TLS, c.Params = TLSVerifyFull, map[string]string{"tls": "my/config"}
	})},
	{name: "dsn tls registered under a word of others", in: "u@tcp(h)/?tls=verify-ca", want: goDriver(func(c *Config) {
		c.TLS, c.Params = TLSVerifyFull, map[string]string{"tls": "verify-ca"}
	})},
	{name: "dsn last value wins", in: "u@tcp(h)/?tls=custom&tls=true&parseTime=true&parseTime=false&timeout=5s&timeout=", want: goDriver(func(c *Config) {
		c.TLS = TLSVerifyFull
		c.Params = map[string]string{"parseTime": "false"}
	})},
	{name: "dsn keys of other dialects", in: "u@tcp(10.0.0.1)/?sslmode=verify_identity&sslrootcert=/r.pem&hostNameInCertificate=H&client_id=c", err: `dsn: host: the address has no ")" in front of the last "/": write a "/" in a parameter's value as %2F (at byte 2)`},
	{name: "dsn keys of other dialects, encoded", in: "u@tcp(10.0.0.1)/?sslmode=verify_identity&sslrootcert=%2Fr.pem&hostNameInCertificate=H&client_id=c&authentication=az",
		want: goDriver(func(c *Config) {
			c.Hosts[0].Name, c.TLS, c.RootCertFile, c.ServerName = "10.0.0.1", TLSVerifyFull, "/r.pem", "h"
			c.Identity = Identity{ClientID: "c", Method: MethodAzureCLI}
		})},
	{name: "dsn parameters without a value", in: "u@tcp(h)/d?parseTime&&db&x%&tls=true&", want: goDriver(func(c *Config) { c.Database, c.TLS = "d", TLSVerifyFull })},
	{name: "dsn line end", in: "  u@tcp(h)/d\r\n", want: goDriver(func(c *Config) { c.Database = "d" })},
	{name: "dsn non-ASCII", in: "ü:密码@tcp(h)/é", want: goDriver(func(c *Config) { c.User, c.Password, c.Database = "ü", NewSecret("密码"), "é" })},
}

var mySQLJDBCCorpus = []row{
	{name: "jdbc full", in: "jdbc:mysql://srv.example.com:3307,H2/my%20db?user=u%40srv&password=s3cr3t-canary%2B+%26&sslMode=VERIFY_IDENTITY" +
		"&connectTimeout=10000&socketTimeout=1500&connectionCollation=utf8mb4_bin&characterEncoding=UTF-8&useUnicode=true&allowMultiQueries=true" +
		"&useAffectedRows=false&useCompression=true&maxAllowedPacket=1048576&connectionAttributes=k:v&parseTime=true&loc=Asia%2FTokyo" +
		"&sessionVariables=sql_mode='ANSI,TRADITIONAL',time_zone=%22%2B00:00%22;x=CONCAT(1,2)",
		want: my(dialectJDBC, func(c *Config) {
			c.Hosts, c.Database, c.Password = []Host{{"srv.example.com", 3307}, {"h2", 3306}}, "my db", NewSecret(canary+"+ &")
			c.TLS = TLSVerifyFull
			c.Params = map[string]string{"timeout": "10s", "readTimeout": "1.5s", "collation": "utf8mb4_bin", "charset": "utf8mb4",
				"multiStatements": "true", "clientFoundRows": "true", "compress": "true", "maxAllowedPacket": "1048576",
				"connectionAttributes": "k:v", "parseTime": "true", "loc": "Asia/Tokyo",
				"sql_mode": "'ANSI,TRADITIONAL'", "time_zone": `"+00:00"`, "x": "CONCAT(1,2)"}
		})},
	{name: "jdbc mariadb", in: "JDBC:MariaDB://h/?user=u&sslMode=verify-full&serverSslCert=/r.pem", want: my(dialectJDBC, func(c *Config) {
		c.TLS, c.RootCertFile = TLSVerifyFull, "/r.pem"
	})},
	{name: "jdbc user in front of the host", in: "jdbc:mysql://u%2B:s3cr3t-canary%40@[::1]/d", want: my(dialectJDBC, func(c *Config) {
		c.User, c.Password, c.Hosts[0].Name, c.Database = "u+", NewSecret(canary+"@"), "::1", "d"
	})},
	{name: "jdbc at sign in the password in front of the host", in: "jdbc:mysql://u:s3cr3t@-canary@h", want: my(dialectJDBC, func(c *Config) {
		c.Password = NewSecret("s3cr3t@-canary")
	})},
	{name: "jdbc no host", in: "jdbc:mysql:///d?user=u", want: my(dialectJDBC, func(c *Config) { c.Hosts, c.Database = nil, "d" })},
	{name: "jdbc warnings", in: "jdbc:mysql://h/?user=u&serverTimezone=UTC&allowPublicKeyRetrieval=true&useUnicode=false&characterEncoding=latin1&allowLoadLocalInfile=true" +
		"&trustCertificateKeyStorePassword=s3cr3t-canary&rewriteBatchedStatements=true&allowCleartextPasswords=true&mystery=1&dnsSrv=true&socketFactory=x",
		want: my(dialectJDBC, func(c *Config) {
			c.Warnings = []string{
				"serverTimezone is ignored: how times are read is set by parseTime and loc",
				"allowPublicKeyRetrieval is ignored: the login is made by the library",
				"useUnicode is ignored: this driver has no such setting",
				"characterEncoding is ignored: text is in UTF-8",
				"allowLoadLocalInfile is ignored: a server must not read the client's files",
				"trustCertificateKeyStorePassword is ignored: the library configures TLS: give certificates as PEM files in sslrootcert, sslcert and sslkey",
				"rewriteBatchedStatements is ignored: this driver has no such setting",
				"allowCleartextPasswords is ignored: the library decides it from the TLS in use",
				"the key at byte 245 is ignored: it is not known",
				"dnsSrv is ignored: the hosts are tried in their order",
				"socketFactory is ignored: connections are made over TCP with TLS",
			}
		})},
	{name: "jdbc useSSL", in: "jdbc:mysql://h/?user=u&useSSL=true", want: my(dialectJDBC, func(c *Config) { c.TLS = TLSPrefer })},
	{name: "jdbc useSSL false", in: "jdbc:mysql://h/?user=u&requireSSL=true&useSSL=false&verifyServerCertificate=true", want: my(dialectJDBC, func(c *Config) { c.TLS = TLSDisable })},
	{name: "jdbc requireSSL", in: "jdbc:mysql://h/?user=u&requireSSL=true&useSSL=true&verifyServerCertificate=false", want: my(dialectJDBC, func(c *Config) { c.TLS = TLSRequire })},
	{name: "jdbc verifyServerCertificate", in: "jdbc:mysql://h/?user=u&verifyServerCertificate=true&useSSL=true&requireSSL=false", want: my(dialectJDBC, func(c *Config) { c.TLS = TLSVerifyCA })},
	{name: "jdbc sslMode overrides useSSL", in: "jdbc:mysql://h/?user=u&useSSL=true&sslMode=DISABLED&requireSSL=true&useSSL=true", want: my(dialectJDBC, func(c *Config) { c.TLS = TLSDisable })},
	{name: "jdbc preferred", in: "jdbc:mysql://h/?user=u&sslMode=PREFERRED", want: my(dialectJDBC, func(c *Config) { c.TLS = TLSPrefer })},
	{name: "jdbc verify_ca", in: "jdbc:mysql://h/?user=u&ssl-mode=VERIFY_CA", want: my(dialectJDBC, func(c *Config) { c.TLS = TLSVerifyCA })},
	{name: "jdbc mariadb trust", in: "jdbc:mariadb://h/?user=u&sslMode=trust", want: my(dialectJDBC, func(c *Config) { c.TLS = TLSSkipVerify })},
	{name: "jdbc trustServerCertificate", in: "jdbc:mariadb://h/?user=u&useSsl=true&trustServerCertificate=true", want: my(dialectJDBC, func(c *Config) { c.TLS = TLSSkipVerify })},
	{name: "jdbc no limit", in: "jdbc:mysql://h/?user=u&connectTimeout=0&socketTimeout=", want: my(dialectJDBC, func(*Config) {})},
}

var mySQLADOCorpus = []row{
	{name: "ado all words", in: ` Data Source = H,3307 ; Initial Catalog="my;""db" ;UID='o''brien'; PWD="s3cr3t-canary;=" ; SSL Mode=VerifyFull;;` +
		`Connection Timeout=15;Character Set=utf8mb4;Use Affected Rows=true;Use Compression=false;Allow Batch=true;Application Name=my app;` +
		`Allow User Variables=true;Pooling=true;Maximum Pool Size=3;Default Command Timeout=30;Allow Zero Datetime=true;Convert Zero Datetime=true;` +
		`AllowPublicKeyRetrieval=True;parseTime=true;Mystery Key=1;`,
		want: my(dialectADO, func(c *Config) {
			c.Hosts[0].Port, c.Database, c.User, c.Password = 3307, `my;"db`, "o'brien", NewSecret(canary+";=")
			c.TLS = TLSVerifyFull
			c.Params = map[string]string{"timeout": "15s", "charset": "utf8mb4", "clientFoundRows": "false", "compress": "false",
				"multiStatements": "true", "connectionAttributes": "program_name:my app", "parseTime": "true"}
			c.Warnings = []string{
				"Pooling is ignored: this driver has no such setting",
				"Maximum Pool Size is ignored: this driver has no such setting",
				"Default Command Timeout is ignored: this driver has no such setting",
				"Allow Zero DateTime is ignored: how times are read is set by parseTime and loc",
				"Convert Zero DateTime is ignored: how times are read is set by parseTime and loc",
				"Allow Public Key Retrieval is ignored: the login is made by the library",
				"the key at byte 424 is ignored: it is not known",
			}
		})},
	{name: "ado host synonyms", in: "Host=1;Server=2;DataSource=3;Address=4;Addr=5;Network Address=h;User Name=1;Username=2;UserID=3;User=u;Password=x;Pwd=s3cr3t-canary;ConnectTimeout=1;ConnectionTimeout=2",
		want: my(dialectADO, func(c *Config) {
			c.Password, c.Params = NewSecret(canary), map[string]string{"timeout": "2s"}
		})},
	{name: "ado none", in: "Server=h;User Id=u;SslMode=None", want: my(dialectADO, func(c *Config) { c.TLS = TLSDisable })},
	{name: "ado preferred", in: "Server=h;User Id=u;Ssl-Mode=Preferred", want: my(dialectADO, func(c *Config) { c.TLS = TLSPrefer })},
	{name: "ado verify CA with files", in: "Server=h;User Id=u;SSL Mode=VerifyCA;SslCa=/r.pem;Ssl-Cert=/c.pem;SSL Key=/k.pem;Certificate Password=s3cr3t-canary",
		want: my(dialectADO, func(c *Config) {
			c.TLS, c.RootCertFile, c.ClientCertFile, c.ClientKeyFile = TLSVerifyCA, "/r.pem", "/c.pem", "/k.pem"
			c.Warnings = []string{"Certificate Password is ignored: the library configures TLS: give certificates as PEM files in sslrootcert, sslcert and sslkey"}
		})},
	{name: "ado CA certificate file", in: "Server=h;User Id=u;CA Certificate File=/r.pem;Protocol=socket", want: my(dialectADO, func(c *Config) {
		c.RootCertFile = "/r.pem"
		c.Warnings = []string{"protocol is ignored: connections are made over TCP with TLS"}
	})},
	{name: "ado several hosts", in: "Server=h1, h2:3308;Port=3307;User Id=u", want: my(dialectADO, func(c *Config) {
		c.Hosts = []Host{{"h1", 3307}, {"h2", 3308}}
	})},
	{name: "ado like a DSN in the password", in: "Password=x@tcp(y:1)/z?s3cr3t-canary;Server=h;User Id=u", want: my(dialectADO, func(c *Config) {
		c.Password = NewSecret("x@tcp(y:1)/z?" + canary)
	})},
	{name: "ado like a URL in the password", in: "Password=mysql://x@y/;Server=h;User Id=u", want: my(dialectADO, func(c *Config) { c.Password = NewSecret("mysql://x@y/") })},
	{name: "ado tls word", in: "Server=h;User Id=u;Encrypt=true;tls=required", want: my(dialectADO, func(c *Config) { c.TLS = TLSRequire })},
	{name: "ado leading semicolon", in: ";Server=h;User Id=a/b@c", want: my(dialectADO, func(c *Config) { c.User = "a/b@c" })},
	{name: "ado identity", in: "Server=h;User Id=u;Authentication=Active Directory Managed Identity;Client Id=c", want: my(dialectADO, func(c *Config) {
		c.Identity = Identity{Method: MethodManagedIdentity, ClientID: "c"}
	})},
}

var mySQLURLCorpus = []row{
	{name: "url full", in: "mysql://u:s3cr3t-canary%40%2F%3A@h:3307/d?ssl-mode=REQUIRED&charset=utf8&parseTime=true&loc=Europe%2FParis&timeout=5s&ssl-ca=%2Fr.pem",
		want: my(DialectURL, func(c *Config) {
			c.Hosts[0].Port, c.Database, c.TLS, c.Password, c.RootCertFile = 3307, "d", TLSRequire, NewSecret(canary+"@/:"), "/r.pem"
			c.Params = map[string]string{"charset": "utf8mb4", "parseTime": "true", "loc": "Europe/Paris", "timeout": "5s"}
		})},
	{name: "url rails", in: "mysql2://u@h/d?encoding=utf8mb4&pool=5&sslca=/r.pem", want: my(DialectURL, func(c *Config) {
		c.Database, c.RootCertFile, c.Params = "d", "/r.pem", map[string]string{"charset": "utf8mb4"}
		c.Warnings = []string{"pool is ignored: this driver has no such setting"}
	})},
	{name: "url sqlalchemy", in: "MySQL+PyMySQL://u@h1,h2:3307/?connect_timeout=5&mystery=1", want: my(DialectURL, func(c *Config) {
		c.Hosts = []Host{{"h1", 3306}, {"h2", 3307}}
		c.Warnings = []string{"connect_timeout is ignored: its unit is not the same everywhere: write timeout=10s",
			"the key at byte 48 is ignored: it is not known"}
	})},
	{name: "url mariadb", in: "mariadb://u@[::1]", want: my(DialectURL, func(c *Config) { c.Hosts[0].Name = "::1" })},
	{name: "url tls words", in: "mysql://u@h?tls=verify_identity", want: my(DialectURL, func(c *Config) { c.TLS = TLSVerifyFull })},
	{name: "url tls true", in: "mysql://u@h?tls=true", want: my(DialectURL, func(c *Config) { c.TLS = TLSVerifyFull })},
	{name: "url tls registered", in: "mysql://u@h?tls=custom", want: my(DialectURL, func(c *Config) {
		c.TLS, c.Params = TLSVerifyFull, map[string]string{"tls": "custom"}
	})},
	{name: "url empty socket", in: "mysql://u@h?socket=", want: my(DialectURL, func(*Config) {})},
	{name: "url ssl true", in: "mysql://u@h?ssl=true", want: my(DialectURL, func(c *Config) { c.TLS = TLSRequire })},
	{name: "url prisma", in: "mysql://u@h/?sslaccept=strict", want: my(DialectURL, func(c *Config) { c.TLS = TLSVerifyFull })},
	{name: "url prisma without verification", in: "mysql://u@h/?sslaccept=accept_invalid_certs", want: my(DialectURL, func(c *Config) { c.TLS = TLSSkipVerify })},
	{name: "url pymysql verification", in: "mysql+pymysql://u@h/?ssl_verify_cert=true&ssl_verify_identity=true", want: my(DialectURL, func(c *Config) { c.TLS = TLSVerifyFull })},
}

var mySQLODBCCorpus = []row{
	{name: "odbc full", in: "Driver={MySQL ODBC 8.0 Unicode Driver};Server=h;Port=3307;Database={my;}}db};UID=u;PWD={s3cr3t-canary;=}}};SSLMODE=VERIFY_CA;SSLCA=/r.pem;" +
		"CHARSET=utf8mb4;FOUND_ROWS=1;MULTI_STATEMENTS=0;COMPRESSED_PROTO=1;READTIMEOUT=30;WRITETIMEOUT=5;NO_SSPS=1;ENABLE_CLEARTEXT_PLUGIN=1;INITSTMT=SET x;mystery=1",
		want: my(DialectODBC, func(c *Config) {
			c.Hosts[0].Port, c.Database, c.Password, c.TLS, c.RootCertFile = 3307, "my;}db", NewSecret(canary+";=}"), TLSVerifyCA, "/r.pem"
			c.Params = map[string]string{"charset": "utf8mb4", "clientFoundRows": "true", "multiStatements": "false", "compress": "true",
				"readTimeout": "30s", "writeTimeout": "5s"}
			c.Warnings = []string{
				"no_ssps is ignored: this driver has no such setting",
				"enable_cleartext_plugin is ignored: the login is made by the library",
				"initstmt is ignored: run it when a connection is opened, or use the driver's own kind of string",
				"the key at byte 286 is ignored: it is not known",
			}
		})},
	{name: "odbc driver last", in: "SERVER=h;USER=u;sslmode=REQUIRED;DRIVER=MySQL ODBC 9.1 ANSI Driver", want: my(DialectODBC, func(c *Config) { c.TLS = TLSRequire })},
}
