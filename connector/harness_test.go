package connector

import (
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
)

// bench is a test cloud, and a process that sees no marker, no tool and no asset tag.
type bench struct {
	*azuretest.Cloud
	t     *testing.T
	tools string // directory on PATH
	sys   string // what stands for /sys
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clearMarkers(t)
	b := &bench{Cloud: azuretest.New(t, nil), t: t, tools: t.TempDir(), sys: t.TempDir()}
	t.Setenv("PATH", b.tools)
	t.Setenv("HOST_SYS", b.sys)
	return b
}

// clearMarkers takes the host markers out of the process's environment.
func clearMarkers(t *testing.T) {
	t.Helper()
	for _, name := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET"} {
		t.Setenv(name, "")
	}
}

// install puts stand-ins for the developer's tools on PATH. They are shell
// scripts, so that tests with them are skipped on Windows.
func (b *bench) install(tools ...func(dir string) error) {
	b.t.Helper()
	if runtime.GOOS == "windows" {
		b.t.Skip("azuretest's az needs a POSIX shell")
	}
	for _, install := range tools {
		require.NoError(b.t, install(b.tools))
	}
}

// onLaptop installs the tools and makes IMDS unreachable.
func (b *bench) onLaptop(tools ...func(dir string) error) {
	b.t.Helper()
	b.install(tools...)
	b.Inject(azuretest.Fault{Endpoint: azuretest.IMDS, CloseConn: true})
}

// onAppService sets App Service's markers.
func (b *bench) onAppService() { azuretest.Setenv(b.t, b.AppServiceEnviron()...) }

// cloudInfo leads to the test cloud's authority, for PostgreSQL.
func (b *bench) cloudInfo() cloudInfo {
	return cloudInfo{name: "AzureCloud", scope: publicOSS, authority: b.AuthorityHost()}
}

// source is that of the identity that is chosen for the connection's keys.
func (b *bench) source(id dsn.Identity, environ ...string) *source {
	b.t.Helper()
	o := &Options{Transport: b.Transport()}
	chosen, err := choose(dsn.Config{Engine: dsn.PostgreSQL, Identity: id}, newVariables(environ), detectHost(), o)
	require.NoError(b.t, err)
	s, err := newSource(chosen, b.cloudInfo(), o)
	require.NoError(b.t, err)
	return s
}

// fetch asks s for a token and checks whose it is.
func (b *bench) fetch(s *source, fresh bool, whose azuretest.Identity) azcore.AccessToken {
	b.t.Helper()
	tok, err := s.fetch(b.t.Context(), fresh)
	require.NoError(b.t, err)
	claims, err := b.Verify(tok.Token, azuretest.OSSRDBMSAudience)
	require.NoError(b.t, err)
	assert.True(b.t, claims.Matches(whose.Name), "the token is for %q", claims.Name)
	return tok
}

// fails asks s for a token that it cannot get. The error must be one line and
// hold none of the secrets.
func (b *bench) fails(s *source, secrets ...string) error {
	b.t.Helper()
	_, err := s.fetch(b.t.Context(), false)
	require.Error(b.t, err)
	assertClean(b.t, err, secrets...)
	return err
}

func assertClean(t *testing.T, err error, secrets ...string) {
	t.Helper()
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, err.Error(), "eyJ")
	for _, secret := range secrets {
		assert.NotContains(t, err.Error(), secret)
	}
}

// logBuffer is a log that may be read while a cache still writes to it: events
// arrive from its own goroutine.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
