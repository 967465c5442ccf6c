package dsn_test

import (
	"fmt"

	"github.com/azuredb/passwordless/dsn"
)

func ExampleParse_mySQL() {
	for _, s := range []string{
		"aad_shop@tcp(db.mysql.database.azure.com:3306)/shop?tls=true&parseTime=true",
		"Server=db.mysql.database.azure.com;Database=shop;Port=3306;User Id=aad_shop;SSL Mode=Required;",
		"jdbc:mysql://db.mysql.database.azure.com:3306/shop?serverTimezone=UTC&sslmode=required&user=aad_shop%40db",
		"mysql://aad_shop:not-printed@db.mysql.database.azure.com/shop?ssl-mode=REQUIRED",
		"aad_shop@tcp(db.mysql.database.azure.com:3306)/shop;Password=not-printed",
	} {
		c, err := dsn.Parse(dsn.MySQL, s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(c)
	}
	// Output:
	// engine=mysql dialect=DSN hosts=db.mysql.database.azure.com:3306 database=shop user=aad_shop tls=verify-full params=parseTime
	// engine=mysql dialect=ADO.NET hosts=db.mysql.database.azure.com:3306 database=shop user=aad_shop tls=require
	// engine=mysql dialect=JDBC hosts=db.mysql.database.azure.com:3306 database=shop user=aad_shop tls=require warnings="serverTimezone is ignored: how times are read is set by parseTime and loc"
	// engine=mysql dialect=URL hosts=db.mysql.database.azure.com:3306 database=shop user=aad_shop password=*** tls=require
	// dsn: database: holds a password or token: separate the keys as this kind of connection string does (at byte 47)
}
