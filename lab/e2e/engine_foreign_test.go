package e2e_test

import "testing"

// foreign are strings of other languages' drivers with parameters that Go's do not know.
var foreign = map[*engine][]shape{
	&mySQL: {
		{"Connector/J", []string{"AZURE_MYSQL_CLIENTID=<client>",
			"AZURE_MYSQL_CONNECTIONSTRING=jdbc:mysql://<host>:<port>/<database>?serverTimezone=UTC&sslMode=REQUIRED&useSSL=true&user=<user>" +
				"&authenticationPlugins=com.azure.identity.extensions.jdbc.mysql.AzureMysqlAuthenticationPlugin" +
				"&defaultAuthenticationPlugin=com.azure.identity.extensions.jdbc.mysql.AzureMysqlAuthenticationPlugin" +
				"&allowPublicKeyRetrieval=true&useUnicode=true&characterEncoding=UTF-8&autoReconnect=true&rewriteBatchedStatements=true" +
				"&cachePrepStmts=true&prepStmtCacheSize=250&useLegacyDatetimeCode=false&zeroDateTimeBehavior=CONVERT_TO_NULL"}},
		{"MariaDB Connector/J", []string{"AZURE_MYSQL_CLIENTID=<client>",
			"AZURE_MYSQL_CONNECTIONSTRING=jdbc:mariadb://<host>:<port>/<database>?user=<user>&sslMode=verify-full&pool=true&maxPoolSize=10&tcpKeepAlive=true"}},
		{"springBoot", []string{"spring.datasource.azure.passwordless-enabled=true", "spring.datasource.username=<user>",
			"spring.datasource.url=jdbc:mysql://<host>:<port>/<database>?sslmode=required&serverTimezone=UTC&allowMultiQueries=true",
			"spring.cloud.azure.credential.client-id=<client>"}},
		{"MySqlConnector", []string{"AZURE_MYSQL_CLIENTID=<client>",
			"AZURE_MYSQL_CONNECTIONSTRING=Server=<host>;Port=<port>;Database=<database>;User Id=<user>;SslMode=Required;Pooling=true;Minimum Pool Size=0;" +
				"Maximum Pool Size=100;Connection Timeout=30;Default Command Timeout=60;Allow User Variables=true;Convert Zero DateTime=True;" +
				"Persist Security Info=False;Connection Reset=true;Allow Public Key Retrieval=True;Character Set=utf8mb4;Keepalive=10"}},
		{"ODBC", []string{"AZURE_MYSQL_CLIENTID=<client>",
			"AZURE_MYSQL_CONNECTIONSTRING=Driver={MySQL ODBC 8.0 Unicode Driver};Server=<host>;Port=<port>;Database=<database>;" +
				"Uid=<user>;SSLMODE=REQUIRED;OPTION=3;CHARSET=utf8mb4"}},
		{"SQLAlchemy", []string{"AZURE_MYSQL_CLIENTID=<client>",
			"AZURE_MYSQL_CONNECTIONSTRING=mysql+pymysql://<user>@<host>:<port>/<database>?charset=utf8mb4&pool_recycle=3600&connect_timeout=10"}},
	},
	&sqlServer: {
		{"SqlClient", []string{
			"AZURE_SQL_CONNECTIONSTRING=Server=tcp:<host>,<port>;Initial Catalog=<database>;Persist Security Info=False;User ID=<client>;" +
				`MultipleActiveResultSets=True;Encrypt=True;TrustServerCertificate=False;Connection Timeout=30;Authentication="Active Directory Managed Identity";` +
				"Pooling=true;Min Pool Size=1;Max Pool Size=100;Command Timeout=60;ConnectRetryCount=3;ConnectRetryInterval=10;Enlist=false;" +
				"Load Balance Timeout=0;Column Encryption Setting=Disabled;Type System Version=Latest"}},
		{"mssql-jdbc", []string{
			"AZURE_SQL_CONNECTIONSTRING=jdbc:sqlserver://<host>:<port>;databaseName=<database>;encrypt=true;trustServerCertificate=false;" +
				"hostNameInCertificate=<host>;loginTimeout=30;msiClientId=<client>;authentication=ActiveDirectoryMSI;sendStringParametersAsUnicode=false;" +
				"responseBuffering=adaptive;selectMethod=direct;lockTimeout=-1;socketTimeout=0;queryTimeout=-1;multiSubnetFailover=false;packetSize=8000"}},
		{"springBoot", []string{"spring.datasource.url=jdbc:sqlserver://<host>:<port>;databaseName=<database>;msiClientId=<client>;" +
			"authentication=ActiveDirectoryMSI;encrypt=true;loginTimeout=30;sendTimeAsDatetime=true;useBulkCopyForBatchInsert=true"}},
		{"ODBC", []string{
			"AZURE_SQL_CONNECTIONSTRING=Driver={ODBC Driver 18 for SQL Server};Server=tcp:<host>,<port>;Database=<database>;UID=<client>;" +
				"Authentication=ActiveDirectoryMsi;Encrypt=yes;TrustServerCertificate=no;Connection Timeout=30;MARS_Connection=yes;LongAsMax=yes;ConnectRetryCount=2"}},
	},
}

// What only other drivers understand does not keep a connection from being made, by variables alone.
func TestEngineForeignParametersDoNoHarm(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		for _, shape := range foreign[b.engine] {
			t.Run(shape.name, func(t *testing.T) {
				b.onAppService(t)
				b.setTrust(t)
				id := b.userAssigned(t)
				shape.set(t, b, id)
				b.requireUser(t, id.Name, b.sqlOpen(t, ""))
			})
		}
	})
}
