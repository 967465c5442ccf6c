package dsn

const (
	sqlServerWant   = `want "Server=...;Database=...", "sqlserver://...", "jdbc:sqlserver://..." or "Driver={...};Server=..."`
	instanceError   = `a named instance needs its port, as in "host,1433": the SQL Server Browser, which knows the port, cannot be verified`
	tcpError        = "connections are made over TCP with TLS: named pipes, shared memory, LocalDB and the dedicated administrator connection are not supported"
	windowsError    = "Windows logins are not supported: use a Microsoft Entra identity or a SQL login, as in Authentication=Active Directory Default"
	sqlServerSchema = "a URL of another kind: want sqlserver://, mssql:// or jdbc:sqlserver://"
)

// sqlServerErrorCorpus holds strings that must be refused, with the exact error.
// Where a string has a password it is the canary.
var sqlServerErrorCorpus = []row{
	{name: "empty", in: " \n", err: "dsn: empty connection string (at byte 2)"},
	{name: "reference", in: "@Microsoft.KeyVault(SecretUri=https://s3cr3t-canary)", err: "dsn: a Key Vault or App Configuration reference that was not resolved (at byte 0)"},
	{name: "a word", in: canary, err: "dsn: not a connection string for sqlserver: " + sqlServerWant + " (at byte 0)"},
	{name: "no known key", in: "foo=s3cr3t-canary", err: "dsn: no key is known: " + sqlServerWant + " (at byte 0)"},
	{name: "other URL", in: "postgres://u:s3cr3t-canary@h/d", err: "dsn: " + sqlServerSchema + " (at byte 0)"},
	{name: "other JDBC", in: "jdbc:jtds:sqlserver://h;password=s3cr3t-canary", err: "dsn: " + sqlServerSchema + " (at byte 0)"},
	{name: "go-sql-driver", in: "u:s3cr3t-canary@tcp(h:3306)/d?tls=true", err: "dsn: not a key (quote or escape values that hold blanks or separators) (at byte 0)"},
	{name: "libpq", in: "host=h password=s3cr3t-canary", err: "dsn: host: holds more than a host: separate the keys with semicolons (at byte 5)"},

	{name: "instance", in: `Server=h\s3cr3t;Password=s3cr3t-canary`, err: "dsn: host: " + instanceError + " (at byte 7)"},
	{name: "instance in JDBC", in: `jdbc:sqlserver://h\s3cr3t;user=u`, err: "dsn: host: " + instanceError + " (at byte 17)"},
	{name: "instance as a property", in: `jdbc:sqlserver://h;instanceName=s3cr3t`, err: "dsn: host: " + instanceError + " (at byte 17)"},
	{name: "instance in a URL", in: "sqlserver://h/s3cr3t?database=d", err: "dsn: host: " + instanceError + " (at byte 12)"},
	{name: "instance of the partner", in: `Server=h;Failover Partner=p\s3cr3t`, err: "dsn: failoverPartner: " + instanceError + " (at byte 26)"},
	{name: "partner alone", in: "Database=d;Failover Partner=p", err: "dsn: failoverPartner: given without a host: add the host (at byte 28)"},
	{name: "partner malformed", in: "Server=h;Failover Partner=s3cr3t c", err: "dsn: failoverPartner: not a host name or IP address (at byte 26)"},
	{name: "partner port", in: "server=h;failoverpartner=p;failoverport=s3cr3t", err: "dsn: port: not a port number: want 1 to 65535 (at byte 40)"},
	{name: "LocalDB", in: `Server=(LocalDB)\MSSQLLocalDB;Integrated Security=true`, err: "dsn: Integrated Security: " + windowsError + " (at byte 50)"},
	{name: "LocalDB with a login", in: `Server=(LocalDB)\MSSQLLocalDB;UID=u`, err: "dsn: host: " + tcpError + " (at byte 7)"},
	{name: "shared memory", in: "Server=lpc:h", err: "dsn: host: " + tcpError + " (at byte 7)"},
	{name: "named pipe", in: `Server=np:\\h\pipe\sql\query`, err: "dsn: host: " + tcpError + " (at byte 7)"},
	{name: "named pipe without a prefix", in: `Server=\\h\pipe\sql\query`, err: "dsn: host: " + tcpError + " (at byte 7)"},
	{name: "administrator", in: "Server=ADMIN:h", err: "dsn: host: " + tcpError + " (at byte 7)"},
	{name: "protocol", in: "server=h;protocol=np", err: "dsn: protocol: " + tcpError + " (at byte 18)"},
	{name: "network library", in: "Server=h;Network Library=dbnmpntw", err: "dsn: Network Library: " + tcpError + " (at byte 25)"},
	{name: "two hosts", in: "Server=h1,h2", err: "dsn: port: not a port number: want 1 to 65535 (at byte 7)"},
	{name: "port zero", in: "Server=tcp:h,0", err: "dsn: port: not a port number: want 1 to 65535 (at byte 7)"},
	{name: "port word", in: "server=h;port=s3cr3t-canary", err: "dsn: port: not a port number: want 1 to 65535 (at byte 14)"},
	{name: "port alone", in: "port=1433;user id=u", err: "dsn: port: given without a host: add the host (at byte 5)"},
	{name: "only a port", in: "Server=,1433", err: "dsn: host: an empty name in the list of hosts (at byte 7)"},

	{name: "windows login", in: "Server=h;Integrated Security=SSPI", err: "dsn: Integrated Security: " + windowsError + " (at byte 29)"},
	{name: "trusted connection", in: "Driver=x;Server=h;Trusted_Connection=Yes", err: "dsn: Trusted_Connection: " + windowsError + " (at byte 37)"},
	{name: "integrated in JDBC", in: "jdbc:sqlserver://h;integratedSecurity=true", err: "dsn: integratedSecurity: " + windowsError + " (at byte 38)"},
	{name: "integrated unknown", in: "Server=h;Integrated Security=s3cr3t", err: "dsn: Integrated Security: want true or false (at byte 29)"},
	{name: "authenticator", in: "server=h;authenticator=krb5", err: "dsn: authenticator: " + windowsError + " (at byte 23)"},
	{name: "directory password", in: "Server=h;Authentication=Active Directory Password;UID=u;PWD=s3cr3t-canary", err: "dsn: authentication: a Microsoft Entra user's password is not accepted: write ActiveDirectoryServicePrincipal for an application, ActiveDirectoryInteractive for a person, or SqlPassword for a database login, or pass a credential in Options.Credential (at byte 24)"},
	{name: "given token in fedauth", in: "sqlserver://u:s3cr3t-canary@h?fedauth=ActiveDirectoryServicePrincipalAccessToken", err: "dsn: authentication: this authentication method is not built in: pass a credential in Options.Credential (at byte 38)"},
	{name: "given token", in: "jdbc:sqlserver://h;accessToken=eyJs3cr3t-canary", err: "dsn: accessToken: an access token is not accepted: leave it out, the library requests its own (at byte 31)"},
	{name: "data source", in: "DSN=s3cr3t;UID=u", err: "dsn: DSN: ODBC data sources are not read: write Server=... in the string (at byte 4)"},

	{name: "encrypt unknown", in: "Server=h;Encrypt=s3cr3t-canary", err: "dsn: encrypt: unknown word: want true, false, mandatory, optional, strict or disable (at byte 17)"},
	{name: "trust unknown", in: "Server=h;TrustServerCertificate=s3cr3t-canary", err: "dsn: trust server certificate: want true or false (at byte 32)"},
	{name: "timeout word", in: "Server=h;Connect Timeout=s3cr3t-canary", err: "dsn: Connect Timeout: want a whole number of seconds, at most 999999999 (at byte 25)"},
	{name: "packet size", in: "Server=h;Packet Size=s3cr3t", err: "dsn: Packet Size: want a whole number, at most 65535 (at byte 21)"},
	{name: "packet size too large", in: "Server=h;Packet Size=65536", err: "dsn: Packet Size: want a whole number, at most 65535 (at byte 21)"},
	{name: "intent unknown", in: "Server=h;ApplicationIntent=s3cr3t", err: "dsn: ApplicationIntent: unknown word: want ReadOnly or ReadWrite (at byte 27)"},
	{name: "switch unknown", in: "sqlserver://h?disableretry=s3cr3t", err: "dsn: disableretry: want true or false (at byte 27)"},
	{name: "certificate name", in: "Server=h;HostNameInCertificate=s3cr3t/canary", err: "dsn: hostNameInCertificate: not a host name or IP address (at byte 31)"},

	{name: "ado open quote", in: `Server=h;Password="s3cr3t-canary`, err: "dsn: password: a quoted value without its end (at byte 18)"},
	{name: "ado semicolon in a value", in: "Server=h;Password=s3cr3t;-canary", err: `dsn: no "=" after a key (quote a value that holds semicolons) (at byte 25)`},
	{name: "ado comma in place of a semicolon", in: "Server=h;User ID=u,Password=s3cr3t-canary", err: "dsn: user: holds a password or token: separate the keys as this kind of connection string does (at byte 17)"},
	{name: "kv open quote", in: `server=h;port=1;password="s3cr3t-canary`, err: "dsn: password: a quoted value without its end (at byte 25)"},
	{name: "odbc open brace", in: "Driver=x;Server=h;PWD={s3cr3t-canary}}", err: "dsn: password: a value in braces without its end (at byte 22)"},
	{name: "odbc text after a brace", in: "Driver=x;Server=h;PWD={s3cr3t}-canary}", err: `dsn: password: a semicolon is missing after a value in braces (write a "}" in it twice) (at byte 22)`},
	{name: "odbc semicolon in a value", in: "Driver=x;Server=h;PWD=s3cr3t;-canary;UID=u", err: `dsn: no "=" after a key (put a value that holds semicolons in braces) (at byte 29)`},
	{name: "jdbc semicolon in a value", in: "jdbc:sqlserver://h;password=s3cr3t;-canary", err: `dsn: no "=" after a key (put a value that holds semicolons in braces) (at byte 35)`},
	{name: "jdbc one slash", in: "jdbc:sqlserver:/h", err: "dsn: want // after the JDBC driver's name (at byte 15)"},
	{name: "jdbc with a path", in: "jdbc:sqlserver://h:1433/d?password=s3cr3t-canary", err: "dsn: keys follow a semicolon in SQL Server's JDBC URLs: //host:port;databaseName=...;user=... (at byte 17)"},
	{name: "jdbc userinfo", in: "jdbc:sqlserver://u:s3cr3t-canary@h", err: "dsn: keys follow a semicolon in SQL Server's JDBC URLs: //host:port;databaseName=...;user=... (at byte 17)"},
	{name: "url slash in the password", in: "sqlserver://u:s3cr3t/canary@h", err: `dsn: an "@" after "/": write a "/" in a user name or password as %2F (at byte 21)`},
	{name: "url question mark in the password", in: "sqlserver://u:s3cr3t?canary@h", err: "dsn: not a key (quote or escape values that hold blanks or separators) (at byte 21)"},
	{name: "url number sign in the password", in: "sqlserver://u:s3cr3t#canary@h", err: `dsn: a "#" in a URL: write it as %23 (at byte 20)`},
	{name: "url percent", in: "sqlserver://u:s3cr3t%-canary@h", err: `dsn: password: a "%" without two hexadecimal digits (write a "%" itself as %25) (at byte 14)`},
	{name: "url blank", in: "sqlserver://u:s3cr3t canary@h", err: "dsn: password: a blank in a URL: write it as %20 (at byte 14)"},
	{name: "recipe after a URL", in: "sqlserver://h?database=d;Password=s3cr3t-canary", err: "dsn: database: holds a password or token: separate the keys as this kind of connection string does (at byte 23)"},
	{name: "recipe after the app name", in: "sqlserver://h?app+name=a;Password=s3cr3t-canary", err: "dsn: app name: holds a password or token: separate the keys as this kind of connection string does (at byte 23)"},
	{name: "line end in a value", in: "Server=h;Password='s3cr3t\ncanary'", err: "dsn: password: a control character in a value (at byte 18)"},
}
