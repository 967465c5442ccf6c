package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/cmd/internal/cli"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"passwordless": command}) }

// command is passwordless with doctor alone. Names resolve at the script's own server.
func command() {
	net.DefaultResolver = resolverAt(os.Getenv("DNS"))
	root := &cobra.Command{Use: "passwordless", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(New(os.Environ()))
	if err := root.Execute(); err != nil {
		status, ok := errors.AsType[*cli.Status](err)
		if !ok || status.Err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		if !ok {
			os.Exit(cli.Misuse)
		}
		os.Exit(status.Code)
	}
}

// engines are the databases of a script for all of them, by the names that the command takes.
var engines = []string{"postgresql", "mysql", "sqlserver"}

var domains = map[string]string{
	"postgresql": "postgres.database.azure.com", "mysql": "mysql.database.azure.com", "sqlserver": "database.windows.net",
}

// world is what one script talks to: a cloud, a resolver and a server of each engine.
type world struct {
	cloud     *azuretest.Cloud
	databases []*database
	mend      func() // ends what issuer began
}

// database is one server and the connection to it.
type database struct {
	engine, host                 string
	variable, prefix, connection string // the variable with the connection string, what all begin with, and its value
	server                       azuretest.Server
	app                          azuretest.Identity
	poor                         atomic.Bool // the database's user has no privileges
	full                         atomic.Bool // the server has few connections left
	right                        func()      // ends what the server does wrong
}

// The scripts of testdata/every are about all engines, which one process walks at once; those of the other
// directories are about one.
func TestScripts(t *testing.T) {
	for _, dir := range append([]string{"every"}, engines...) {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			of := []string{dir}
			if dir == "every" {
				of = engines
			}
			testscript.Run(t, testscript.Params{
				Dir: filepath.Join("testdata", dir), RequireExplicitExec: true, Cmds: commands,
				Setup: func(e *testscript.Env) error { return newWorld(t, e, of) },
			})
		})
	}
}

func newWorld(t *testing.T, e *testscript.Env, engines []string) error {
	cloud := azuretest.New(t)
	w := &world{cloud: cloud, mend: func() {}}
	e.Values["world"] = w
	e.Setenv("DNS", serveDNS(t))
	e.Setenv("HOST_SYS", e.WorkDir)
	e.Setenv("GORACE", "atexit_sleep_ms=0")                    // the race detector's second at the end of each program
	e.Setenv("SSL_CERT_DIR", filepath.Join(e.WorkDir, "none")) // reading those of the machine takes long
	for _, engine := range engines {
		w.databases = append(w.databases, newDatabase(t, e, cloud, engine))
	}
	// The authority is https with the cloud's CA.
	file := filepath.Join(e.WorkDir, "roots.pem")
	e.Setenv("SSL_CERT_FILE", file)
	return cloud.CA().WriteFile(file)
}

// number makes the client IDs of a process unlike: MSAL keeps one cache of tokens for all of them.
var number atomic.Int64

func newDatabase(t *testing.T, e *testscript.Env, cloud *azuretest.Cloud, engine string) *database {
	d := &database{engine: engine, host: "shop." + domains[engine], right: func() {}}
	d.app = cloud.AddUserAssigned(azuretest.Identity{Name: "app", ClientID: fmt.Sprintf("11111111-2222-4333-8444-%012d", number.Add(1)),
		ResourceID: "/subscriptions/s/resourcegroups/shop-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"})
	o := &azuretest.ServerOptions{Users: []string{"app"}, Names: []string{d.host, "standby." + domains[engine], "localhost", "127.0.0.1"}, Query: d.answer}
	switch engine {
	case "postgresql":
		d.server = postgrestest.New(t, cloud, o)
	case "mysql":
		d.server = mysqltest.New(t, cloud, o)
	case "sqlserver":
		d.server = sqlservertest.New(t, cloud, o)
	}
	for _, v := range d.server.Environ(d.app) {
		name, value, _ := strings.Cut(v, "=")
		switch {
		case strings.HasSuffix(name, "CONNECTIONSTRING"):
			value = strings.Replace(value, "127.0.0.1", d.host, 1)
			d.variable, d.prefix, d.connection = name, strings.TrimSuffix(name, "CONNECTIONSTRING"), value
		case name == "PASSWORDLESS_TRUSTED_HOSTS":
			continue
		}
		e.Setenv(name, value)
	}
	return d
}

// fill replaces the names of what is the database's own, in braces.
func (d *database) fill(s string) string {
	return strings.NewReplacer("{ENGINE}", d.engine, "{HOST}", d.host, "{DOMAIN}", domains[d.engine], "{PORT}", strconv.Itoa(d.server.Port()),
		"{VARIABLE}", d.variable, "{PREFIX}", d.prefix, "{CONNECTION}", d.connection,
		"{CLIENT}", d.app.ClientID, "{OBJECT}", d.app.ObjectID).Replace(s)
}

// answer plays a database that all is well with, but for what the script says.
func (d *database) answer(_ context.Context, s azuretest.Statement) (azuretest.Result, error) {
	sql := strings.ToLower(s.SQL)
	switch {
	case strings.Contains(sql, "version"):
		at, now := "app", "app"
		if d.engine == "mysql" {
			at, now = "app@203.0.113.7", "app@%"
		}
		return azuretest.Result{Columns: []string{"at", "now", "db", "version"}, Rows: [][]any{{at, now, "app", "of the test"}}}, nil
	case strings.Contains(sql, "max_connections"):
		used := int64(7)
		if d.full.Load() {
			used = 99
		}
		return azuretest.Result{Columns: []string{"most", "used", "reserved"}, Rows: [][]any{{int64(100), used, int64(0)}}}, nil
	case strings.Contains(sql, "grants"):
		rows := [][]any{{"GRANT USAGE ON *.* TO `app`@`%`"}}
		if !d.poor.Load() {
			rows = append(rows, []any{"GRANT ALL PRIVILEGES ON `app`.* TO `app`@`%`"})
		}
		return azuretest.Result{Columns: []string{"grants"}, Rows: rows}, nil
	case strings.Contains(sql, "has_"):
		may, tables := "1", "3/3/3"
		if d.poor.Load() {
			may, tables = "0", "1/1/3"
		}
		rows := [][]any{{"connect", "1"}, {"read all tables", may}, {"write all tables", "0"}, {"tables dbo", tables}}
		if d.engine == "postgresql" {
			rows = [][]any{{"connect", "1"}, {"create in schema public", may}, {"tables public", tables}}
		}
		return azuretest.Result{Columns: []string{"what", "may"}, Rows: rows}, nil
	}
	return azuretest.Result{}, nil
}
