package main

const (
	pgxModule   = "github.com/jackc/pgx/v5"
	mysqlModule = "github.com/go-sql-driver/mysql"
	riverModule = "github.com/riverqueue/river"

	pgxPool     = `"github.com/jackc/pgx/v5/pgxpool"`
	throughFile = "passwordlesstest/pgx.go"
)

// through imports the copy of package through that is in a module.
func through(name, module string) string { return name + ` "` + module + `/passwordlesstest"` }

// suites in the order of the document.
var suites = []suite{
	{
		name: "pgx stdlib", copy: "pgx", modules: pgxModules, packages: "./stdlib",
		environ: pgxEnviron, postgres: pgxSetup, ours: pgxOurs, oursAdds: pgxAdds,
	},
	{
		name: "pgxpool", copy: "pgx", modules: pgxModules, packages: "./pgxpool",
		environ: pgxEnviron, postgres: pgxSetup, ours: pgxOurs, oursAdds: pgxAdds,
		explain: explanations{
			"TestConnect":       "it compares the pool's `ConnString` with the string given: that is the one pgx parsed, without what the library sets itself",
			"TestConnectConfig": "it compares the hooks of the pool's configuration with those given: `ConfigurePool` wraps `AfterConnect` and `BeforeClose`",
		},
	},
	{
		name:     "go-sql-driver/mysql",
		modules:  []module{{path: mysqlModule, version: "v1.10.1", dir: "mysql"}},
		packages: ".",
		environ: func(_, mysql target) []string {
			return []string{"MYSQL_TEST_USER=" + mysql.user, "MYSQL_TEST_PASS=" + mysql.password,
				"MYSQL_TEST_ADDR=" + mysql.host + ":" + mysql.port, "MYSQL_TEST_DBNAME=" + mysql.database}
		},
		ours: []edit{
			{"mysql/driver_test.go", "driverNameTest = driverName", `driverNameTest = "azure-mysql"`},
			{"mysql/*_test.go", `sql.Open("mysql",`, `sql.Open("azure-mysql",`},
			{"mysql/*_test.go", ":= NewConnector(", ":= PasswordlessConnector("},
			{"mysql/driver_test.go", `"&tls=skip-verify"`, `"&tls=true"`},
			{"mysql/driver_test.go", "md := &MySQLDriver{}\n\tconn, err := md.Open(dsn)", "conn, err := passwordlessOpen(dsn)"},
		},
		oursAdds: files{
			"mysql/passwordless_internal_test.go": source("testdata/mysql/passwordless_internal_test.go"),
			"mysql/passwordless_test.go":          source("testdata/mysql/passwordless_test.go"),
		},
		explain: mysqlExplanations,
	},
	{
		name:     "sqlx",
		modules:  []module{{path: "github.com/jmoiron/sqlx", version: "v1.4.0", dir: "sqlx"}},
		packages: ".",
		environ: func(postgres, mysql target) []string {
			return []string{"SQLX_POSTGRES_DSN=" + postgres.keywords(), "SQLX_MYSQL_DSN=" + mysql.dsn("parseTime=true"), "SQLX_SQLITE_DSN=skip"}
		},
		edits: []edit{
			{"sqlx/*_test.go", `_ "github.com/lib/pq"`, `_ "github.com/jackc/pgx/v5/stdlib"`},
			{"sqlx/sqlx_test.go", `Connect("postgres",`, `Connect("pgx",`},
			{"sqlx/*_test.go", `_ "github.com/mattn/go-sqlite3"`, ""},
			// pgx knows the statements of tables that the tests make anew, lib/pq does not: no connection is used again.
			{"sqlx/sqlx_test.go", "TestPostgres = false\n\t\t}", "TestPostgres = false\n\t\t} else {\n\t\t\tpgdb.SetMaxIdleConns(-1)\n\t\t}"},
		},
		ours: []edit{
			{"sqlx/sqlx_test.go", `Connect("pgx",`, `Connect("azure-postgres",`},
			{"sqlx/sqlx_test.go", `Connect("mysql",`, `Connect("azure-mysql",`},
			{"sqlx/*_test.go", `DriverName() == "mysql"`, `DriverName() == "azure-mysql"`},
		},
		oursAdds: files{"sqlx/passwordless_test.go": source("testdata/sqlx/passwordless_test.go")},
	},
	{
		name: "GORM, PostgreSQL", copy: "gorm", modules: gormModules, packages: ".", database: "gorm",
		environ: func(postgres, _ target) []string {
			return []string{"GORM_DIALECT=postgres", "GORM_DSN=" + postgres.keywords() + " TimeZone=Asia/Shanghai"}
		},
		edits: gormEdits, ours: gormOurs, oursAdds: gormAdds, explain: gormExplanations,
	},
	{
		name: "GORM, MySQL", copy: "gorm", modules: gormModules, packages: ".", database: "gorm",
		environ: func(_, mysql target) []string {
			return []string{"GORM_DIALECT=mysql", "GORM_DSN=" + mysql.dsn("charset=utf8", "parseTime=True", "loc=Local")}
		},
		edits: gormEdits, ours: gormOurs, oursAdds: gormAdds, explain: gormExplanations,
	},
	{
		name: "goose",
		modules: []module{
			{repository: "https://github.com/pressly/goose", version: "v3.27.0", dir: "goose/internal/testing"},
			{path: "github.com/pressly/goose/v3", version: "v3.27.0", dir: "goose-v3"}, // the tests require an older one
		},
		packages: "-run=^(TestPostgres|TestMariaDB) ./integration/...",
		edits:    []edit{{files: "goose/internal/testing/testdb/*.go"}},
		adds:     files{"goose/internal/testing/testdb/testdb.go": source("testdata/goose/testdb.go")},
		oursAdds: files{"goose/internal/testing/testdb/passwordless.go": registers("testdb")},
	},
	{
		name: "golang-migrate, database/pgx/v5", copy: "migrate", modules: migrateModules, packages: "./database/pgx/v5",
		edits: migrateEdits, ours: migrateOurs, adds: migrateAdds, oursAdds: migrateOursAdds,
	},
	{
		name: "golang-migrate, database/mysql", copy: "migrate", modules: migrateModules, packages: "./database/mysql",
		edits: migrateEdits, ours: migrateOurs, adds: migrateAdds, oursAdds: migrateOursAdds,
	},
	{
		name:     "bun",
		modules:  []module{{repository: "https://github.com/uptrace/bun", version: "v1.2.18", dir: "bun/internal/dbtest"}},
		packages: "-skip=^(TestListener|TestPostgresCopy|TestMssql) .", // bun's own driver, and SQL Server
		environ: func(postgres, mysql target) []string {
			return []string{"PG=" + postgres.url(), "MARIADB=" + mysql.dsn(), "TZ=UTC"}
		},
		edits: []edit{
			{"bun/internal/dbtest/db_test.go", "github.com/jackc/pgx/v4", "github.com/jackc/pgx/v5"},
			{"bun/internal/dbtest/db_test.go", "\tpgName:        pg,\n", ""},
			{"bun/internal/dbtest/db_test.go", "sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(dsn)))", `mustOpen("pgx", dsn)`},
			{"bun/internal/dbtest/db_test.go", `"github.com/uptrace/bun/driver/pgdriver"`, ""},
			{"bun/internal/dbtest/db_test.go", "\tmysql5Name:    mysql5,\n\tmysql8Name:    mysql8,\n", ""},
			{"bun/internal/dbtest/db_test.go", "\tsqliteName:    sqlite,\n\tmssql2019Name: mssql2019,\n", ""},
		},
		ours: []edit{
			{"bun/internal/dbtest/db_test.go", `pen("pgx",`, `pen("azure-postgres",`},
			{"bun/internal/dbtest/db_test.go", `sql.Open("mysql",`, `sql.Open("azure-mysql",`},
		},
		adds:     files{"bun/internal/dbtest/open_test.go": source("testdata/bun/open_test.go")},
		oursAdds: files{"bun/internal/dbtest/passwordless_test.go": registers("dbtest_test")},
		explain:  explanations{"TestPostgres": "it expects a time zone or a text as bun's own driver returns it"},
	},
	{
		name: "River",
		modules: []module{
			{path: riverModule, version: "v0.51.2", dir: "river"},
			{path: riverModule + "/rivershared", version: "v0.51.2", dir: "rivershared"},
			{path: riverModule + "/riverdriver/riverpgxv5", version: "v0.51.2", dir: "river/riverdriver/riverpgxv5"},
		},
		packages: ". ./riverdbtest ./riverlog ./rivermigrate ./rivertest " + riverModule + "/riverdriver/riverpgxv5",
		environ:  func(postgres, _ target) []string { return []string{"TEST_DATABASE_URL=" + postgres.url()} },
		ours: []edit{
			{"river/*_test.go", pgxPool, through("pgxpool", riverModule)},
			{"river/*/*_test.go", pgxPool, through("pgxpool", riverModule)},
			{"rivershared/riversharedtest/*.go", pgxPool, through("pgxpool", riverModule+"/rivershared")},
			{"river/riverdriver/riverpgxv5/*_test.go", pgxPool, through("pgxpool", riverModule+"/riverdriver/riverpgxv5")},
		},
		oursAdds: files{
			"river/" + throughFile:                        source("through/pgx.go"),
			"rivershared/" + throughFile:                  source("through/pgx.go"),
			"river/riverdriver/riverpgxv5/" + throughFile: source("through/pgx.go"),
		},
	},
}

// pgx

var (
	pgxModules = []module{{path: pgxModule, version: "v5.12.0", dir: "pgx"}}
	// pgxSetup is what pgx's own testsetup makes.
	pgxSetup = []string{"create extension hstore", "create extension ltree", "create domain uint64 as numeric(20,0)"}
	pgxOurs  = []edit{
		{"pgx/stdlib/*_test.go", "stdlib.OpenDB(*", "through.OpenDB(*"},
		{"pgx/stdlib/sql_test.go", "stdlib.RegisterConnConfig(", "through.RegisterConnConfig("},
		{"pgx/stdlib/sql_test.go", "pgxpool.New(", "through.New("},
		{"pgx/stdlib/sql_test.go", `sql.Open("pgx", os.`, `sql.Open("azure-postgres", os.`},
		{"pgx/stdlib/sql_test.go", "sql.Open(tt.driverName,", `sql.Open("azure-postgres",`},
		{"pgx/stdlib/sql_test.go", pgxPool, through("through", pgxModule)},
		{"pgx/pgxpool/*_test.go", pgxPool, through("pgxpool", pgxModule)},
		{"pgx/pgxpool/*_test.go", "pgx.Connect(", "pgxpool.Connect("},
	}
	pgxAdds = files{"pgx/" + throughFile: source("through/pgx.go")}
)

func pgxEnviron(postgres, _ target) []string {
	return []string{"PGX_TEST_DATABASE=" + postgres.keywords()}
}
