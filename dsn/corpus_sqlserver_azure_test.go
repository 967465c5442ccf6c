package dsn

// sqlServerAzureCorpus holds the connection strings that Azure Service Connector
// writes for Azure SQL Database and for SQL database in Fabric, and others found
// in its variables, by client type and kind of identity. The values are those of
// its documentation (learn.microsoft.com, "Integrate Azure SQL Database with
// Service Connector") with made-up names.
var sqlServerAzureCorpus = []row{
	{name: "sql-dotnet-system", in: "Data Source=myserver.database.windows.net,1433;Initial Catalog=mydb;Authentication=ActiveDirectoryManagedIdentity",
		want: azureSQL(dialectADO, "myserver.database.windows.net", "mydb", func(c *Config) { c.Identity.Method = MethodManagedIdentity })},
	{name: "sql-dotnet-user", in: "Data Source=myserver.database.windows.net,1433;Initial Catalog=mydb;User ID=11111111-2222-4333-8444-555555555555;Authentication=ActiveDirectoryManagedIdentity",
		want: azureSQL(dialectADO, "myserver.database.windows.net", "mydb", func(c *Config) {
			c.User, c.Identity.Method = "11111111-2222-4333-8444-555555555555", MethodManagedIdentity
		})},
	{name: "sql-dotnet-service-principal", in: "Data Source=myserver.database.windows.net,1433;Initial Catalog=mydb;User ID=aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee;Password=abc8Q~dEf.GhI_jKl-MnO;Authentication=ActiveDirectoryServicePrincipal",
		want: azureSQL(dialectADO, "myserver.database.windows.net", "mydb", func(c *Config) {
			c.User, c.Password, c.Identity.Method = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", NewSecret("abc8Q~dEf.GhI_jKl-MnO"), MethodServicePrincipal
		})},
	{name: "sql-dotnet-secret", in: "Data Source=myserver.database.windows.net,1433;Initial Catalog=mydb;User ID=myadmin;Password=Sup3r$ecret-Pw!",
		want: azureSQL(dialectADO, "myserver.database.windows.net", "mydb", func(c *Config) {
			c.User, c.Password = "myadmin", NewSecret("Sup3r$ecret-Pw!")
		})},
	{name: "sql-java-system", in: "jdbc:sqlserver://myserver.database.windows.net:1433;databaseName=mydb;authentication=ActiveDirectoryMSI;",
		want: azureSQL(dialectJDBC, "myserver.database.windows.net", "mydb", func(c *Config) { c.Identity.Method = MethodManagedIdentity })},
	{name: "sql-java-service-principal", in: "jdbc:sqlserver://myserver.database.windows.net:1433;databaseName=mydb;user=aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee;password=abc8Q~dEf.GhI_jKl-MnO;authentication=ActiveDirectoryServicePrincipal;",
		want: azureSQL(dialectJDBC, "myserver.database.windows.net", "mydb", func(c *Config) {
			c.User, c.Password, c.Identity.Method = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", NewSecret("abc8Q~dEf.GhI_jKl-MnO"), MethodServicePrincipal
		})},
	{name: "sql-java-secret", in: "jdbc:sqlserver://myserver.database.windows.net:1433;databaseName=mydb;user=myadmin;password=Sup3r$ecret-Pw!;",
		want: azureSQL(dialectJDBC, "myserver.database.windows.net", "mydb", func(c *Config) {
			c.User, c.Password = "myadmin", NewSecret("Sup3r$ecret-Pw!")
		})},
	{name: "sql-springboot-user", in: "jdbc:sqlserver://myserver.database.windows.net:1433;databaseName=mydb;msiClientId=11111111-2222-4333-8444-555555555555;authentication=ActiveDirectoryMSI;",
		want: azureSQL(dialectJDBC, "myserver.database.windows.net", "mydb", func(c *Config) {
			c.Identity.Method, c.Identity.ClientID = MethodManagedIdentity, "11111111-2222-4333-8444-555555555555"
		})},
	{name: "sql-springboot-secret", in: "jdbc:sqlserver://myserver.database.windows.net:1433;databaseName=mydb;",
		want: azureSQL(dialectJDBC, "myserver.database.windows.net", "mydb", func(*Config) {})},
	{name: "sql-go-secret", in: "server=myserver.database.windows.net;port=1433;database=mydb;user id=myadmin;password=Sup3r$ecret-Pw!;",
		want: azureSQL(DialectKeyValue, "myserver.database.windows.net", "mydb", func(c *Config) {
			c.User, c.Password = "myadmin", NewSecret("Sup3r$ecret-Pw!")
		})},
	{name: "fabric-dotnet-system", in: "Data Source=tcp:abcdefghijklmnop.msit-database.fabric.microsoft.com,1433;Initial Catalog=mydb-12345678-90ab-4cde-8f01-234567890abc;Authentication=ActiveDirectoryManagedIdentity",
		want: azureSQL(dialectADO, "abcdefghijklmnop.msit-database.fabric.microsoft.com", "mydb-12345678-90ab-4cde-8f01-234567890abc", func(c *Config) { c.Identity.Method = MethodManagedIdentity })},
	{name: "fabric-java-system", in: "jdbc:sqlserver://abcdefghijklmnop.msit-database.fabric.microsoft.com,1433;databaseName=mydb-12345678-90ab-4cde-8f01-234567890abc;authentication=ActiveDirectoryMSI;",
		want: azureSQL(dialectJDBC, "abcdefghijklmnop.msit-database.fabric.microsoft.com", "mydb-12345678-90ab-4cde-8f01-234567890abc", func(c *Config) { c.Identity.Method = MethodManagedIdentity })},
	{name: "fabric-python-system", in: "Driver={ODBC Driver 17 for SQL Server};Server=tcp:abcdefghijklmnop.msit-database.fabric.microsoft.com,1433;Database=mydb-12345678-90ab-4cde-8f01-234567890abc;Authentication=ActiveDirectoryMSI;",
		want: azureSQL(DialectODBC, "abcdefghijklmnop.msit-database.fabric.microsoft.com", "mydb-12345678-90ab-4cde-8f01-234567890abc", func(c *Config) { c.Identity.Method = MethodManagedIdentity })},
	{name: "fabric-none-system", in: "server=tcp:abcdefghijklmnop.msit-database.fabric.microsoft.com;port=1433;database=mydb-12345678-90ab-4cde-8f01-234567890abc;fedauth=ActiveDirectoryManagedIdentity;",
		want: azureSQL(DialectKeyValue, "abcdefghijklmnop.msit-database.fabric.microsoft.com", "mydb-12345678-90ab-4cde-8f01-234567890abc", func(c *Config) { c.Identity.Method = MethodManagedIdentity })},
	{name: "fabric-dotnet-user", in: "Data Source=tcp:abcdefghijklmnop.msit-database.fabric.microsoft.com,1433;Initial Catalog=mydb-12345678-90ab-4cde-8f01-234567890abc;User ID=11111111-2222-4333-8444-555555555555;Authentication=ActiveDirectoryManagedIdentity",
		want: azureSQL(dialectADO, "abcdefghijklmnop.msit-database.fabric.microsoft.com", "mydb-12345678-90ab-4cde-8f01-234567890abc", func(c *Config) {
			c.User, c.Identity.Method = "11111111-2222-4333-8444-555555555555", MethodManagedIdentity
		})},
	{name: "fabric-springboot-user", in: "jdbc:sqlserver://abcdefghijklmnop.msit-database.fabric.microsoft.com,1433;databaseName=mydb-12345678-90ab-4cde-8f01-234567890abc;msiClientId=11111111-2222-4333-8444-555555555555;authentication=ActiveDirectoryMSI;",
		want: azureSQL(dialectJDBC, "abcdefghijklmnop.msit-database.fabric.microsoft.com", "mydb-12345678-90ab-4cde-8f01-234567890abc", func(c *Config) {
			c.Identity.Method, c.Identity.ClientID = MethodManagedIdentity, "11111111-2222-4333-8444-555555555555"
		})},
	{name: "fabric-go-user", in: "server=tcp:abcdefghijklmnop.msit-database.fabric.microsoft.com;port=1433;database=mydb-12345678-90ab-4cde-8f01-234567890abc;user id=11111111-2222-4333-8444-555555555555;fedauth=ActiveDirectoryManagedIdentity;",
		want: azureSQL(DialectKeyValue, "abcdefghijklmnop.msit-database.fabric.microsoft.com", "mydb-12345678-90ab-4cde-8f01-234567890abc", func(c *Config) {
			c.User, c.Identity.Method = "11111111-2222-4333-8444-555555555555", MethodManagedIdentity
		})},
	{name: "sql-dotnet-secret-asprinted", in: "Data Source=myserver.database.windows.net,1433;Initial Catalog=mydb;Password=Sup3r$ecret-Pw!",
		want: azureSQL(dialectADO, "myserver.database.windows.net", "mydb", func(c *Config) { c.Password = NewSecret("Sup3r$ecret-Pw!") })},
	{name: "sql-cloud-usgov", in: "Data Source=myserver.database.usgovcloudapi.net,1433;Initial Catalog=mydb;Authentication=ActiveDirectoryManagedIdentity",
		want: azureSQL(dialectADO, "myserver.database.usgovcloudapi.net", "mydb", func(c *Config) { c.Identity.Method = MethodManagedIdentity })},
	{name: "sql-mi-public-3342", in: "Data Source=myinst.public.a1b2c3d4e5f6.database.windows.net,3342;Initial Catalog=mydb;Authentication=ActiveDirectoryManagedIdentity",
		want: azureSQL(dialectADO, "myinst.public.a1b2c3d4e5f6.database.windows.net", "mydb", func(c *Config) {
			c.Hosts[0].Port, c.Identity.Method = 3342, MethodManagedIdentity
		})},
	{name: "sql-mssqlpython-default", in: "Server=tcp:myserver.database.windows.net,1433;Database=mydb;Encrypt=yes;TrustServerCertificate=no;Connection Timeout=30;Authentication=ActiveDirectoryDefault",
		want: azureSQL(dialectADO, "myserver.database.windows.net", "mydb", func(c *Config) {
			c.Identity.Method, c.TLS, c.Params = MethodDefault, TLSVerifyFull, map[string]string{"dial timeout": "30"}
		})},
	{name: "sql-go-fedauth-url", in: "sqlserver://myserver.database.windows.net:1433?database=mydb&fedauth=ActiveDirectoryManagedIdentity",
		want: azureSQL(DialectURL, "myserver.database.windows.net", "mydb", func(c *Config) { c.Identity.Method = MethodManagedIdentity })},
	{name: "sql-odbc-upper", in: "Driver={ODBC Driver 18 for SQL Server};Server=tcp:myserver.database.windows.net,1433;Database=mydb;Uid=myadmin;Pwd={pa;ss}}word};Encrypt=yes;TrustServerCertificate=no;Connection Timeout=30;",
		want: azureSQL(DialectODBC, "myserver.database.windows.net", "mydb", func(c *Config) {
			c.User, c.Password, c.TLS, c.Params = "myadmin", NewSecret("pa;ss}word"), TLSVerifyFull, map[string]string{"dial timeout": "30"}
		})},
}

func azureSQL(d Dialect, host, database string, change func(*Config)) Config {
	c := Config{Engine: SQLServer, Dialect: d, Hosts: []Host{{host, 1433}}, Database: database}
	change(&c)
	return c
}
