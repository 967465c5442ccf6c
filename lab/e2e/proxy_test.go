package e2e_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
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

func TestProxySeesNoRequestForTheHostsIdentity(t *testing.T) {
	program := loginProgram(t) // before PATH is emptied
	proxySeesNoRequest(t, onStage(t).site(), program)
}

func proxySeesNoRequest(t *testing.T, x *site, program string) {
	x.setTrust(t)
	proxy := startProxy(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	login := func(ctx context.Context) (string, error) {
		out, err := exec.CommandContext(ctx, program, x.driver, x.whoami).CombinedOutput()
		return string(out), err
	}
	t.Run("managed identity", func(t *testing.T) {
		x.onAppService(t)
		id := x.userAssigned(t)
		t.Setenv(x.prefix+"CONNECTIONSTRING", x.text(x.address, id.Name))
		t.Setenv(x.prefix+"CLIENTID", id.ClientID)
		mark := x.mark()
		out, err := login(limited(t))
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
		ended := background(ctx, func(ctx context.Context) error { _, err := login(ctx); return err })
		await(t, "the proxy is asked", func() bool { return len(proxy.requests()) > 0 })
		cancel() // azidentity would try for seconds
		require.Error(t, <-ended)
		for _, request := range proxy.requests() {
			assert.Equal(t, "CONNECT login.authority.invalid:443", request)
		}
	})
}

// loginProgram builds testdata/login. net/http reads the environment's proxy once in a process, so that each login
// needs one of its own; a copy of this test's would spend seconds on what an embedded engine initializes.
func loginProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "login.exe")
	out, err := exec.CommandContext(t.Context(), "go", "run", "-ldflags=-s -w", "-exec", "cp", "./testdata/login", program).CombinedOutput()
	require.NoError(t, err, string(out))
	return program
}
