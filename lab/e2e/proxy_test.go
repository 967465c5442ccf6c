package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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

// childVariable tells a copy of this test's process that it is one. The copies have no proxy but the environment's,
// which net/http reads once in a process.
const childVariable = "PASSWORDLESS_TEST_CHILD"

func TestProxySeesNoRequestForTheHostsIdentity(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		logInAsChild(t)
		return
	}
	s := onStage(t)
	s.setTrust(t)
	proxy := startProxy(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	t.Run("managed identity", func(t *testing.T) {
		s.onAppService(t)
		id := s.userAssigned(t)
		t.Setenv("AZURE_POSTGRESQL_CONNECTIONSTRING", s.libpq(id.Name))
		t.Setenv("AZURE_POSTGRESQL_CLIENTID", id.ClientID)
		mark := s.mark()
		out, err := child(limited(t), t)
		require.NoError(t, err, out)
		assert.Contains(t, out, "current_user "+id.Name)
		assert.Equal(t, 1, s.asked(mark, id))
		assert.Empty(t, proxy.requests())
	})
	t.Run("service principal, whose authority is elsewhere", func(t *testing.T) {
		id := s.admitPrincipal(t)
		t.Setenv("AZURE_POSTGRESQL_CONNECTIONSTRING", s.libpq(id.Name))
		t.Setenv("AZURE_POSTGRESQL_CLIENTID", id.ClientID)
		t.Setenv("AZURE_POSTGRESQL_CLIENTSECRET", id.Secret)
		t.Setenv("AZURE_POSTGRESQL_TENANTID", id.TenantID)
		t.Setenv("AZURE_AUTHORITY_HOST", "https://login.authority.invalid/")
		ctx, cancel := context.WithCancel(limited(t))
		ended := background(ctx, func(ctx context.Context) error { _, err := child(ctx, t); return err })
		await(t, "the proxy is asked", func() bool { return len(proxy.requests()) > 0 })
		cancel() // azidentity would try for seconds
		require.Error(t, <-ended)
		for _, request := range proxy.requests() {
			assert.Equal(t, "CONNECT login.authority.invalid:443", request)
		}
	})
}

// child runs this test in a process of its own.
func child(ctx context.Context, t *testing.T) (out string, err error) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, program, "-test.run=^TestProxySeesNoRequestForTheHostsIdentity$", "-test.v")
	cmd.Env = append(os.Environ(), childVariable+"=1")
	b, err := cmd.CombinedOutput()
	return string(b), err
}

// logInAsChild is a program of five lines, with its variables.
func logInAsChild(t *testing.T) {
	var user string
	err := sqlOpen(t, "").QueryRowContext(limited(t), "select current_user").Scan(&user)
	require.NoError(t, err)
	fmt.Println("current_user", user)
}
