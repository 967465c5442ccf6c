package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/cmd/internal/cli"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"passwordless": command}) }

// command is passwordless with doctor alone. Names resolve at the script's own server.
func command() {
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", os.Getenv("DNS"))
	}}
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

// engines are the domains of their servers, by the names that the command takes.
var engines = map[string]string{
	"postgresql": "postgres.database.azure.com", "mysql": "mysql.database.azure.com", "sqlserver": "database.windows.net",
}

// world is what one script talks to: a cloud, a server and a resolver.
type world struct {
	engine string
	host   string
	cloud  *azuretest.Cloud
	server azuretest.Server
	app    azuretest.Identity
	poor   atomic.Bool // the database's user has no privileges
	full   atomic.Bool // the server has few connections left
	mend   func()      // ends what issuer began
	right  func()      // ends what the server does wrong
}

// The scripts of testdata/every run for each engine, those of its own directory for one.
func TestScripts(t *testing.T) {
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var files []string
			for _, dir := range []string{"every", engine} {
				found, err := filepath.Glob("testdata/" + dir + "/*.txt")
				require.NoError(t, err)
				files = append(files, found...)
			}
			testscript.Run(t, testscript.Params{
				Files: files, RequireExplicitExec: true,
				Setup: func(e *testscript.Env) error { return newWorld(t, e, engine) },
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"fault": fault, "refuse": refuse, "issuer": issuer, "endpoint": endpoint, "az": az, "principal": principal, "database": database, "replace": replace,
				},
			})
		})
	}
}

func newWorld(t *testing.T, e *testscript.Env, engine string) error {
	cloud := azuretest.New(t)
	w := &world{engine: engine, cloud: cloud, host: "shop." + engines[engine], mend: func() {}, right: func() {}}
	e.Values["world"] = w
	w.app = cloud.AddUserAssigned(azuretest.Identity{Name: "app", ClientID: "11111111-2222-4333-8444-" + strconv.FormatInt(time.Now().UnixNano()%1e12+1e12, 10)[1:],
		ObjectID: "99999999-2222-4333-8444-555555555555", ResourceID: "/subscriptions/s/resourcegroups/shop-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"})
	o := &azuretest.ServerOptions{Users: []string{"app"}, Names: []string{w.host, "localhost", "127.0.0.1"}, Query: w.answer}
	switch engine {
	case "postgresql":
		w.server = postgrestest.New(t, cloud, o)
	case "mysql":
		w.server = mysqltest.New(t, cloud, o)
	case "sqlserver":
		w.server = sqlservertest.New(t, cloud, o)
	}
	e.Setenv("ENGINE", engine)
	e.Setenv("HOST", w.host)
	e.Setenv("PORT", strconv.Itoa(w.server.Port()))
	e.Setenv("DNS", serveDNS(t))
	e.Setenv("HOST_SYS", e.WorkDir)
	for _, v := range w.server.Environ(w.app) {
		name, value, _ := strings.Cut(v, "=")
		switch {
		case strings.HasSuffix(name, "CONNECTIONSTRING"):
			e.Setenv("VARIABLE", name)
			e.Setenv("PREFIX", strings.TrimSuffix(name, "CONNECTIONSTRING"))
			value = strings.Replace(value, "127.0.0.1", w.host, 1)
		case name == "PASSWORDLESS_TRUSTED_HOSTS":
			continue
		}
		e.Setenv(name, value)
	}
	// The authority is https with the cloud's CA.
	file := filepath.Join(e.WorkDir, "roots.pem")
	e.Setenv("SSL_CERT_FILE", file)
	return cloud.CA().WriteFile(file)
}

// answer plays a database that all is well with, but for what the script says.
func (w *world) answer(_ context.Context, s azuretest.Statement) (azuretest.Result, error) {
	sql := strings.ToLower(s.SQL)
	switch {
	case strings.Contains(sql, "version"):
		return azuretest.Result{Columns: []string{"at", "now", "db", "version"}, Rows: [][]any{{"app", "app", "app", "of the test"}}}, nil
	case strings.Contains(sql, "max_connections"):
		used := int64(7)
		if w.full.Load() {
			used = 99
		}
		return azuretest.Result{Columns: []string{"most", "used", "reserved"}, Rows: [][]any{{int64(100), used, int64(0)}}}, nil
	case strings.Contains(sql, "grants"):
		rows := [][]any{{"GRANT USAGE ON *.* TO `app`@`%`"}}
		if !w.poor.Load() {
			rows = append(rows, []any{"GRANT ALL PRIVILEGES ON `app`.* TO `app`@`%`"})
		}
		return azuretest.Result{Columns: []string{"grants"}, Rows: rows}, nil
	case strings.Contains(sql, "has_"):
		may, tables := "1", "3/3/3"
		if w.poor.Load() {
			may, tables = "0", "1/1/3"
		}
		rows := [][]any{{"connect", "1"}, {"write all tables", may}}
		if w.engine == "postgresql" {
			rows = [][]any{{"connect", "1"}, {"create in schema public", may}, {"tables public", tables}}
		}
		return azuretest.Result{Columns: []string{"what", "may"}, Rows: rows}, nil
	}
	return azuretest.Result{}, nil
}

// serveDNS resolves shop.* to this machine; it knows no other name.
func serveDNS(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			answer := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true}, Questions: m.Questions}
			if !strings.HasPrefix(q.Name.String(), "shop.") {
				answer.RCode = dnsmessage.RCodeNameError
			} else if q.Type == dnsmessage.TypeA {
				answer.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
					Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
			}
			if packed, err := answer.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from) // a client that is not answered says so
			}
		}
	}()
	return conn.LocalAddr().String()
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value("world").(*world) }

// fault KIND|none: what the server does from now on.
func fault(ts *testscript.TestScript, _ bool, args []string) {
	worldOf(ts).inject(azuretest.ServerFault{Kind: azuretest.ServerFaultKind(strings.TrimPrefix(args[0], "none"))})
}

// inject replaces what the server does wrong.
func (w *world) inject(f azuretest.ServerFault) {
	w.right()
	w.right = w.server.Inject(f)
}

// refuse CODE MESSAGE: what the server says to logins from now on.
func refuse(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	var err error = &pgconn.PgError{Severity: "FATAL", Code: args[0], Message: args[1]}
	if w.engine != "postgresql" {
		number, bad := strconv.Atoi(args[0])
		ts.Check(bad)
		err = &azuretest.ServerError{Number: number, State: "HY000", Message: args[1]}
		if number == 1045 {
			err = &azuretest.ServerError{Number: number, State: "28000", Message: args[1]}
		}
	}
	w.inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: err})
}

// issuer STATUS [BODY] | hang | close | well: what requests for a token meet from now on.
func issuer(ts *testscript.TestScript, _ bool, args []string) {
	f := azuretest.Fault{}
	switch args[0] {
	case "hang":
		f.Delay = time.Hour
	case "close":
		f.CloseConn = true
	case "well":
	default:
		status, err := strconv.Atoi(args[0])
		ts.Check(err)
		f.Status = status
		if len(args) > 1 {
			f.Body = args[1]
		}
	}
	w := worldOf(ts)
	w.mend()
	w.mend = func() {}
	if args[0] != "well" {
		w.mend = w.cloud.Inject(f)
	}
}

// endpoint down | DURATION: the identity endpoint is one that is not there, or whose clock is off by so much.
func endpoint(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] == "down" {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Setenv("IDENTITY_ENDPOINT", "http://"+listener.Addr().String()+"/msi/token")
		ts.Check(listener.Close())
		return
	}
	skew, err := time.ParseDuration(args[0])
	ts.Check(err)
	to, err := url.Parse(ts.Getenv("IDENTITY_ENDPOINT"))
	ts.Check(err)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Host, r.Out.URL.Scheme = to.Host, to.Scheme },
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
			return nil
		},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute}
	ts.Defer(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	to2 := *to
	to2.Host = listener.Addr().String()
	ts.Setenv("IDENTITY_ENDPOINT", to2.String())
}

// az signed-in|signed-out: a developer's machine with the Azure CLI.
func az(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	dir := ts.MkAbs("bin")
	if _, err := os.Stat(dir); err != nil {
		ts.Check(os.Mkdir(dir, 0o755))
		ts.Check(w.cloud.InstallTool(azuretest.AzureCLI, dir))
		ts.Setenv("PATH", dir+":"+ts.Getenv("PATH"))
	}
	if args[0] == "signed-in" {
		w.cloud.SignIn(azuretest.Identity{Name: "app", ObjectID: w.app.ObjectID})
	} else {
		w.cloud.SignOut()
	}
}

// principal makes the connection one of a service principal.
func principal(ts *testscript.TestScript, _ bool, _ []string) {
	w := worldOf(ts)
	id := w.cloud.AddServicePrincipal(azuretest.Identity{Name: "app", Secret: "s3cret~canary"})
	prefix := ts.Getenv("PREFIX")
	ts.Setenv(prefix+"CLIENTID", id.ClientID)
	ts.Setenv(prefix+"CLIENTSECRET", id.Secret)
	ts.Setenv(prefix+"TENANTID", w.cloud.TenantID())
	ts.Setenv("AZURE_AUTHORITY_HOST", w.cloud.AuthorityHost())
}

// database poor|full|well.
func database(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	w.poor.Store(args[0] == "poor")
	w.full.Store(args[0] == "full")
}

// replace NAME OLD NEW changes a variable.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	value := ts.Getenv(args[0])
	if !strings.Contains(value, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Setenv(args[0], strings.Replace(value, args[1], args[2], 1))
}
