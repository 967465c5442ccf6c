package doctor

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/doctortest"
)

// commands are those of the scripts. testdata/README.md describes them.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"each": each, "found": found, "example": example, "set": set, "replace": replace,
	"fault": fault, "refuse": refuse, "database": databases,
	"issuer": issuer, "endpoint": endpoint, "developer": developer, "principal": principal,
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value("world").(*world) }

// reportOf returns what doctor has said of a database.
func reportOf(ts *testscript.TestScript, d *database) string {
	for report := range strings.SplitSeq(ts.ReadFile("stdout"), "engine  ") {
		if strings.HasPrefix(strings.TrimLeft(report, " "), d.engine+"\n") {
			return report
		}
	}
	ts.Fatalf("no report of %s", d.engine)
	return ""
}

func matches(ts *testscript.TestScript, d *database, pattern, text string) bool {
	p, err := regexp.Compile("(?m)" + d.fill(pattern))
	ts.Check(err)
	return p.MatchString(text)
}

func each(ts *testscript.TestScript, neg bool, args []string) {
	for _, d := range worldOf(ts).databases {
		if matches(ts, d, args[0], reportOf(ts, d)) == neg {
			ts.Fatalf("%s: %s: found is %v", d.engine, args[0], neg)
		}
	}
}

func found(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: found STEP CAUSE FIX SECTION")
	}
	for _, d := range worldOf(ts).databases {
		if err := doctortest.Check(reportOf(ts, d), args[0], d.fill(args[1]), d.fill(args[2]), args[3]); err != nil {
			ts.Fatalf("%s: %v", d.engine, err)
		}
	}
}

func set(ts *testscript.TestScript, _ bool, args []string) {
	for _, d := range worldOf(ts).databases {
		ts.Setenv(d.fill(args[0]), d.fill(args[1]))
	}
}

func replace(ts *testscript.TestScript, _ bool, args []string) {
	for _, d := range worldOf(ts).databases {
		name, old := d.fill(args[0]), d.fill(args[1])
		value := ts.Getenv(name)
		if !strings.Contains(value, old) {
			ts.Fatalf("%s does not hold %q", name, old)
		}
		ts.Setenv(name, strings.Replace(value, old, d.fill(args[2]), 1))
	}
}

func fault(ts *testscript.TestScript, _ bool, args []string) {
	for _, d := range worldOf(ts).databases {
		d.inject(azuretest.ServerFault{Kind: azuretest.ServerFaultKind(strings.TrimPrefix(args[0], "none"))})
	}
}

// inject replaces what the server does wrong.
func (d *database) inject(f azuretest.ServerFault) {
	d.right()
	d.right = d.server.Inject(f)
}

func refuse(ts *testscript.TestScript, _ bool, args []string) {
	for _, d := range worldOf(ts).databases {
		var err error = &pgconn.PgError{Severity: "FATAL", Code: args[0], Message: args[1]}
		if d.engine != "postgresql" {
			number, bad := strconv.Atoi(args[0])
			ts.Check(bad)
			state := "HY000"
			if number == 1045 {
				state = "28000"
			}
			err = &azuretest.ServerError{Number: number, State: state, Message: args[1]}
		}
		d.inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: err})
	}
}

func databases(ts *testscript.TestScript, _ bool, args []string) {
	for _, d := range worldOf(ts).databases {
		d.poor.Store(args[0] == "poor")
		d.full.Store(args[0] == "full")
	}
}

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
	late := *to
	late.Host = listener.Addr().String()
	ts.Setenv("IDENTITY_ENDPOINT", late.String())
}

func developer(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	dir := ts.MkAbs("bin")
	if _, err := os.Stat(dir); err != nil {
		ts.Check(os.Mkdir(dir, 0o755))
		ts.Check(w.cloud.InstallTool(azuretest.AzureCLI, dir))
		ts.Setenv("PATH", dir+":"+ts.Getenv("PATH"))
		ts.Setenv("IDENTITY_ENDPOINT", "")
		ts.Setenv("IDENTITY_HEADER", "")
		ts.Setenv("AZURE_TOKEN_CREDENTIALS", "dev")
	}
	if args[0] == "signed-in" {
		w.cloud.SignIn(azuretest.Identity{Name: "app"})
	} else {
		w.cloud.SignOut()
	}
}

func principal(ts *testscript.TestScript, _ bool, _ []string) {
	w := worldOf(ts)
	id := w.cloud.AddServicePrincipal(azuretest.Identity{Name: "app", Secret: "s3cret~canary"})
	for _, d := range w.databases {
		ts.Setenv(d.prefix+"CLIENTID", id.ClientID)
		ts.Setenv(d.prefix+"CLIENTSECRET", id.Secret)
		ts.Setenv(d.prefix+"TENANTID", w.cloud.TenantID())
	}
	ts.Setenv("AZURE_AUTHORITY_HOST", w.cloud.AuthorityHost())
}
