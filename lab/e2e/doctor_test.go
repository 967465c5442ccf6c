package e2e_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/doctortest"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	"github.com/azuredb/passwordless/lab/mysql"
	"github.com/azuredb/passwordless/lab/postgres"
	"github.com/azuredb/passwordless/lab/sqlserver"
)

// doctored is what a script of testdata/doctor is about: a server of its own, and an app that logs in to it.
type doctored struct {
	command
	engine string
	port   string                    // the variable with the port
	pid    int                       // the server's process; 0 of one inside this process
	run    func(sql string) error    // as the server's administrator
	login  func() (io.Closer, error) // opens a session of the administrator
	secure func(kind string) error   // what the server does wrong in TLS from now on
	admit  func(rules string) error  // replaces PostgreSQL's pg_hba.conf
	held   []io.Closer               // sessions
	status int                       // of doctor
}

// What doctor finds on the lab's own servers is in the scripts. cmd/internal/doctor/testdata/README.md describes their
// commands, and has a table of what they show.
func TestDoctor(t *testing.T) {
	for engine, start := range map[string]func(*testing.T) *doctored{
		"postgresql": startPostgresDoctored, "mysql": startMySQLDoctored, "sqlserver": startSQLServerDoctored,
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			p.engine = engine
			testscript.Run(t, testscript.Params{
				Files: []string{filepath.Join("testdata", "doctor", engine+".txt")}, RequireExplicitExec: true, Cmds: doctorCommands,
				Setup: func(e *testscript.Env) error {
					e.Values["doctored"] = p
					e.Vars = append(e.Vars, p.environ...)
					e.Setenv("PATH", filepath.Dir(p.binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
					e.Defer(func() { assert.NoError(t, p.release()) })
					return nil
				},
			})
		})
	}
}

func startPostgresDoctored(t *testing.T) *doctored {
	postgres.Require(t)
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	server, err := postgres.Start(t.Context(), cloud, &postgres.Options{Installed: true, Users: []string{"app", "other"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	conninfo, err := server.BackendConninfo()
	require.NoError(t, err)
	return postgresDoctored(t, newCommand(t, cloud, app, server.Server, "AZURE_POSTGRESQL_"), cloud, conninfo)
}

func startMySQLDoctored(t *testing.T) *doctored {
	mysql.Require(t)
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	server, err := mysql.Start(t.Context(), cloud, &mysql.Options{Installed: true, Users: []string{"app", "other"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	dsn, err := server.BackendDSN()
	require.NoError(t, err)
	return mysqlDoctored(t, newCommand(t, cloud, app, server.Server, "AZURE_MYSQL_"), cloud, dsn)
}

// startSQLServerDoctored starts the lab's stand-in. Its faults are those of its front end.
func startSQLServerDoctored(t *testing.T) *doctored {
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	server, err := sqlserver.Start(t.Context(), cloud, &sqlserver.Options{Users: []string{"app"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	c := newCommand(t, cloud, app, server.Server, "AZURE_SQL_")
	stranger := cloud.AddUserAssigned(azuretest.Identity{Name: "stranger"})
	c.environ = append(c.environ, "STRANGER="+stranger.ClientID)
	end := func() {}
	return &doctored{command: c, secure: func(kind string) error {
		end()
		end = server.Front().Inject(azuretest.ServerFault{Kind: azuretest.ServerFaultKind(strings.TrimPrefix(kind, "usual"))})
		return nil
	}}
}

// doctorCommands are those of the scripts.
var doctorCommands = map[string]func(*testscript.TestScript, bool, []string){
	"doctor": func(ts *testscript.TestScript, _ bool, args []string) {
		p := doctoredOf(ts)
		err := ts.Exec("passwordless", append([]string{"doctor", p.engine}, args...)...)
		p.status = 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			p.status = exit.ExitCode()
		} else {
			ts.Check(err)
		}
	},
	"well": func(ts *testscript.TestScript, _ bool, _ []string) {
		if out := ts.ReadFile("stdout"); doctoredOf(ts).status != 0 || !strings.HasSuffix(out, "all is well\n") {
			ts.Fatalf("not well: exit status %d", doctoredOf(ts).status)
		}
	},
	"found": func(ts *testscript.TestScript, _ bool, args []string) {
		if status := doctoredOf(ts).status; status != 1 {
			ts.Fatalf("exit status %d", status)
		}
		ts.Check(doctortest.Check(ts.ReadFile("stdout"), args[0], args[1], args[2], args[3]))
	},
	"sql": func(ts *testscript.TestScript, _ bool, args []string) {
		for _, statement := range args {
			ts.Check(doctoredOf(ts).run(statement))
		}
	},
	"tls": func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(doctoredOf(ts).secure(args[0])) },
	"rules": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Check(doctoredOf(ts).admit(ts.ReadFile(args[0])))
	},
	"hold": func(ts *testscript.TestScript, _ bool, args []string) {
		n, err := strconv.Atoi(args[0])
		ts.Check(err)
		p := doctoredOf(ts)
		for range n {
			session, err := p.login()
			ts.Check(err)
			p.held = append(p.held, session)
		}
	},
	"release": func(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(doctoredOf(ts).release()) },
	"signal":  signalServer,
}

func doctoredOf(ts *testscript.TestScript) *doctored { return ts.Value("doctored").(*doctored) }

// release ends the sessions that are held.
func (p *doctored) release() (err error) {
	for _, session := range p.held {
		err = errors.Join(err, session.Close())
	}
	p.held = nil
	return err
}

// signalServer signals the server's process. After TERM it may have ended: "gone" waits for that.
func signalServer(ts *testscript.TestScript, _ bool, args []string) {
	p := doctoredOf(ts)
	if args[0] != "gone" {
		ts.Check(ts.Exec("sh", "-c", "kill -"+args[0]+" "+strconv.Itoa(p.pid)))
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ts.Check(daemon.Poll(ctx, func(context.Context) (bool, error) {
		conn, err := net.Dial("tcp", net.JoinHostPort(loopback, ts.Getenv(p.port)))
		if err != nil {
			return true, nil
		}
		return false, conn.Close()
	}))
}
