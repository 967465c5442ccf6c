package e2e_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// proxy notes what it is asked for, and refuses it.
type proxy struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func startProxy(t *testing.T) *proxy {
	t.Helper()
	p := &proxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked = append(p.asked, r.Method+" "+r.Host)
		http.Error(w, "not here", http.StatusForbidden)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *proxy) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// childVariable tells a copy of this test's process that it is one, by which driver it logs in, and what it asks
// there. The copies have no proxy but the environment's, which net/http reads once in a process.
const childVariable = "PASSWORDLESS_TEST_CHILD"

func TestProxySeesNoRequestForTheHostsIdentity(t *testing.T) {
	if driver, query, child := strings.Cut(os.Getenv(childVariable), ":"); child {
		logInAsChild(t, driver, query)
		return
	}
	proxySeesNoRequest(t, onStage(t).site())
}

func proxySeesNoRequest(t *testing.T, x *site) {
	x.setTrust(t)
	proxy := startProxy(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	t.Setenv(childVariable, x.driver+":"+x.whoami)
	t.Run("managed identity", func(t *testing.T) {
		x.onAppService(t)
		id := x.userAssigned(t)
		t.Setenv(x.prefix+"CONNECTIONSTRING", x.text(x.address, id.Name))
		t.Setenv(x.prefix+"CLIENTID", id.ClientID)
		mark := x.mark()
		out, err := child(limited(t))
		require.NoError(t, err, out)
		assert.Contains(t, out, "logged in as "+id.Name)
		assert.Equal(t, 1, x.asked(mark, id))
		assert.Empty(t, proxy.requests())
	})
	t.Run("service principal, whose authority is elsewhere", func(t *testing.T) {
		id := x.admitPrincipal(t)
		t.Setenv(x.prefix+"CONNECTIONSTRING", x.text(x.address, id.Name))
		t.Setenv(x.prefix+"CLIENTID", id.ClientID)
		t.Setenv(x.prefix+"CLIENTSECRET", id.Secret)
		t.Setenv(x.prefix+"TENANTID", id.TenantID)
		t.Setenv("AZURE_AUTHORITY_HOST", "https://login.authority.invalid/")
		ctx, cancel := context.WithCancel(limited(t))
		ended := background(ctx, func(ctx context.Context) error { _, err := child(ctx); return err })
		await(t, "the proxy is asked", func() bool { return len(proxy.requests()) > 0 })
		cancel() // azidentity would try for seconds
		require.Error(t, <-ended)
		for _, request := range proxy.requests() {
			assert.Equal(t, "CONNECT login.authority.invalid:443", request)
		}
	})
}

// child runs this test in a process of its own, with the variables of this one.
func child(ctx context.Context) (out string, err error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	b, err := exec.CommandContext(ctx, program, "-test.run=^TestProxySeesNoRequestForTheHostsIdentity$", "-test.v").CombinedOutput()
	return string(b), err
}

// logInAsChild is a program of five lines, with its variables.
func logInAsChild(t *testing.T, driver, query string) {
	db, err := sql.Open(driver, "")
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	var user string
	require.NoError(t, db.QueryRowContext(limited(t), query).Scan(&user))
	fmt.Println("logged in as", user)
}
