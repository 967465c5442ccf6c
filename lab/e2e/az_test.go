//go:build az

package e2e_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// azProxy is an HTTPS proxy that leads every host to the cloud's authority: MSAL sends instance discovery to
// login.microsoftonline.com whatever the authority is.
func azProxy(t *testing.T, s *stage) *httptest.Server {
	t.Helper()
	certificate, err := s.CA().Issue("login.microsoftonline.com", "localhost", loopback)
	require.NoError(t, err)
	authority := strings.TrimSuffix(strings.TrimPrefix(s.AuthorityHost(), "https://"), "/")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /arm/subscriptions", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"value":[]}`)
	})
	mux.Handle("/", &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "https", r.In.Host
			if strings.HasPrefix(r.In.Host, "localhost:") {
				r.Out.URL.Host = authority
			}
		},
		Transport: s.Transport().Transport,
	})
	inner := httptest.NewUnstartedServer(mux)
	inner.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	inner.StartTLS()
	t.Cleanup(inner.Close)
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		back, err := net.Dial("tcp", inner.Listener.Addr().String())
		if r.Method != http.MethodConnect || err != nil {
			http.Error(w, "only CONNECT", http.StatusBadGateway)
			return
		}
		defer back.Close()
		w.WriteHeader(http.StatusOK)
		front, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer front.Close()
		go func() { _, _ = io.Copy(back, front); _ = back.Close() }()
		_, _ = io.Copy(front, back)
	}))
	t.Cleanup(outer.Close)
	return outer
}

// TestAz signs the real az in as a service principal; make test-az installs it and runs this.
func TestAz(t *testing.T) {
	az, err := exec.LookPath("az")
	require.NoError(t, err, "make test-az installs the Azure CLI")
	path := os.Getenv("PATH")
	s := onStage(t)
	dir := t.TempDir()
	ca, log := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "starts")
	require.NoError(t, s.CA().WriteFile(ca))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "az"), []byte(fmt.Sprintf("#!/bin/sh\necho \"$1 $2\" >> '%s'\nPATH='%s' exec '%s' \"$@\"\n", log, path, az)), 0o755))
	azuretest.Setenv(t, "PATH="+dir+":"+path, "AZURE_CONFIG_DIR="+filepath.Join(dir, "azure"), "AZURE_CORE_COLLECT_TELEMETRY=no",
		"REQUESTS_CA_BUNDLE="+ca, "HTTPS_PROXY="+azProxy(t, s).URL, "HTTP_PROXY=http://127.0.0.1:1", "NO_PROXY=")
	app := s.admit(t, s.AddServicePrincipal(azuretest.Identity{}))
	run := func(args ...string) {
		out, err := exec.CommandContext(limited(t), az, args...).CombinedOutput()
		require.NoError(t, err, "az %s: %s", args[0], out)
	}
	authority := strings.TrimSuffix(strings.Replace(s.AuthorityHost(), loopback, "localhost", 1), "/")
	run("cloud", "register", "--name", "lab", "--endpoint-active-directory", authority, "--endpoint-resource-manager", authority+"/arm",
		"--endpoint-active-directory-resource-id", "https://management.azure.com", "--endpoint-management", "https://management.azure.com", "--endpoint-active-directory-graph-resource-id", "https://graph.windows.net")
	run("cloud", "set", "--name", "lab")
	run("login", "--service-principal", "--username", app.ClientID, "--password", app.Secret, "--tenant", s.TenantID(), "--allow-no-subscriptions")

	db := openDB(t, s.libpq(app.Name)+" authentication=AzureCLI", s.options(os.Environ()...))
	errs := make([]error, 50)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			conn, err := db.Conn(limited(t))
			errs[i] = err
			if err == nil {
				t.Cleanup(func() { _ = conn.Close() })
			}
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	requireUser(t, app.Name, db)
	starts, err := os.ReadFile(log)
	require.NoError(t, err)
	assert.Equal(t, "account get-access-token\n", string(starts))
}
