package dsn

// The wild corpora hold what people publish that is no driver's own string: keys of other clients, URLs of other
// tools, and values that a page, a shell or a template left as they were.

const (
	quotedError      = "the whole value is in quotation marks, which docker --env-file and kubectl --from-env-file do not take off: remove them"
	placeholderError = "a placeholder that was not replaced: put the value in its place"
	instancePath     = "the path of the URL is read as the database: go-mssqldb would read it as a named instance, which Azure SQL does not have"
)

func ignored(keys ...string) (warnings []string) {
	for _, k := range keys {
		warnings = append(warnings, k+" is ignored: "+notPostgres)
	}
	return warnings
}

var postgresWildCorpus = []row{
	{name: "wild Prisma", in: "postgres://u@h/d?schema=public&pgbouncer=true&connection_limit=5&pool_timeout=10&socket_timeout=3&sslmode=require",
		want: with(DialectURL, func(c *Config) {
			c.Database, c.TLS = "d", TLSRequire
			c.Warnings = ignored("schema", "pgbouncer", "connection_limit", "pool_timeout", "socket_timeout")
		})},
	{name: "wild node-postgres and Doctrine", in: "postgres://u@h/?uselibpqcompat=true&serverVersion=16&charset=utf8&encoding=utf8",
		want: with(DialectURL, func(c *Config) { c.Warnings = ignored("uselibpqcompat", "serverVersion", "charset", "encoding") })},
	{name: "wild Go clients", in: "host=h user=u binary_parameters=yes prepared_statements=false conn_max_age=60 statement_cache_mode=describe prefer_simple_protocol=true x-migrations-table=m",
		want: kv(func(c *Config) {
			c.Warnings = ignored("binary_parameters", "prepared_statements", "conn_max_age", "statement_cache_mode", "prefer_simple_protocol", "x-migrations-table")
		})},
	{name: "wild hyphens", in: "postgres://u@h/?x-something-else=1&application-name=a&a-b.c=1",
		want: with(DialectURL, func(c *Config) {
			c.Params = map[string]string{"application_name": "a"}
			c.Warnings = ignored("x-something-else", "a-b.c")
		})},
	{name: "wild key that nobody knows", in: "host=h user=u Fancy_Option=1", want: kv(func(c *Config) { c.Warnings = ignored("Fancy_Option") })},
	{name: "wild settings of the server", in: "postgres://u@h/?jit=off&Plan_Cache_Mode=auto&transaction_timeout=5&session_authorization=x&pg_trgm.similarity_threshold=0.5&my.Own=1",
		want: with(DialectURL, func(c *Config) {
			c.Params = map[string]string{"jit": "off", "Plan_Cache_Mode": "auto", "transaction_timeout": "5", "session_authorization": "x",
				"pg_trgm.similarity_threshold": "0.5", "my.Own": "1"}
		})},
	{name: "wild piece of a password", in: "host=h user=u password=s3cr3t canary=x other=y sslmode=require rest=z",
		want: kv(func(c *Config) {
			c.Password, c.TLS = NewSecret("s3cr3t"), TLSRequire
			c.Warnings = append([]string{"the key at byte 30 is ignored: it is not known", "the key at byte 39 is ignored: it is not known"}, ignored("rest")...)
		})},
	{name: "wild key with digits", in: "postgres://h/d?s3cr3t-canary=1", want: Config{Engine: PostgreSQL, Dialect: DialectURL, Hosts: []Host{{"h", 5432}}, Database: "d",
		Warnings: []string{"the key at byte 15 is ignored: it is not known"}}},

	{name: "wild SQLAlchemy", in: "postgresql+psycopg2://u:s3cr3t-canary@h/d?options=-c+search_path%3Dx", want: with(DialectURL, func(c *Config) {
		c.Database, c.Password, c.Params = "d", NewSecret(canary), map[string]string{"options": "-c search_path=x"}
	})},
	{name: "wild asyncpg", in: "POSTGRESQL+asyncpg://u@h:6432/d?ssl=require", want: with(DialectURL, func(c *Config) { c.Hosts[0].Port, c.Database, c.TLS = 6432, "d", TLSRequire })},
	{name: "wild ODBC in SQLAlchemy", in: "postgresql+pyodbc:///?odbc_connect=Driver%3D%7BPostgreSQL+Unicode%7D%3BServer%3Dh%3BUid%3Du", want: with(DialectODBC, func(*Config) {})},
	{name: "wild golang-migrate", in: "pgx5://u@h/d?x-migrations-table=m", want: with(DialectURL, func(c *Config) { c.Database, c.Warnings = "d", ignored("x-migrations-table") })},
	{name: "wild Django", in: "postgis://u@h/d", want: with(DialectURL, func(c *Config) { c.Database = "d" })},
	{name: "wild PDO", in: "pgsql:host=h;port=6432;dbname=d;user=u;sslmode=require", want: kv(func(c *Config) { c.Hosts[0].Port, c.Database, c.TLS = 6432, "d", TLSRequire })},
	{name: "wild PDO with blanks", in: "pgsql:host=h dbname=d user=u", want: kv(func(c *Config) { c.Database = "d" })},
	{name: "wild DNS", in: "postgresql+srv://h", err: "dsn: a URL of another kind: want postgres://, postgresql:// or jdbc:postgresql:// (at byte 0)"},
	{name: "wild Authority Id", in: "Server=h;User Id=u;Authority Id=t", want: with(dialectADO, func(c *Config) { c.Identity.TenantID = "t" })},

	{name: "wild quotes", in: ` "host=h password=s3cr3t-canary" `, err: "dsn: " + quotedError + " (at byte 1)"},
	{name: "wild single quotes", in: "'postgres://u:s3cr3t-canary@h/d'", err: "dsn: " + quotedError + " (at byte 0)"},
	{name: "wild typographic quotes", in: "“host=h password=s3cr3t-canary”", err: "dsn: " + quotedError + " (at byte 0)"},
	{name: "wild variable as the user", in: "postgres://${DB_USER}:s3cr3t-canary@h/d", err: "dsn: user: " + placeholderError + " (at byte 11)"},
	{name: "wild variable within the user", in: "host=h user=${DB_USER}@server", err: "dsn: user: " + placeholderError + " (at byte 12)"},
	{name: "wild password of a template", in: "host=h user=u password=${PASSWORD}", err: "dsn: password: " + placeholderError + " (at byte 23)"},
	{name: "wild password of a page", in: "postgres://u:<password>@h/d", err: "dsn: password: " + placeholderError + " (at byte 13)"},
	{name: "wild database", in: "Server=h;User Id=u;Database={your_database}", err: "dsn: database: " + placeholderError + " (at byte 28)"},
	{name: "wild host", in: "Server=<server>.postgres.database.azure.com;User Id=u", err: "dsn: host: " + placeholderError + " (at byte 7)"},
	{name: "wild client ID", in: "host=h user=u client_id=<client-id>", err: "dsn: client_id: " + placeholderError + " (at byte 24)"},
	{name: "wild mode", in: "postgres://u@h/d?sslmode=%24%28SSL_MODE%29", err: "dsn: sslmode: " + placeholderError + " (at byte 25)"},
	{name: "wild hosts of SQLAlchemy", in: "postgresql+psycopg://u@/d?host=h:6432&target_session_attrs=any&host=h2&host=h3:6434", want: with(DialectURL, func(c *Config) {
		c.Hosts, c.Database = []Host{{"h", 6432}, {"h2", 5432}, {"h3", 6434}}, "d"
		c.Params = map[string]string{"target_session_attrs": "any"}
	})},
	{name: "wild sqlx", in: "postgres://u@h/?options[search_path]=a&options[Statement_Timeout]=5s&variables[x]=1",
		want: with(DialectURL, func(c *Config) {
			c.Params, c.Warnings = map[string]string{"search_path": "a", "statement_timeout": "5s"}, ignored("variables")
		})},
	{name: "wild sqlx, no setting", in: "postgres://u@h/?options[host]=evil", err: "dsn: not a key (quote or escape values that hold blanks or separators) (at byte 16)"},
	{name: "wild brackets behind a known key", in: "postgres://u@h/?ssl[rejectUnauthorized]=false", err: "dsn: not a key (quote or escape values that hold blanks or separators) (at byte 16)"},
	{name: "wild Prisma certificate", in: "postgres://u@h/?sslcert=/ca.pem&sslmode=require&sslaccept=strict", want: with(DialectURL, func(c *Config) {
		c.RootCertFile, c.TLS, c.Warnings = "/ca.pem", TLSRequire, ignored("sslaccept")
	})},
	{name: "wild Prisma certificate, verified", in: "postgres://u@h/?schema=s&sslmode=verify-full&sslcert=/ca.pem", want: with(DialectURL, func(c *Config) {
		c.RootCertFile, c.TLS, c.Warnings = "/ca.pem", TLSVerifyFull, ignored("schema")
	})},
	{name: "wild client certificate beside Prisma's keys", in: "postgres://u@h/?schema=s&sslcert=/c.pem&sslkey=/k.pem", want: with(DialectURL, func(c *Config) {
		c.ClientCertFile, c.ClientKeyFile, c.Warnings = "/c.pem", "/k.pem", ignored("schema")
	})},
	{name: "wild R2DBC", in: "R2DBC:pool:postgresql://u:s3cr3t-canary@h/d?sslMode=require", want: with(DialectURL, func(c *Config) {
		c.Database, c.Password, c.TLS = "d", NewSecret(canary), TLSRequire
	})},
	{name: "wild portal's Python", in: "host='h' user='u' sslmode='true'", want: kv(func(c *Config) { c.TLS = TLSRequire })},
	{name: "wild command", in: "psql postgres://u:s3cr3t-canary@h/d", err: "dsn: a command, not a connection string: write what it connects to as " + postgres.want + " (at byte 0)"},
	{name: "wild assignment", in: "export DATABASE_URL='postgres://u:s3cr3t-canary@h/d", err: `dsn: a variable's name is in front of the connection string: remove it and its "=" (at byte 0)`},
	{name: "wild XML", in: "postgres://u:s3cr3t-canary@h/d?sslmode=require&amp;application_name=a", err: `dsn: XML escapes: write " for &quot; and & for &amp; (at byte 46)`},
	{name: "wild ampersand in a password", in: "Server=h;User Id=u;Password=\"s3cr3t&amp;x\"", want: with(dialectADO, func(c *Config) { c.Password = NewSecret("s3cr3t&amp;x") })},
	{name: "wild Entity Framework", in: `metadata=m;provider=Npgsql;provider connection string="Host=h;Password=s3cr3t-canary"`, err: "dsn: provider connection string: a string of Entity Framework: give the connection string in its provider connection string (at byte 54)"},
	{name: "wild quotes of JSON", in: `\"host=h password=s3cr3t-canary\"`, err: "dsn: " + quotedError + " (at byte 0)"},
	{name: "wild Helm", in: "postgres://{{ .Values.user }}:s3cr3t-canary@h/d", err: "dsn: " + placeholderError + " (at byte 11)"},
	{name: "wild GitHub Actions", in: "host=h user=${{ vars.USER }}", err: "dsn: " + placeholderError + " (at byte 12)"},
	{name: "wild shell", in: "host=h user=$DB_USER", err: "dsn: user: " + placeholderError + " (at byte 12)"},
	{name: "wild brackets of a page", in: "Server=h;User Id=[user name]", err: "dsn: user: " + placeholderError + " (at byte 17)"},
	{name: "wild Azure DevOps", in: "Server=h;User Id=u;Database=#{Db.Name}#", err: "dsn: database: " + placeholderError + " (at byte 28)"},
	{name: "wild missing value of a template", in: "host=null user=u", err: "dsn: host: " + placeholderError + " (at byte 5)"},
	{name: "wild password that is a word", in: "host=h user=u password=null", want: kv(func(c *Config) { c.Password = NewSecret("null") })},
	{name: "wild URL as the host", in: "Host=https://h;User Id=u", err: "dsn: host: a URL in place of a host name: leave out what is in front of the name and behind it (at byte 5)"},
	{name: "wild mask", in: "Server=h;User Id=u;Password=*****", err: "dsn: password: " + placeholderError + " (at byte 28)"},
	{name: "wild password that looks like one", in: "Server=h;User Id=u;Password=$PASSWORD__x__", want: with(dialectADO, func(c *Config) { c.Password = NewSecret("$PASSWORD__x__") })},
	{name: "wild brackets in a password", in: "host=h user=u password='a<b>{c}${d}%e%'", want: kv(func(c *Config) { c.Password = NewSecret("a<b>{c}${d}%e%") })},
}

var mySQLWildCorpus = []row{
	{name: "wild hyphen", in: "u@tcp(h:3306)/d?tls=custom&tls-ca=ca.pem",
		err: "dsn: not a parameter of the driver, and no session variable has a hyphen: leave it out (sslrootcert names a file of root certificates) (at byte 27)"},
	{name: "wild Prisma certificate", in: "mysql://u@h/?sslcert=/ca.pem&sslaccept=strict", want: my(DialectURL, func(c *Config) { c.RootCertFile = "/ca.pem" })},
	{name: "wild Prisma, the other order", in: "mysql://u@h/?sslaccept=accept_invalid_certs&sslcert=/ca.pem", want: my(DialectURL, func(c *Config) { c.RootCertFile, c.TLS = "/ca.pem", TLSSkipVerify })},
	{name: "wild client certificate", in: "mysql://u@h/?sslcert=/c.pem&sslkey=/k.pem&sslaccept=strict",
		want: my(DialectURL, func(c *Config) { c.ClientCertFile, c.ClientKeyFile, c.TLS = "/c.pem", "/k.pem", TLSVerifyFull })},
	{name: "wild certificate without Prisma", in: "mysql://u@h/?sslcert=/c.pem", want: my(DialectURL, func(c *Config) { c.ClientCertFile = "/c.pem" })},
	{name: "wild Prisma's pool", in: "mysql://u@h/?sslcert=/ca.pem&connection_limit=5", want: my(DialectURL, func(c *Config) {
		c.RootCertFile, c.Warnings = "/ca.pem", []string{"connection_limit is ignored: " + notHere}
	})},
	{name: "wild time-outs without a unit", in: "mysql+mysqldb://u@h/?read_timeout=30&writeTimeout=7s", want: my(DialectURL, func(c *Config) {
		c.Params, c.Warnings = map[string]string{"writeTimeout": "7s"}, []string{"readTimeout is ignored: its unit is not the same everywhere: write readTimeout=30s"}
	})},
	{name: "wild portal's C#", in: `Server="h";UserID = "u";SslMode=MySqlSslMode.VerifyCA;`, want: my(dialectADO, func(c *Config) { c.TLS = TLSVerifyCA })},
	{name: "wild command", in: "mysql -h h -u u --password=s3cr3t-canary", err: "dsn: a command, not a connection string: write what it connects to as " + mySQL.want + " (at byte 0)"},
	{name: "wild mysql2", in: `mysql://u@h/?ssl={"rejectUnauthorized":true}`, want: my(DialectURL, func(c *Config) { c.TLS = TLSVerifyFull })},
	{name: "wild mysql2, not verified", in: `mysql://u@h/?ssl=%7B%22rejectUnauthorized%22%3A%20false%7D`, want: my(DialectURL, func(c *Config) { c.TLS = TLSSkipVerify })},
	{name: "wild mysql2, its default", in: `mysql://u@h/?ssl={"minVersion":"TLSv1.2"}`, want: my(DialectURL, func(c *Config) {
		c.TLS, c.Warnings = TLSVerifyFull, []string{"ssl is ignored: only its rejectUnauthorized is read; " + tlsHere}
	})},
	{name: "wild PDO", in: "mysql:host=h;port=3307;dbname=d;charset=utf8mb4", want: Config{Engine: MySQL, Dialect: dialectADO, Hosts: []Host{{"h", 3307}}, Database: "d",
		Params: map[string]string{"charset": "utf8mb4"}}},
	{name: "wild PDO socket", in: "mysql:unix_socket=/s;dbname=d", err: "dsn: unix_socket: a Unix-domain socket cannot be verified by TLS: give a host name, or use the driver without this library (at byte 18)"},
	{name: "wild user mysql", in: "mysql:s3cr3t-canary@tcp(h)/d", want: my(DialectDSN, func(c *Config) { c.User, c.Password, c.Database = "mysql", NewSecret(canary), "d" })},
	{name: "wild ODBC in SQLAlchemy", in: "mysql+pyodbc://?odbc_connect=DRIVER={MySQL ODBC 9.1 Unicode Driver};SERVER=h;UID=u", want: my(DialectODBC, func(*Config) {})},
	{name: "wild quotes", in: `"u:s3cr3t-canary@tcp(h)/d"`, err: "dsn: " + quotedError + " (at byte 0)"},
	{name: "wild quote in the user", in: `"u@tcp(h)/d`, want: my(DialectDSN, func(c *Config) { c.User, c.Database = `"u`, "d" })},
	{name: "wild user", in: "{your_username}@tcp(h)/d", err: "dsn: user: " + placeholderError + " (at byte 0)"},
	{name: "wild password", in: "Server=h;User Id=u;Password={your_password}", err: "dsn: password: " + placeholderError + " (at byte 28)"},
}

var sqlServerWildCorpus = []row{
	{name: "wild path", in: "sqlserver://u:s3cr3t-canary@h/d", want: mssql(DialectURL, func(c *Config) {
		c.User, c.Password, c.Database, c.Warnings = "u", NewSecret(canary), "d", []string{instancePath}
	})},
	{name: "wild path with a port", in: "sqlserver://u@h:1444/my%20db?encrypt=true", want: mssql(DialectURL, func(c *Config) {
		c.User, c.Hosts[0].Port, c.Database, c.TLS, c.Warnings = "u", 1444, "my db", TLSRequire, []string{instancePath}
	})},
	{name: "wild path of mssql", in: "MSSQL://u@h:1433/d", want: mssql(DialectURL, func(c *Config) { c.User, c.Database = "u", "d" })},
	{name: "wild path that is the database", in: "sqlserver://u@h/d?database=d", want: mssql(DialectURL, func(c *Config) { c.User, c.Database, c.Warnings = "u", "d", []string{instancePath} })},
	{name: "wild instance beside a database", in: "mssql://u@h:1433/SQLEXPRESS?database=d", want: mssql(DialectURL, func(c *Config) {
		c.User, c.Database, c.Warnings = "u", "d", []string{"the name of the instance is ignored: the port says which one it is"}
	})},
	{name: "wild default instance", in: "sqlserver://u@h/mssqlserver", want: mssql(DialectURL, func(c *Config) { c.User = "u" })},
	{name: "wild keys behind the path", in: "sqlserver://u@h/d;password=s3cr3t-canary",
		err: `dsn: a semicolon after "/": write //host:port;database=...;key=value, or //host:port/database?key=value (at byte 16)`},

	{name: "wild Prisma", in: "sqlserver://h:1444;database=d;user=u@s;password={s3cr3t-canary;};encrypt=true;trustServerCertificate=false", want: mssql(dialectJDBC, func(c *Config) {
		c.Hosts[0].Port, c.Database, c.User, c.Password, c.TLS = 1444, "d", "u@s", NewSecret(canary+";"), TLSVerifyFull
	})},
	{name: "wild Prisma with a login", in: "sqlserver://u:s3cr3t%2Dcanary@h;database=d", want: mssql(dialectJDBC, func(c *Config) { c.User, c.Password, c.Database = "u", NewSecret(canary), "d" })},
	{name: "wild Prisma's word", in: "mssql://h;authentication=DefaultAzureCredential;", want: mssql(dialectJDBC, func(c *Config) { c.Identity.Method = MethodDefault })},
	{name: "wild semicolon in a password", in: "sqlserver://u:s3cr3t;canary@h?database=d", want: mssql(DialectURL, func(c *Config) { c.User, c.Password, c.Database = "u", NewSecret("s3cr3t;canary"), "d" })},

	{name: "wild Prisma's certificate and pool", in: "sqlserver://h;database=d;trustServerCertificateCA=/ca.pem;schema=dbo;encrypt=DANGER_PLAINTEXT", want: mssql(dialectJDBC, func(c *Config) {
		c.Database, c.RootCertFile, c.TLS, c.Warnings = "d", "/ca.pem", TLSDisable, []string{"schema is ignored: " + notHere}
	})},
	{name: "wild Laravel", in: "sqlsrv://u:s3cr3t-canary@h:1444/d?encrypt=yes", want: mssql(DialectURL, func(c *Config) {
		c.Hosts[0].Port, c.User, c.Password, c.Database, c.TLS = 1444, "u", NewSecret(canary), "d", TLSRequire
	})},
	{name: "wild XML", in: "Server=h;Password=&quot;s3cr3t-canary&quot;", err: `dsn: XML escapes: write " for &quot; and & for &amp; (at byte 18)`},
	{name: "wild ODBC user of the portal", in: "Driver={x};Server=h;Uid={your_user_name}", err: "dsn: user: " + placeholderError + " (at byte 24)"},
	{name: "wild SQLAlchemy", in: "mssql+pyodbc://u:s3cr3t-canary@h:1444/d?driver=ODBC+Driver+18+for+SQL+Server&Encrypt=yes&TrustServerCertificate=no", want: mssql(DialectURL, func(c *Config) {
		c.Hosts[0].Port, c.User, c.Password, c.Database, c.TLS = 1444, "u", NewSecret(canary), "d", TLSVerifyFull
	})},
	{name: "wild pymssql", in: "mssql+pymssql://u@h/d?charset=utf8", want: mssql(DialectURL, func(c *Config) {
		c.User, c.Database, c.Warnings = "u", "d", []string{"charset is ignored: this driver has no such setting"}
	})},
	{name: "wild ODBC in SQLAlchemy", in: "mssql+pyodbc:///?odbc_connect=Driver%3D%7Bx%7D%3BServer%3Dtcp%3Ah%2C1433%3BPWD%3D%7Bs3cr3t%2Dcanary%7D%3BUID=u&autocommit=true",
		want: mssql(DialectODBC, func(c *Config) { c.User, c.Password = "u", NewSecret(canary) })},
	{name: "wild ODBC, malformed", in: "mssql+pyodbc:///?odbc_connect=Driver%3D%7Bs3cr3t-canary", err: "dsn: a value in braces without its end (at byte 30)"},
	{name: "wild ODBC, bad percent", in: "mssql+pyodbc:///?odbc_connect=Driver%3D%s3cr3t-canary", err: `dsn: a "%" without two hexadecimal digits (write a "%" itself as %25) (at byte 30)`},
	{name: "wild PDO", in: "sqlsrv:Server=tcp:h,1433;Database=d;Encrypt=yes;LoginTimeout=30;Authentication=ActiveDirectoryMsi", want: mssql(DialectODBC, func(c *Config) {
		c.Database, c.TLS, c.Identity.Method, c.Params = "d", TLSRequire, MethodManagedIdentity, map[string]string{"dial timeout": "30"}
	})},
	{name: "wild quotes", in: `'Server=h;Password=s3cr3t-canary'`, err: "dsn: " + quotedError + " (at byte 0)"},
	{name: "wild ODBC password of the portal", in: "Driver={ODBC Driver 18 for SQL Server};Server=h;Uid=u;Pwd={your_password_here}", err: "dsn: password: " + placeholderError + " (at byte 58)"},
	{name: "wild URL as the server", in: "Data Source=https://h:1433/;Initial Catalog=d", err: "dsn: host: a URL in place of a host name: leave out what is in front of the name and behind it (at byte 12)"},
	{name: "wild credential of Python's SDK", in: "Server=h;Authentication=CertificateCredential", want: mssql(dialectADO, func(c *Config) { c.Identity.Method = MethodServicePrincipal })},
	{name: "wild credential that is not built in", in: "Server=h;Authentication=InteractiveBrowserBrokerCredential", err: "dsn: authentication: this authentication method is not built in: pass a credential in Options.Credential (at byte 24)"},
	{name: "wild credential of an SDK", in: "Server=h;Authentication=ManagedIdentityCredential", want: mssql(dialectADO, func(c *Config) { c.Identity.Method = MethodManagedIdentity })},
}
