package dsn_test

import (
	"fmt"

	"github.com/azuredb/passwordless/dsn"
)

func Example() {
	for _, s := range []string{
		"host=db.postgres.database.azure.com dbname=shop sslmode=require user=aad_shop",
		"Server=db.postgres.database.azure.com;Database=shop;Port=5432;Ssl Mode=Require;User Id=aad_shop;",
		"jdbc:postgresql://db.postgres.database.azure.com:5432/shop?sslmode=require&user=aad_shop%40db",
		"postgres://aad_shop:not-printed@db.postgres.database.azure.com/shop?sslmode=require",
		"host=db.postgres.database.azure.com port=none",
	} {
		c, err := dsn.Parse(dsn.PostgreSQL, s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(c)
	}
	// Output:
	// engine=postgresql dialect=key/value hosts=db.postgres.database.azure.com:5432 database=shop user=aad_shop tls=require
	// engine=postgresql dialect=ADO.NET hosts=db.postgres.database.azure.com:5432 database=shop user=aad_shop tls=require
	// engine=postgresql dialect=JDBC hosts=db.postgres.database.azure.com:5432 database=shop user=aad_shop tls=require
	// engine=postgresql dialect=URL hosts=db.postgres.database.azure.com:5432 database=shop user=aad_shop password=*** tls=require
	// dsn: port: not a port number: want 1 to 65535 (at byte 41)
}

func ExampleParse_sqlServer() {
	for _, s := range []string{
		"Data Source=tcp:shop.database.windows.net,1433;Initial Catalog=orders;Encrypt=True;Authentication=ActiveDirectoryManagedIdentity",
		"jdbc:sqlserver://shop.database.windows.net:1433;databaseName=orders;authentication=ActiveDirectoryMSI;loginTimeout=30",
		"Driver={ODBC Driver 18 for SQL Server};Server=tcp:shop.database.windows.net,1433;Database=orders;UID=me;PWD={not;printed}",
		`Server=shop\SQLEXPRESS;Database=orders`,
	} {
		c, err := dsn.Parse(dsn.SQLServer, s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(c)
	}
	// Output:
	// engine=sqlserver dialect=ADO.NET hosts=shop.database.windows.net:1433 database=orders tls=require authentication=managed-identity
	// engine=sqlserver dialect=JDBC hosts=shop.database.windows.net:1433 database=orders authentication=managed-identity params="dial timeout"
	// engine=sqlserver dialect=ODBC hosts=shop.database.windows.net:1433 database=orders user=me password=***
	// dsn: host: a named instance needs its port, as in "host,1433": the SQL Server Browser, which knows the port, cannot be verified (at byte 7)
}

func ExampleFromSettings() {
	c, err := dsn.FromSettings(dsn.PostgreSQL, []dsn.Setting{
		{Key: "HOST", Value: "db.postgres.database.azure.com"},
		{Key: "NAME", Value: "shop"},
		{Key: "USER", Value: "aad_shop"},
		{Key: "SSL", Value: "true"},
	})
	fmt.Println(c, err)

	c, err = c.With(dsn.Setting{Key: "CLIENTID", Value: "11111111-2222-4333-8444-555555555555"})
	fmt.Println(c.Identity.ClientID, err)

	_, err = c.With(dsn.Setting{Key: "AUTHENTICATION", Value: "ActiveDirectoryIntegrated"})
	fmt.Println(err)
	// Output:
	// engine=postgresql dialect=settings hosts=db.postgres.database.azure.com:5432 database=shop user=aad_shop tls=require <nil>
	// 11111111-2222-4333-8444-555555555555 <nil>
	// dsn: AUTHENTICATION: a login as the Windows or domain user is not supported: write ActiveDirectoryDefault, which on a developer's machine is the sign-in of az, or ActiveDirectoryInteractive, or pass a credential in Options.Credential
}
