package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/generated"
)

// shown are the documented cases whose plain output is kept in testdata, to be
// read by a person.
var shown = map[string][]string{
	"postgresql": {"pg-dotnet-system", "pg-dotnet-user", "pg-dotnet-service-principal", "pg-dotnet-secret",
		"pg-springboot-user", "pg-django-system", "pg-go-user", "pg-go-workload", "pg-none-secret", "neon-none-secret",
		"pg-recorded-python-secret-secondconn", "pg-2022-singleserver-go-system", "keyvault-unresolved-connstring",
		"appconfig-store-no-env", "pg-cloud-usgov", "two-connections-first-wins"},
	"mysql": {"mysql-dotnet-system", "mysql-java-user", "mysql-springboot-service-principal", "mysql-django-secret",
		"mysql-go-system", "mysql-go-user", "mysql-go-secret", "mysql-nodejs-user", "mysql-php-system",
		"mysql-ruby-service-principal", "mysql-none-workload", "mysql-singleserver-user-at", "mysql-java-jboss-servertimezone",
		"appservice-connstr-mysql-webapp-db-template", "mysql-cloud-china"},
	"sqlserver": {"sql-dotnet-system", "sql-dotnet-user", "sql-dotnet-service-principal", "sql-java-service-principal",
		"sql-python-user", "sql-none-user", "sql-nodejs-service-principal", "sql-go-secret", "sql-php-secret",
		"sql-java-workload", "fabric-go-user", "sql-dotnet-secret-asprinted", "appservice-connstr-sqlazure",
		"sql-cloud-usgov", "sql-mi-public-3342", "sql-mssqlpython-default"},
}

func TestPlainOutputOfDocumentedCases(t *testing.T) {
	onAppService(t)
	for engine, names := range shown {
		t.Run(engine, func(t *testing.T) {
			rows := documentedCases(t, engine)
			var b strings.Builder
			for _, name := range names {
				i := slices.IndexFunc(rows, func(d documented) bool { return d.Name == name })
				require.GreaterOrEqual(t, i, 0, name)
				show(&b, name, call(rows[i].environ(), "inspect", engine), "inspect", engine)
			}
			require.NoError(t, generated.Check("testdata/plain_"+engine+".txt", b.String()))
		})
	}
}

const (
	testClient = "11111111-2222-4333-8444-555555555555"
	pgVariable = "AZURE_POSTGRESQL_CONNECTIONSTRING=host=myserver.postgres.database.azure.com dbname=mydb sslmode=require user=aad_myconn"
)

// scenarios are what the documented cases leave out: other ways to be called, and
// each further rule.
var scenarios = []struct {
	name    string
	tools   []string // on PATH
	environ []string
	args    []string
}{
	{"a laptop with az", []string{"az"}, []string{pgVariable, "AZURE_POSTGRESQL_CLIENTID=" + testClient}, []string{"postgresql"}},
	{"a laptop with az and PowerShell, system-assigned", []string{"az", "pwsh"}, []string{pgVariable}, []string{"postgresql"}},
	{"the developer's sign-in by AZURE_TOKEN_CREDENTIALS", []string{"az", "azd"}, []string{pgVariable, "AZURE_TOKEN_CREDENTIALS=dev"}, []string{"postgresql"}},
	{"managed identity by AZURE_TOKEN_CREDENTIALS", []string{"az"}, []string{pgVariable, "AZURE_TOKEN_CREDENTIALS=prod"}, []string{"postgresql"}},
	{"a word of the connection", []string{"az"}, nil, []string{"sqlserver", "Server=tcp:s.database.windows.net,1433;Database=d;Authentication=azcli"}},
	{"neither marker nor tools", nil, []string{pgVariable}, []string{"postgresql"}},
	{"ambient variables that do not count", nil, []string{pgVariable, "AZURE_CLIENT_ID=" + testClient, "AZURE_TENANT_ID=t", "AZURE_CLIENT_SECRET=c4nary"}, []string{"postgresql"}},
	{"the environment's identity", nil, []string{"AZURE_CLIENT_ID=" + testClient, "AZURE_TENANT_ID=contoso.com", "AZURE_CLIENT_SECRET=c4nary"},
		[]string{"sqlserver", "server=s.database.windows.net;database=d;fedauth=ActiveDirectoryEnvironment"}},
	{"a named connection", nil, []string{pgVariable, "AZURE_POSTGRESQL_ORDERS_HOST=o.postgres.database.azure.com", "AZURE_POSTGRESQL_ORDERS_USER=u", "AZURE_POSTGRESQL_ORDERS_DATABASE=d"},
		[]string{"postgresql", "connection:orders"}},
	{"several connections", nil, []string{"AZURE_MYSQL_A_HOST=a.mysql.database.azure.com", "AZURE_MYSQL_B_HOST=b.mysql.database.azure.com"}, []string{"mysql"}},
	{"a renamed variable", nil, []string{"DATABASE_URL=postgres://u:c4nary@db/app?sslmode=disable"}, []string{"postgresql", "env:DATABASE_URL"}},
	{"a host that is listed, and parameters", nil, []string{"PASSWORDLESS_TRUSTED_HOSTS=db.example.com", "AZURE_AUTHORITY_HOST=https://login.microsoftonline.us/"},
		[]string{"mysql", "me@tcp(db.example.com:3306)/app?parseTime=true&tls=preferred"}},
	{"a host that is not", nil, nil, []string{"postgresql", "host=db.example.com user=me dbname=app"}},
	{"no TLS and a token", nil, nil, []string{"postgresql", "host=s.postgres.database.azure.com user=me dbname=app sslmode=disable"}},
	{"a password and an identity", nil, []string{pgVariable + " password=c4nary", "AZURE_POSTGRESQL_CLIENTID=" + testClient}, []string{"postgresql"}},
	{"a user name that does not count", nil, nil, []string{"sqlserver", "Server=s.database.windows.net;Database=d;User ID=orders;Authentication=Active Directory Default"}},
	{"two hosts", nil, nil, []string{"postgresql", "host=a.postgres.database.azure.com,b.postgres.database.azure.com user=u dbname=d sslmode=verify-full"}},
	{"a certificate's password", nil, nil, []string{"postgresql", "host=s.postgres.database.azure.com user=u dbname=d client_id=" + testClient +
		" tenant_id=contoso.com client_certificate_path=/nonexistent client_certificate_password=c4nary"}},
	{"a parameter that the driver refuses", nil, nil, []string{"postgresql", "host=s.postgres.database.azure.com user=u dbname=d target_session_attrs=c4nary"}},
}

func TestPlainOutputOfScenarios(t *testing.T) {
	w := newWatch(t)
	var b strings.Builder
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			w.install(t, offAzure(t), s.tools...)
			args := append([]string{"inspect"}, s.args...)
			show(&b, s.name, call(s.environ, args...), args...)
		})
	}
	w.asked(t)
	assert.NotContains(t, strings.ReplaceAll(b.String(), "=c4nary", ""), "c4nary", "but in the commands shown")
	require.NoError(t, generated.Check("testdata/plain_scenarios.txt", b.String()))
}

// A machine in Azure is known by a file; the developer's sign-in that is there does not
// matter, unless the machine has no identity of its own.
func TestAMachineInAzure(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the file is Linux's")
	}
	w := newWatch(t)
	w.install(t, offAzure(t), "az")
	dir := filepath.Join(os.Getenv("HOST_SYS"), "class/dmi/id")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "chassis_asset_tag"), []byte("7783-7084-3265-9085-8269-3286-77\n"), 0o644))
	out := call([]string{pgVariable}, "inspect", "postgresql")
	assert.Regexp(t, `(?m)^this host +in Azure: it has Azure's chassis asset tag$`, out.stdout)
	assert.Regexp(t, `(?m)^elsewhere +if this machine has no identity of its own: Azure CLI sign-in$`, out.stdout)
	environ := []string{pgVariable, "AZURE_POSTGRESQL_CLIENTID=" + testClient}
	assert.NotContains(t, call(environ, "inspect", "postgresql").stdout, "elsewhere")
	object := call(environ, "inspect", "postgresql", "--json").stdout
	assert.Contains(t, object, `"azure": "in Azure: it has Azure's chassis asset tag"`)
	assert.Contains(t, object, `"asset_tag": true`)
	w.asked(t)
}

// show appends a call of the command and what it printed.
func show(b *strings.Builder, name string, out output, args ...string) {
	fmt.Fprintf(b, "== %s\n$ passwordless %s\n%s", name, strings.Join(args, " "), out.stdout)
	if out.stderr != "" {
		fmt.Fprintf(b, "stderr: %s", out.stderr)
	}
	fmt.Fprintf(b, "exit %d\n\n", out.code)
}
