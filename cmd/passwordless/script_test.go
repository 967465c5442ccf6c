package main

import (
	"os"
	"runtime"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/azuredb/passwordless/azuretest"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"passwordless": main}) }

// The scripts of testdata/script read as what each subcommand does. They run as an app in Azure whose connection is to
// PostgreSQL.
func TestScripts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the scripts' programs need a POSIX shell")
	}
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "orders", ClientID: "55555555-2222-4333-8444-555555555555"})
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, cloud.AppServiceEnviron()...)
			e.Vars = append(e.Vars, "HOST_SYS="+e.WorkDir, "SSL_CERT_FILE=/roots.pem", "BIN="+e.WorkDir+"/bin",
				"AZURE_POSTGRESQL_CONNECTIONSTRING=host=shop.postgres.database.azure.com dbname=shop user=orders sslmode=require",
				"AZURE_POSTGRESQL_CLIENTID="+app.ClientID)
			return os.MkdirAll(e.WorkDir+"/bin", 0o755)
		},
	})
}
