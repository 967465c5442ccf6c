package dsn

// row is one connection string with what Parse must make of it: a Config or the
// exact text of an error.
type row struct {
	name, in string
	want     Config
	err      string
}

// corpora feed the table test, the fuzz target and the benchmark.
var corpora = []struct {
	Engine
	rows []row
}{
	{PostgreSQL, postgresCorpus},
	{MySQL, concat(mySQLCorpus, mySQLWildCorpus)},
	{SQLServer, concat(sqlServerAzureCorpus, sqlServerCorpus, sqlServerErrorCorpus, sqlServerWildCorpus)},
}

var postgresCorpus = concat(azureCorpus, keyValueCorpus, urlCorpus, jdbcCorpus, adoCorpus, errorCorpus, postgresWildCorpus)

func concat(lists ...[]row) (all []row) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// canary is the password in the corpus; it must never be printed.
const canary = "s3cr3t-canary"

func with(d Dialect, change func(*Config)) Config {
	c := Config{Engine: PostgreSQL, Dialect: d, Hosts: []Host{{"h", 5432}}, User: "u"}
	change(&c)
	return c
}

func kv(change func(*Config)) Config { return with(DialectKeyValue, change) }

var keyValueCorpus = []row{
	{name: "kv quotes and escapes", in: `host=h user='o\'brien \\ x' password=a\ b\\c dbname='my db'`,
		want: kv(func(c *Config) { c.User, c.Password, c.Database = `o'brien \ x`, NewSecret(`a b\c`), "my db" })},
	{name: "kv blanks round equals, tabs and line ends", in: "\n host = h\tuser= 'u'\r\n dbname =d \n",
		want: kv(func(c *Config) { c.Database = "d" })},
	{name: "kv empty value", in: `host=h user=u password='' dbname=''`, want: kv(func(*Config) {})},
	{name: "kv synonyms in any case", in: "SERVER=h UserName=u Database=d PWD=" + canary,
		want: kv(func(c *Config) { c.Database, c.Password = "d", NewSecret(canary) })},
	{name: "kv last value wins", in: "host=x host=h user=x user=u port=1 port=2",
		want: kv(func(c *Config) { c.Hosts[0].Port = 2 })},
	{name: "kv semicolon in a value", in: "password=s3cr3t-canary;x host=h user=u",
		want: kv(func(c *Config) { c.Password = NewSecret(canary + ";x") })},
	{name: "kv semicolons", in: `host=h;port=5433;dbname=d;user=u;password='s3cr3t-canary;\'';sslmode=verify-full;`,
		want: kv(func(c *Config) {
			c.Hosts[0].Port, c.Database, c.TLS = 5433, "d", TLSVerifyFull
			c.Password = NewSecret(canary + ";'")
		})},
	{name: "kv several hosts, one port", in: "host=h1,h2.example.com. port=6432 user=u",
		want: kv(func(c *Config) { c.Hosts = []Host{{"h1", 6432}, {"h2.example.com", 6432}} })},
	{name: "kv several hosts and ports", in: "host=h1,::1,H3 port=6432,,6434 user=u",
		want: kv(func(c *Config) { c.Hosts = []Host{{"h1", 6432}, {"::1", 5432}, {"h3", 6434}} })},
	{name: "kv port in the host", in: "host=h:6432,[::1]:6433,[::2] user=u",
		want: kv(func(c *Config) { c.Hosts = []Host{{"h", 6432}, {"::1", 6433}, {"::2", 5432}} })},
	{name: "kv no host", in: "user=u dbname=d", want: kv(func(c *Config) { c.Hosts, c.Database = nil, "d" })},
	{name: "kv native parameters", in: "host=h user=u Application_Name=app connect_timeout=5 search_path=a,b myapp.setting=1 " +
		"default_query_exec_mode=exec pool_max_conns=3 TimeZone=UTC target_session_attrs=read-write options='-c x=y' client_encoding=auto",
		want: kv(func(c *Config) {
			c.Params = map[string]string{
				"application_name": "app", "connect_timeout": "5", "search_path": "a,b", "myapp.setting": "1",
				"default_query_exec_mode": "exec", "pool_max_conns": "3", "timezone": "UTC",
				"target_session_attrs": "read-write", "options": "-c x=y",
			}
		})},
	{name: "kv never passed", in: "host=h user=u hostaddr=10.0.0.1 require_auth=none sslpassword=" + canary + " keepalives=1",
		want: kv(func(c *Config) {
			c.Warnings = []string{
				"hostaddr is ignored: the address is always looked up from the host name",
				"require_auth is ignored: the authentication method is pinned by the library",
				"sslpassword is ignored: encrypted client keys are not supported",
				"keepalives is ignored: pgx has no such parameter",
			}
		})},
	{name: "kv certificate files", in: "host=h user=u sslmode=verify-ca sslrootcert=/r.pem sslcert=/c.pem sslkey=/k.pem",
		want: kv(func(c *Config) {
			c.TLS, c.RootCertFile, c.ClientCertFile, c.ClientKeyFile = TLSVerifyCA, "/r.pem", "/c.pem", "/k.pem"
		})},
	{name: "kv system roots", in: "host=h user=u sslrootcert=system", want: kv(func(*Config) {})},
	{name: "kv fallback application name", in: "host=h user=u fallback_application_name=f",
		want: kv(func(c *Config) { c.Params = map[string]string{"application_name": "f"} })},
	{name: "kv identity", in: "host=h user=u authentication=ActiveDirectoryServerPrincipal client_id=c TenantId=t client-secret=" + canary +
		" object_id=o resource_id=r client_certificate_path=/p client_certificate_password=" + canary,
		want: kv(func(c *Config) {
			c.Identity = Identity{Method: MethodServicePrincipal, ClientID: "c", TenantID: "t", ObjectID: "o", ResourceID: "r",
				ClientSecret: NewSecret(canary), ClientCertificatePath: "/p", ClientCertificatePassword: NewSecret(canary)}
		})},
	{name: "kv entra user stays", in: "host=h user=me@contoso.com", want: kv(func(c *Config) { c.User = "me@contoso.com" })},
	{name: "kv user at server", in: "user=u@SRV host=srv.example.com",
		want: kv(func(c *Config) { c.Hosts = []Host{{"srv.example.com", 5432}} })},
	{name: "kv allow is prefer", in: "host=h user=u sslmode=allow", want: kv(func(c *Config) { c.TLS = TLSPrefer })},
	{name: "kv disable", in: "host=h user=u sslmode=disable", want: kv(func(c *Config) { c.TLS = TLSDisable })},
	{name: "kv no-verify", in: "host=h user=u sslmode=no-verify", want: kv(func(c *Config) { c.TLS = TLSSkipVerify })},
	{name: "kv nothing but an empty value", in: "host=", want: Config{Engine: PostgreSQL, Dialect: DialectKeyValue}},
	{name: "kv final backslash", in: `host=h user=u password=s3cr3t-canary\`, want: kv(func(c *Config) { c.Password = NewSecret(canary) })},
	{name: "kv quoted first value", in: `password='it\'s; s3cr3t-canary' host=h user=u`, want: kv(func(c *Config) { c.Password = NewSecret("it's; " + canary) })},
	{name: "kv IPv6 zone", in: "host=FE80::1%eth0 user=u", want: kv(func(c *Config) { c.Hosts[0].Name = "fe80::1%eth0" })},
	{name: "kv non-ASCII", in: "host=h user=u password=pässwörd-密码", want: kv(func(c *Config) { c.Password = NewSecret("pässwörd-密码") })},
}

var urlCorpus = []row{
	{name: "url full", in: "postgresql://u:s3cr3t-canary%40%2F%3A@h:6432/d?sslmode=verify-full&application_name=a%20b&search_path=x",
		want: with(DialectURL, func(c *Config) {
			c.Hosts[0].Port, c.Database, c.TLS, c.Password = 6432, "d", TLSVerifyFull, NewSecret(canary+"@/:")
			c.Params = map[string]string{"application_name": "a b", "search_path": "x"}
		})},
	{name: "url several hosts", in: "POSTGRES://u@h1:6432,[::1],h3:6434/", want: with(DialectURL, func(c *Config) {
		c.Hosts = []Host{{"h1", 6432}, {"::1", 5432}, {"h3", 6434}}
	})},
	{name: "url all in the query", in: "postgres:///?host=h&port=6432&user=u&password=s3cr3t-canary&dbname=d&ssl=true",
		want: with(DialectURL, func(c *Config) {
			c.Hosts[0].Port, c.Database, c.Password, c.TLS = 6432, "d", NewSecret(canary), TLSRequire
		})},
	{name: "url query overrides", in: "postgres://x@x/x?host=h&user=u&dbname=d", want: with(DialectURL, func(c *Config) { c.Database = "d" })},
	{name: "url empty user", in: "postgres://:s3cr3t-canary@h/d?user=u", want: with(DialectURL, func(c *Config) {
		c.Database, c.Password = "d", NewSecret(canary)
	})},
	{name: "url question mark in password", in: "postgres://u:s3cr3t-canary?#@h/", want: with(DialectURL, func(c *Config) { c.Password = NewSecret(canary + "?#") })},
	{name: "url plus is a plus", in: "postgres://u:a+b@h", want: with(DialectURL, func(c *Config) { c.Password = NewSecret("a+b") })},
	{name: "url user at server", in: "postgres://u%40srv:x@srv.example.com/d", want: with(DialectURL, func(c *Config) {
		c.Hosts[0].Name, c.Database, c.Password = "srv.example.com", "d", NewSecret("x")
	})},
	{name: "url entra user in the query", in: "postgres://h/d?user=me@contoso.com&client_id=c&authentication=az", want: with(DialectURL, func(c *Config) {
		c.Database, c.User, c.Identity = "d", "me@contoso.com", Identity{ClientID: "c", Method: MethodAzureCLI}
	})},
	{name: "url trailing ampersand", in: "postgres://u@h?application_name=a&", want: with(DialectURL, func(c *Config) {
		c.Params = map[string]string{"application_name": "a"}
	})},
}

var jdbcCorpus = []row{
	{name: "jdbc empty flag of the Azure plug-in", in: "jdbc:postgresql://h/?user=u&azure.managedIdentityEnabled=", want: with(dialectJDBC, func(*Config) {})},
	{name: "jdbc full", in: "jdbc:postgresql://srv.example.com:6432/my%20db?user=u%40srv&password=s3cr3t-canary%2B+%26&ssl=true&ApplicationName=app" +
		"&currentSchema=s&connectTimeout=7&targetServerType=preferSecondary&prepareThreshold=0&reWriteBatchedInserts=true&mystery=1",
		want: with(dialectJDBC, func(c *Config) {
			c.Hosts, c.Database, c.Password = []Host{{"srv.example.com", 6432}}, "my db", NewSecret(canary+"+ &")
			c.TLS = TLSVerifyFull
			c.Params = map[string]string{"application_name": "app", "search_path": "s", "connect_timeout": "7", "target_session_attrs": "prefer-standby",
				"default_query_exec_mode": "exec"}
			c.Warnings = []string{
				"reWriteBatchedInserts is ignored: this driver has no such setting",
				"the key at byte 231 is ignored: it is not known",
			}
		})},
	{name: "jdbc statements prepared after five", in: "jdbc:postgresql://h/?user=u&prepareThreshold=5&preferQueryMode=extended", want: with(dialectJDBC, func(c *Config) {
		c.Warnings = []string{"prepareThreshold is ignored: this driver has no such setting", "preferQueryMode is ignored: this driver has no such setting"}
	})},
	{name: "jdbc simple queries", in: "jdbc:postgresql://h/?user=u&preferQueryMode=simple&prepareThreshold=0", want: with(dialectJDBC, func(c *Config) {
		c.Params = map[string]string{"default_query_exec_mode": "simple_protocol"}
	})},
	{name: "jdbc several hosts, no port, no slash", in: "JDBC:postgresql://h1,[::1]:6433?user=u",
		want: with(dialectJDBC, func(c *Config) { c.Hosts = []Host{{"h1", 5432}, {"::1", 6433}} })},
	{name: "jdbc database only", in: "jdbc:postgresql:d?user=u", want: with(dialectJDBC, func(c *Config) { c.Hosts, c.Database = nil, "d" })},
	{name: "jdbc sslmode overrides ssl", in: "jdbc:postgresql://h/?sslmode=require&user=u&ssl=true",
		want: with(dialectJDBC, func(c *Config) { c.TLS = TLSRequire })},
	{name: "jdbc all in the query", in: "jdbc:postgresql:?PGHOST=h&PGPORT=6432&PGDBNAME=d&user=u",
		want: with(dialectJDBC, func(c *Config) { c.Hosts[0].Port, c.Database = 6432, "d" })},
	{name: "jdbc ssl without a value", in: "jdbc:postgresql://h/?user=u&ssl", want: with(dialectJDBC, func(c *Config) { c.TLS = TLSVerifyFull })},
	{name: "jdbc ssl false", in: "jdbc:postgresql://h/?user=u&ssl=false", want: with(dialectJDBC, func(c *Config) { c.TLS = TLSPrefer })},
	{name: "jdbc factory that does not verify", in: "jdbc:postgresql://h/?user=u&ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory",
		want: with(dialectJDBC, func(c *Config) { c.TLS = TLSSkipVerify })},
	{name: "jdbc azure extension", in: "jdbc:postgresql://h/?user=u&azure.clientId=c&azure.managedIdentityEnabled=true&authenticationPluginClassName=com.azure.X",
		want: with(dialectJDBC, func(c *Config) {
			c.Identity = Identity{Method: MethodManagedIdentity, ClientID: "c"}
			c.Warnings = []string{"authenticationPluginClassName is ignored: the login is made by the library"}
		})},
	{name: "jdbc prefer primary", in: "jdbc:postgresql://h/?user=u&targetServerType=preferPrimary", want: with(dialectJDBC, func(c *Config) {
		c.Warnings = []string{"targetServerType is ignored: this value has no equivalent"}
	})},
}

var adoCorpus = []row{
	{name: "ado all words", in: ` Data Source = tcp:H,6432 ; Initial Catalog="my;""db" ;UID='o''brien'; PSW="s3cr3t-canary;=" ; SSL Mode=VerifyFull;;` +
		`Application Name=my app;Search Path=a, b;Timeout=15;Time Zone=UTC;Target Session Attributes=read-write;Pooling=true;Maximum Pool Size=3;Mystery Key=1;`,
		want: with(dialectADO, func(c *Config) {
			c.Hosts[0].Port, c.Database, c.User, c.Password = 6432, `my;"db`, "o'brien", NewSecret(canary+";=")
			c.TLS = TLSVerifyFull
			c.Params = map[string]string{"application_name": "my app", "search_path": "a, b", "connect_timeout": "15", "timezone": "UTC",
				"target_session_attrs": "read-write"}
			c.Warnings = []string{
				"Pooling is ignored: this driver has no such setting",
				"Maximum Pool Size is ignored: this driver has no such setting",
				"the key at byte 252 is ignored: it is not known",
			}
		})},
	{name: "ado blank and equals sign in the first value", in: "Password=s3cr3t-canary a=b;Host=h;User Id=u", want: with(dialectADO, func(c *Config) {
		c.Password = NewSecret("s3cr3t-canary a=b")
	})},
	{name: "ado backslash at the end of the first value", in: `Password='s3cr3t-canary\';Host=h;User Id="u 'x'";`, want: with(dialectADO, func(c *Config) {
		c.Password, c.User = NewSecret(`s3cr3t-canary\`), "u 'x'"
	})},
	{name: "ado lower case", in: "host=h;database=d;username=u;password=a\\b'", want: with(dialectADO, func(c *Config) {
		c.Database, c.Password = "d", NewSecret(`a\b'`)
	})},
	{name: "ado trust", in: "Server=h;User Id=u;SslMode=Require;Trust Server Certificate=true", want: with(dialectADO, func(c *Config) { c.TLS = TLSSkipVerify })},
	{name: "ado trust without TLS", in: "Server=h;User Id=u;SslMode=Disable;TrustServerCertificate=yes", want: with(dialectADO, func(c *Config) { c.TLS = TLSDisable })},
	{name: "ado verify CA with a root", in: "Server=h;User Name=u;Ssl_Mode=VerifyCA;Root Certificate=/r.pem;Trust Server Certificate=false",
		want: with(dialectADO, func(c *Config) { c.TLS, c.RootCertFile = TLSVerifyCA, "/r.pem" })},
	{name: "ado several hosts", in: "Host=h1:6432, h2;Port=6433;User ID=u", want: with(dialectADO, func(c *Config) {
		c.Hosts = []Host{{"h1", 6432}, {"h2", 6433}}
	})},
	{name: "ado blank in the first value", in: "Password=s3cr3t-canary x;Server=h;User Id=u", want: with(dialectADO, func(c *Config) { c.Password = NewSecret(canary + " x") })},
	{name: "ado quoted first value", in: "Password='it''s s3cr3t-canary';Server=h;UID=u", want: with(dialectADO, func(c *Config) { c.Password = NewSecret("it's " + canary) })},
	{name: "ado name in the certificate", in: "Server=10.0.0.1;UID=u;HostNameInCertificate=*.Postgres.database.azure.com", want: with(dialectADO, func(c *Config) {
		c.Hosts[0].Name, c.ServerName = "10.0.0.1", "*.postgres.database.azure.com"
	})},
	{name: "ado empty first value", in: "Password=;Server=h;User Id=u", want: with(dialectADO, func(*Config) {})},
	{name: "ado double quotes first", in: `Password="s3cr3t-canary ;=";Server=h;User Id=u`, want: with(dialectADO, func(c *Config) { c.Password = NewSecret(canary + " ;=") })},
	{name: "ado ssl word", in: "Server=h;User Id=u;SSL=verify-ca", want: with(dialectADO, func(c *Config) { c.TLS = TLSVerifyCA })},
	{name: "ado empty value", in: "Server=h;User Id=u;Password=;Port=;Timeout=;", want: with(dialectADO, func(*Config) {})},
	{name: "odbc", in: "Driver={PostgreSQL Unicode};Server=h;Port=6432;Database=d;Uid=u;Pwd={s3cr3t-canary;}}};sslmode=require;ByteaAsLongVarBinary=1",
		want: with(DialectODBC, func(c *Config) {
			c.Hosts[0].Port, c.Database, c.Password, c.TLS = 6432, "d", NewSecret(canary+";}"), TLSRequire
			c.Warnings = []string{"ByteaAsLongVarBinary is ignored: this driver has no such setting"}
		})},
	{name: "ado only hosts", in: "Data Source=h", want: with(dialectADO, func(c *Config) { c.User = "" })},
}
