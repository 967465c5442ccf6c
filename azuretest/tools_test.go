//go:build unix

package azuretest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// tools are the developer tools, with the credential that runs each.
var tools = map[azuretest.Endpoint]struct {
	credential func(tenant string) (azcore.TokenCredential, error)
	signedOut  string
	clientID   string
}{
	azuretest.AzureCLI: {func(tenant string) (azcore.TokenCredential, error) {
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: tenant})
	}, "az login", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"},
	azuretest.AzureDeveloperCLI: {func(tenant string) (azcore.TokenCredential, error) {
		return azidentity.NewAzureDeveloperCLICredential(&azidentity.AzureDeveloperCLICredentialOptions{TenantID: tenant})
	}, "azd auth login", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"},
	azuretest.AzurePowerShell: {func(tenant string) (azcore.TokenCredential, error) {
		return azidentity.NewAzurePowerShellCredential(&azidentity.AzurePowerShellCredentialOptions{TenantID: tenant})
	}, "Connect-AzAccount", "1950a258-227b-4e31-a9cf-717495945fc2"},
}

// workbench is a cloud with one tool, first on PATH.
func workbench(t *testing.T, tool azuretest.Endpoint) *azuretest.Cloud {
	t.Helper()
	cloud := azuretest.New(t)
	dir := filepath.Join(t.TempDir(), "it's a bin")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, cloud.InstallTool(tool, dir))
	t.Setenv("PATH", dir)
	return cloud
}

func TestTools(t *testing.T) {
	for tool, tt := range tools {
		t.Run(string(tool), func(t *testing.T) {
			cloud := workbench(t, tool)
			credential, err := tt.credential("")
			require.NoError(t, err)
			_, err = ask(t, credential, nil)
			require.ErrorContains(t, err, tt.signedOut)

			dev := cloud.SignIn(azuretest.Identity{Name: "dev@contoso.com"})
			tok, err := ask(t, credential, nil)
			require.NoError(t, err)
			claims := verified(t, cloud, tok, dev)
			assert.Equal(t, "user", payload(t, tok.Token)["idtyp"])
			assert.Equal(t, tt.clientID, claims.ClientID)

			credential, err = tt.credential(dev.TenantID)
			_, err = ask(t, credential, err)
			assert.NoError(t, err)
			credential, err = tt.credential("elsewhere")
			_, err = ask(t, credential, err)
			assert.ErrorContains(t, err, "AADSTS90002")

			cloud.SignOut()
			credential, err = tt.credential("")
			_, err = ask(t, credential, err)
			assert.ErrorContains(t, err, tt.signedOut)
			assert.Equal(t, 5, cloud.TokenRequests())
			second := cloud.Requests()[1]
			assert.Equal(t, tool, second.Endpoint)
			assert.Equal(t, azuretest.OSSRDBMSAudience, second.Resource)
			assert.Equal(t, "dev@contoso.com", second.Name)
			assert.Zero(t, second.Status)
		})
	}
}

func TestToolFaults(t *testing.T) {
	tests := map[string]struct {
		fault azuretest.Fault
		want  string
	}{
		"its own words":    {azuretest.Fault{Status: 1}, "unexpected error"},
		"other words":      {azuretest.Fault{Status: 3, Body: "ERROR: one\\two\nthree"}, "one\\two\nthree"},
		"an HTTP status":   {azuretest.Fault{Status: 500}, "unexpected error"},
		"garbage":          {azuretest.Fault{Status: 200, Body: "<html>"}, "invalid character"},
		"ends without one": {azuretest.Fault{CloseConn: true}, "exit status 1"},
		"slow":             {azuretest.Fault{Delay: time.Hour}, "killed"},
		"a short delay":    {azuretest.Fault{Delay: time.Millisecond}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cloud := workbench(t, azuretest.AzureCLI)
			cloud.SignIn(azuretest.Identity{})
			tt.fault.Endpoint = azuretest.AzureCLI
			cloud.Inject(tt.fault)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.fault.Delay > time.Minute {
				go func() {
					assert.Eventually(t, func() bool { return cloud.TokenRequests() == 1 }, 10*time.Second, time.Millisecond)
					cancel()
				}()
			}
			credential, err := azidentity.NewAzureCLICredential(nil)
			require.NoError(t, err)
			_, err = credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
			if tt.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, tt.want)
			}
			assert.Equal(t, 1, cloud.TokenRequests())
		})
	}
}

func TestCloseEndsHangingTools(t *testing.T) {
	cloud := workbench(t, azuretest.AzureCLI)
	cloud.Inject(azuretest.Fault{Delay: time.Hour})
	ended := make(chan error, 1)
	go func() { ended <- exec.Command("az", "account", "get-access-token").Run() }()
	require.Eventually(t, func() bool { return cloud.TokenRequests() == 1 }, 10*time.Second, time.Millisecond)
	require.NoError(t, cloud.Close())
	assert.ErrorContains(t, <-ended, "exit status 1")
}

// The script is run directly: azidentity waits only 100 ms for the rest of a
// script's output once it has ended, which a busy machine may exceed.
func TestToolCallsAtOnce(t *testing.T) {
	cloud := workbench(t, azuretest.AzureCLI)
	dev := cloud.SignIn(azuretest.Identity{})
	cloud.Inject(azuretest.Fault{Delay: 20 * time.Millisecond})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			out, err := exec.Command("az", "account", "get-access-token", "-o", "json", "--resource", azuretest.OSSRDBMSAudience).Output()
			assert.NoError(t, err)
			var answer struct{ AccessToken string }
			assert.NoError(t, json.Unmarshal(out, &answer))
			claims, err := cloud.Verify(answer.AccessToken, azuretest.OSSRDBMSAudience)
			assert.NoError(t, err)
			assert.Equal(t, dev.ObjectID, claims.ObjectID)
		})
	}
	wg.Wait()
	assert.Equal(t, 8, cloud.TokenRequests())
}

func TestToolOtherCommandsAndClosedCloud(t *testing.T) {
	cloud := workbench(t, azuretest.AzureCLI)
	run := func(args ...string) (string, error) {
		var stderr bytes.Buffer
		cmd := exec.Command("az", args...)
		cmd.Stderr = &stderr
		err := cmd.Run()
		return stderr.String(), err
	}
	text, err := run("account", "show")
	assert.ErrorContains(t, err, "exit status 2")
	assert.Contains(t, text, "stand-in")
	assert.Zero(t, cloud.TokenRequests())
	assert.Equal(t, "account show", cloud.Requests()[0].Path)

	require.NoError(t, cloud.Close())
	text, err = run("account", "get-access-token")
	assert.ErrorContains(t, err, "exit status 1")
	assert.Contains(t, text, "closed")
}

func TestLargeTokenThroughATool(t *testing.T) {
	cloud := workbench(t, azuretest.AzureCLI)
	big := make([]byte, 40_000)
	dev := cloud.SignIn(azuretest.Identity{Claims: map[string]any{"wids": big}})
	credential, err := azidentity.NewAzureCLICredential(nil)
	tok, err := ask(t, credential, err)
	require.NoError(t, err)
	verified(t, cloud, tok, dev)
	assert.Greater(t, len(tok.Token), 65_536)
}
