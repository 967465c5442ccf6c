package dsn

// mySQLAzureCorpus holds the connection strings that Azure Service Connector
// writes for MySQL or that are found in its variables, by client type and kind of
// identity. The values are those of its documentation (learn.microsoft.com,
// "Integrate Azure Database for MySQL with Service Connector") with made-up names.
var mySQLAzureCorpus = []row{
	{name: "mysql-dotnet-system", in: "Server=myserver.mysql.database.azure.com;Database=mydb;Port=3306;User Id=aad_myconn;SSL Mode=Required;",
		want: azureMySQL(dialectADO, TLSRequire, "aad_myconn", "")},
	{name: "mysql-dotnet-user", in: "Server=myserver.mysql.database.azure.com;Database=mydb;Port=3306;User Id=aad_myconn;SSL Mode=Required;",
		want: azureMySQL(dialectADO, TLSRequire, "aad_myconn", "")},
	{name: "mysql-dotnet-service-principal", in: "Server=myserver.mysql.database.azure.com;Database=mydb;Port=3306;User Id=aad_myconn;SSL Mode=Required",
		want: azureMySQL(dialectADO, TLSRequire, "aad_myconn", "")},
	{name: "mysql-dotnet-secret", in: "Server=myserver.mysql.database.azure.com;Database=mydb;Port=3306;User Id=myadmin;Password=Sup3r$ecret-Pw!;SSL Mode=Required",
		want: azureMySQL(dialectADO, TLSRequire, "myadmin", "Sup3r$ecret-Pw!")},
	{name: "mysql-java-system", in: "jdbc:mysql://myserver.mysql.database.azure.com:3306/mydb?sslmode=required&user=aad_myconn",
		want: azureMySQL(dialectJDBC, TLSRequire, "aad_myconn", "")},
	{name: "mysql-java-service-principal", in: "jdbc:mysql://myserver.mysql.database.azure.com:3306/mydb?sslmode=required&user=aad_myconn",
		want: azureMySQL(dialectJDBC, TLSRequire, "aad_myconn", "")},
	{name: "mysql-java-secret", in: "jdbc:mysql://myserver.mysql.database.azure.com:3306/mydb?sslmode=required&user=myadmin&password=Sup3r%24ecret-Pw%21",
		want: azureMySQL(dialectJDBC, TLSRequire, "myadmin", "Sup3r$ecret-Pw!")},
	{name: "mysql-springboot-system", in: "jdbc:mysql://myserver.mysql.database.azure.com:3306/mydb?sslmode=required",
		want: azureMySQL(dialectJDBC, TLSRequire, "", "")},
	{name: "mysql-springboot-user", in: "jdbc:mysql://myserver.mysql.database.azure.com:3306/mydb?sslmode=required",
		want: azureMySQL(dialectJDBC, TLSRequire, "", "")},
	{name: "mysql-springboot-service-principal", in: "jdbc:mysql://myserver.mysql.database.azure.com:3306/mydb?sslmode=required",
		want: azureMySQL(dialectJDBC, TLSRequire, "", "")},
	{name: "mysql-springboot-secret", in: "jdbc:mysql://myserver.mysql.database.azure.com:3306/mydb?sslmode=required",
		want: azureMySQL(dialectJDBC, TLSRequire, "", "")},
	{name: "mysql-go-system", in: "aad_myconn@tcp(myserver.mysql.database.azure.com:3306)/mydb?tls=true",
		want: azureMySQL(DialectDSN, TLSVerifyFull, "aad_myconn", "")},
	{name: "mysql-go-user", in: "aad_myconn@tcp(myserver.mysql.database.azure.com:3306)/mydb?tls=true",
		want: azureMySQL(DialectDSN, TLSVerifyFull, "aad_myconn", "")},
	{name: "mysql-go-service-principal", in: "aad_myconn@tcp(myserver.mysql.database.azure.com:3306)/mydb?tls=true",
		want: azureMySQL(DialectDSN, TLSVerifyFull, "aad_myconn", "")},
	{name: "mysql-go-secret", in: "myadmin:Sup3r$ecret-Pw!@tcp(myserver.mysql.database.azure.com:3306)/mydb?tls=true",
		want: azureMySQL(DialectDSN, TLSVerifyFull, "myadmin", "Sup3r$ecret-Pw!")},
	{name: "appservice-connstr-mysql-webapp-db-template", in: "Database=mydb;Server=myserver.mysql.database.azure.com;User Id=myadmin;Password=Sup3r$ecret-Pw!",
		want: azureMySQL(dialectADO, TLSUnset, "myadmin", "Sup3r$ecret-Pw!")},
	{name: "mysql-java-jboss-servertimezone", in: "jdbc:mysql://myserver.mysql.database.azure.com:3306/mydb?serverTimezone=UTC&sslmode=required&user=aad_jbossapp",
		want: mySQLWith(azureMySQL(dialectJDBC, TLSRequire, "aad_jbossapp", ""), func(c *Config) {
			c.Warnings = []string{"serverTimezone is ignored: how times are read is set by parseTime and loc"}
		})},
	{name: "mysql-cloud-china", in: "aad_myconn@tcp(myserver.mysql.database.chinacloudapi.cn:3306)/mydb?tls=true",
		want: mySQLWith(azureMySQL(DialectDSN, TLSVerifyFull, "aad_myconn", ""), func(c *Config) {
			c.Hosts[0].Name = "myserver.mysql.database.chinacloudapi.cn"
		})},

	{name: "user at server, DSN", in: "aad_myconn@myserver@tcp(myserver.mysql.database.azure.com:3306)/mydb?tls=true",
		want: azureMySQL(DialectDSN, TLSVerifyFull, "aad_myconn", "")},
	{name: "user at server, DSN with a password", in: "myadmin@myserver:p@ss@tcp(myserver.mysql.database.azure.com:3306)/mydb?tls=true",
		want: azureMySQL(DialectDSN, TLSVerifyFull, "myadmin", "p@ss")},
	{name: "user at server, JDBC", in: "jdbc:mysql://myserver.mysql.database.azure.com:3306/mydb?useSSL=true&requireSSL=true&user=aad_myconn%40myserver",
		want: azureMySQL(dialectJDBC, TLSRequire, "aad_myconn", "")},
	{name: "user at server, ADO.NET", in: "Server=myserver.mysql.database.azure.com; Port=3306; Database=mydb; Uid=myadmin@myserver; Pwd=Sup3r$ecret-Pw!; SslMode=Preferred;",
		want: azureMySQL(dialectADO, TLSPrefer, "myadmin", "Sup3r$ecret-Pw!")},
	{name: "portal ODBC", in: `DRIVER={MySQL ODBC 5.3 UNICODE Driver};Server=myserver.mysql.database.azure.com;Port=3306;Database=mydb;User=aad_myconn;sslca=/certs/root.pem;sslverify=1;Option=3;`,
		want: mySQLWith(azureMySQL(DialectODBC, TLSVerifyCA, "aad_myconn", ""), func(c *Config) {
			c.RootCertFile = "/certs/root.pem"
			c.Warnings = []string{"option is ignored: this driver has no such setting"}
		})},
	{name: "trailing blank", in: "aad_myconn@tcp(myserver.mysql.database.azure.com:3306)/mydb?tls=true ",
		want: azureMySQL(DialectDSN, TLSVerifyFull, "aad_myconn", "")},
	{name: "azure JDBC plug-in", in: "jdbc:mysql://myserver.mysql.database.azure.com:3306/mydb?sslMode=REQUIRED&user=aad_myconn" +
		"&authenticationPlugins=com.azure.identity.extensions.jdbc.mysql.AzureMysqlAuthenticationPlugin" +
		"&defaultAuthenticationPlugin=com.azure.identity.extensions.jdbc.mysql.AzureMysqlAuthenticationPlugin" +
		"&azure.clientId=11111111-2222-4333-8444-555555555555&azure.managedIdentityEnabled=true&azure.scopes=x",
		want: mySQLWith(azureMySQL(dialectJDBC, TLSRequire, "aad_myconn", ""), func(c *Config) {
			c.Identity = Identity{Method: MethodManagedIdentity, ClientID: "11111111-2222-4333-8444-555555555555"}
			c.Warnings = []string{
				"authenticationPlugins is ignored: the login is made by the library",
				"defaultAuthenticationPlugin is ignored: the login is made by the library",
				"azure.scopes is ignored: the login is made by the library",
			}
		})},
}

// azureMySQL is the Config of such a string.
func azureMySQL(d Dialect, tls TLS, user, password string) Config {
	return Config{
		Engine: MySQL, Dialect: d,
		Hosts:    []Host{{"myserver.mysql.database.azure.com", 3306}},
		Database: "mydb", User: user, Password: NewSecret(password),
		TLS: tls,
	}
}

func mySQLWith(c Config, change func(*Config)) Config {
	change(&c)
	return c
}
