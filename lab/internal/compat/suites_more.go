package main

// registers is a file that registers this library's drivers.
func registers(packageName string) string {
	return "package " + packageName + `

import (
	_ "github.com/azuredb/passwordless/mysql"
	_ "github.com/azuredb/passwordless/postgres"
)
`
}

// GORM's tests are a module that no proxy has. Those of gorm.io/gorm and of its drivers need no database.
var (
	gormModules = []module{{repository: "https://github.com/go-gorm/gorm", version: "v1.31.2", dir: "gorm/tests"}}
	gormEdits   = []edit{{"gorm/tests/tests_test.go", `"user=gorm password=gorm dbname=gorm host=localhost port=9920 sslmode=disable TimeZone=Asia/Shanghai"`, `os.Getenv("GORM_DSN")`}}
	gormOurs    = []edit{
		{"gorm/tests/tests_test.go", "DSN:                  dbDSN,\n\t\t\tPreferSimpleProtocol: true,\n\t\t}), cfg)\n\tcase \"gaussdb\"",
			"Conn: passwordlessOpen(\"azure-postgres\", dbDSN+\" default_query_exec_mode=simple_protocol\"),\n\t\t}), cfg)\n\tcase \"gaussdb\""},
		{"gorm/tests/*_test.go", "postgres.Open(postgresDSN)", `postgres.New(postgres.Config{Conn: passwordlessOpen("azure-postgres", postgresDSN)})`},
		{"gorm/tests/*_test.go", "mysql.Open(dbDSN)", `mysql.New(mysql.Config{Conn: passwordlessOpen("azure-mysql", dbDSN)})`},
		{"gorm/tests/connpool_test.go", `sql.Open("mysql",`, `sql.Open("azure-mysql",`},
	}
	gormAdds = files{"gorm/tests/passwordless_test.go": source("testdata/gorm/passwordless_test.go")}
)

const gormCache = "a cache in memory that forgets after milliseconds: no database, and a busy machine"

var gormExplanations = explanations{"TestLRU": gormCache, "TestLoadingExpired": gormCache}

// golang-migrate's tests start containers; here the package that does it is another one.
var (
	migrateModules = []module{{path: "github.com/golang-migrate/migrate/v4", version: "v4.20.1", dir: "migrate"}}
	migrateAdds    = files{"migrate/dktesting/dktesting.go": source("testdata/migrate/dktesting.go")}
	migrateEdits   = []edit{
		{"migrate/database/pgx/v5/pgx_test.go", `pgPassword = "postgres"`, `pgPassword = "` + barePassword + `"`},
		{"migrate/database/pgx/v5/pgx_test.go", "postgres://postgres:%s@", "postgres://" + bareUser + ":%s@"},
		{"migrate/database/pgx/v5/pgx_test.go", "/postgres?", "/public?"},
		{"migrate/database/pgx/v5/pgx_test.go", "sslmode=disable", "sslmode=require"}, // the server wants TLS
		{"migrate/database/mysql/mysql_test.go", "root:root@tcp", bareUser + ":" + barePassword + "@tcp"},
	}
	migrateOurs = []edit{
		{"migrate/database/pgx/v5/pgx_test.go", "postgres://" + bareUser + ":%s@", "postgres://" + oursUser + "%.0s@"}, // no password
		{"migrate/database/pgx/v5/pgx_test.go", `sql.Open("pgx",`, `sql.Open("azure-postgres",`},
		{"migrate/database/pgx/v5/pgx.go", `sql.Open("pgx/v5",`, `sql.Open("azure-postgres",`},
		{"migrate/database/mysql/mysql_test.go", bareUser + ":" + barePassword + "@tcp", oursUser + "@tcp"},
		{"migrate/database/mysql/mysql.go", `sql.Open("mysql",`, `sql.Open("azure-mysql",`},
	}
	migrateOursAdds = files{
		"migrate/database/pgx/v5/passwordless.go": registers("pgx"),
		"migrate/database/mysql/passwordless.go":  registers("mysql"),
	}
)

const registeredDialer = "a network of `RegisterDialContext` is an error that names `Options.Dial` in its place"

var mysqlExplanations = explanations{
	"TestDial":                        registeredDialer,
	"TestCustomDial":                  registeredDialer,
	"TestConnectorObeysDialTimeouts":  registeredDialer,
	"TestConnectorTimeoutsDuringOpen": registeredDialer,
	"TestBeforeConnect":               "`Configure` wants the function as an argument, since it must run before the token is asked for; a configuration that has one is an error",
	"TestUnixSocketAuthFail":          "a UNIX socket cannot be verified by TLS: an error",
	"TestConnectorReturnsTimeout":     "it waits for an address of the Internet, which there is none of here",
	"TestLongData/compress":           "MariaDB refuses the compressed packet (error 1153)",
}
