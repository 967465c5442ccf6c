// Package connectortest has what the tests of connector and of its rooms share.
package connectortest

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// Bench is a test cloud, and a process that sees no marker, no tool and no asset tag.
type Bench struct {
	*azuretest.Cloud
	t     *testing.T
	tools string // directory on PATH
	sys   string // what stands for /sys
}

func NewBench(t *testing.T) *Bench {
	t.Helper()
	ClearMarkers(t)
	b := &Bench{Cloud: azuretest.New(t), t: t, tools: t.TempDir(), sys: t.TempDir()}
	t.Setenv("PATH", b.tools)
	t.Setenv("HOST_SYS", b.sys)
	return b
}

// ClearMarkers takes the host markers out of the process's environment.
func ClearMarkers(t *testing.T) {
	t.Helper()
	for _, name := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET"} {
		t.Setenv(name, "")
	}
}

// Install puts stand-ins for the developer's tools on PATH. They are shell
// scripts, so that tests with them are skipped on Windows.
func (b *Bench) Install(tools ...azuretest.Endpoint) {
	b.t.Helper()
	if runtime.GOOS == "windows" {
		b.t.Skip("azuretest's az needs a POSIX shell")
	}
	for _, tool := range tools {
		require.NoError(b.t, b.InstallTool(tool, b.tools))
	}
}

// OnLaptop installs the tools and makes IMDS unreachable.
func (b *Bench) OnLaptop(tools ...azuretest.Endpoint) {
	b.t.Helper()
	b.Install(tools...)
	b.Inject(azuretest.Fault{Endpoint: azuretest.IMDS, CloseConn: true})
}

// OnAppService sets App Service's markers.
func (b *Bench) OnAppService() { azuretest.Setenv(b.t, b.AppServiceEnviron()...) }

// Seen counts the requests to an endpoint.
func (b *Bench) Seen(e azuretest.Endpoint) (n int) {
	for _, r := range b.Requests() {
		if r.Endpoint == e {
			n++
		}
	}
	return n
}

// AssertClean checks that an error is one line without tokens and secrets.
func AssertClean(t *testing.T, err error, secrets ...string) {
	t.Helper()
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, err.Error(), "eyJ")
	for _, secret := range secrets {
		assert.NotContains(t, err.Error(), secret)
	}
}
