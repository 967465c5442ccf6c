package credential

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/azclitest"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

const (
	supportLines = "Trace ID: d580793e-e9a6-4b1e-8bcf-a868e4628700 Correlation ID: 37ed27a4-c7c0-46aa-82d5-78c1b329ef95 Timestamp: 2026-07-04 10:28:43Z\n"
	interactive  = "Interactive authentication is needed. Please run:\naz login --scope https://ossrdbms-aad.database.windows.net/.default\n"
	mfa          = "AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '123cd850-d9df-40bd-94d5-c9f07b7fa203'. "
	inactive     = "AADSTS700082: The refresh token has expired due to inactivity. The token was issued on 2021-10-05T11:50:24.4394320Z and was inactive for 90.00:00:00. "
	stranger     = "AADSTS50020: User account 'ann@outlook.com' from identity provider 'live.com' does not exist in tenant 'Contoso' and cannot access the application '04b07795-8ddb-461a-bbee-02f9e1bf7b46'(Microsoft Azure CLI) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account. "
	rotated      = "AADSTS7000222: The provided client secret keys for app are expired. "
	unfederated  = "AADSTS7002138: No matching federated identity record found for presented assertion subject 'repo:x/y:environment:Production'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. "
	traceback    = "ERROR: The command failed with an unexpected error. Here is the traceback:\nERROR: inner\nTraceback (most recent call last):\n  File \"/opt/az/lib/cli.py\", line 233, in invoke\n    cmd_result = self.invocation.execute(args)\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/opt/az/lib/x.py\", line 1, in y\n    raise PermissionError()\nPermissionError: [Errno 13] Permission denied: '/root/.azure/msal_token_cache.json'\nTo check existing issues, please visit: https://github.com/Azure/azure-cli/issues\n"
)

// toolThat puts a stand-in of the kind's program on PATH, and returns a source that asks it.
func toolThat(t *testing.T, kind passwordless.IdentityKind, script string) *Source {
	t.Helper()
	dir := t.TempDir()
	name := map[passwordless.IdentityKind]string{passwordless.AzureCLI: "az", passwordless.AzureDeveloperCLI: "azd", passwordless.AzurePowerShell: "pwsh"}[kind]
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755))
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	s, err := New(identity.Identity{Kind: kind}, cloud.Cloud{Scope: connectortest.ScopeOSS}, &passwordless.Options{})
	require.NoError(t, err)
	return s
}

// says is a script that writes text to stderr and fails.
func says(text string) string { return "cat >&2 <<'END'\n" + text + "\nEND\nexit 1\n" }

func TestDevelopersToolsKeepTheirCause(t *testing.T) {
	az, azd, pwsh := passwordless.AzureCLI, passwordless.AzureDeveloperCLI, passwordless.AzurePowerShell
	const command = "sign in with az login --scope https://ossrdbms-aad.database.windows.net/.default"
	for _, row := range []struct {
		name   string
		kind   passwordless.IdentityKind
		script string
		text   string
		hint   string
	}{
		{"50076", az, says("ERROR: " + mfa + supportLines + interactive), "AADSTS50076", command},
		{"700082", az, says("ERROR: " + inactive + supportLines + interactive), "AADSTS700082", command},
		{"50020", az, says("ERROR: " + stranger + supportLines + interactive), "AADSTS50020", "az login --scope https://"},
		{"quoted", az, says("ERROR: " + inactive + supportLines + "Please run:\naz logout\naz login --tenant \"t\" --scope \"https://x/.default\""), "AADSTS700082", `az logout && az login --tenant "t" --scope "https://x/.default"`},
		{"rotated secret", az, says("ERROR: " + rotated + supportLines), "AADSTS7000222", "az login --service-principal"},
		{"letter case", az, says("ERROR: " + unfederated + supportLines), "AADSTS7002138", "issuer, subject and audience, which are compared as text, letter case included"},
		{"assertion", az, says("ERROR: AADSTS700024: Client assertion is not within its valid time range."), "AADSTS700024", "az login --service-principal"},
		{"traceback", az, says(traceback), "PermissionError: [Errno 13]", "sign in with az login"},
		{"preamble", az, says("WARNING: a new version is available\nERROR: it broke"), "sign-in: it broke", "sign in with az login"},
		{"network", az, says("ERROR: HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded with url: /x"), "Max retries", "az does not reach Microsoft Entra"},
		{"nothing", az, "exit 0", "az printed nothing", "az must print JSON alone"},
		{"something first", az, `echo 'Hello'; echo '{"accessToken":"x"}'`, "az printed something that is not JSON", "az must print JSON alone"},
		{"cut", az, `echo '{"accessToken":'`, "az printed JSON that has no end", "az must print JSON alone"},
		{"no token", az, `echo '{}'`, "az printed JSON that holds no token", "az must print JSON alone"},
		{"killed", az, "kill -9 $$", "az was killed", "something ended az"},
		{"azd 50076", azd, says(`{"error":"fetching token: ` + mfa + `reauthentication required, run ` + "`azd auth login --scope https://x/.default`" + ` to log in"}`), "AADSTS50076", "azd auth login --scope https://x/.default"},
		{"azd rotated secret", azd, says(`{"error":"fetching token: ` + rotated + `"}`), "AADSTS7000222", "azd auth login --client-id"},
		{"update notice", az, says("You have 2 update(s) available. Consider updating your CLI installation with 'az upgrade'\nERROR: it broke"), "sign-in: it broke", "sign in with az login"},
		{"killed in a script", az, says("az: line 3: 12 Killed                  python -m azure.cli"), "az was killed", "something ended az"},
		{"crashed", az, "kill -11 $$", "az was killed", "something ended az"},
		{"azd's events", azd, says(`{"type":"consoleMessage","timestamp":"2026-01-01T00:00:00Z","data":{"message":"\n\u001b[31mERROR: fetching token: ` + mfa + `\n` + strings.TrimSpace(supportLines) + `\u001b[0m\n"}}` + "\n" +
			`{"type":"consoleMessage","data":{"message":"Suggestion: run azd auth login --scope https://x/.default to acquire a new token.\n"}}`), "sign-in: AADSTS50076", "sign in with azd auth login"},
		{"CLIXML", pwsh, says("#< CLIXML\n" + `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj S="progress" RefId="0"><I64 N="x">9</I64></Obj>` +
			`<S S="Error">_x001B_[31;1mGet-AzAccessToken: _x001B_[0m_x000D__x000A_</S><S S="Error">_x001B_[31;1m` + mfa + `_x001B_[0m_x000D__x000A_</S></Objs>`), "sign-in: AADSTS50076", "sign in with Connect-AzAccount"},
		{"azd nothing", azd, "exit 0", "azd printed nothing", "azd must print JSON alone"},
		{"azd something first", azd, "echo Hello", "azd printed something", "azd must print JSON alone"},
		{"PowerShell 50076", pwsh, says("Get-AzAccessToken: \nLine |\n  27 |  $token = Get-AzAccessToken @params\n     |           ~~~~~~~~~~~~~~~~~\n     | " + mfa), "sign-in: AADSTS50076", "sign in with Connect-AzAccount"},
		{"PowerShell rotated secret", pwsh, says("Get-AzAccessToken: " + rotated), "AADSTS7000222", "Connect-AzAccount -ServicePrincipal"},
		{"PowerShell nothing", pwsh, "exit 0", "PowerShell printed nothing", "PowerShell must print JSON alone"},
		{"PowerShell something first", pwsh, "echo Hello", "PowerShell printed something", "PowerShell must print JSON alone"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := toolThat(t, row.kind, row.script).Fetch(t.Context(), false)
			require.ErrorContains(t, err, row.text)
			require.ErrorContains(t, err, row.hint)
			azclitest.Read(t).RequireCommands(t, AdviceOf(err).Hint)
			assert.Equal(t, "developer-sign-in", AdviceOf(err).Anchor)
			connectortest.AssertClean(t, err, "Trace ID", "Correlation ID", "Timestamp", "Traceback", "During handling", "inner", "line 233", "WARNING", "CLIENTSECRET", "pod", "aka.ms", "~~", "_x0", "<S", "Message", "Credential:")
		})
	}
}

func TestAToolThatIsStoppedIsNamed(t *testing.T) {
	for kind, program := range map[passwordless.IdentityKind]string{
		passwordless.AzureCLI: "az", passwordless.AzureDeveloperCLI: "azd", passwordless.AzurePowerShell: "PowerShell",
	} {
		t.Run(program, func(t *testing.T) {
			s := toolThat(t, kind, "exec sleep 30")
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err := s.Fetch(ctx, false)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, program+" did not answer within ")
			require.NotContains(t, err.Error(), "illed")
			require.NotContains(t, err.Error(), "printed")
			require.ErrorContains(t, err, program+" is slow or waits for something")
			assert.Equal(t, "developer-sign-in", AdviceOf(err).Anchor)
			assert.True(t, IsTemporary(err))
		})
	}
}

func TestWhatAStoppedToolHadPrintedIsSaid(t *testing.T) {
	s := toolThat(t, passwordless.AzureCLI, "echo 'ERROR: waiting for the browser' >&2; exec sleep 30")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := s.Fetch(ctx, false)
	require.ErrorContains(t, err, "az did not answer within ")
	require.ErrorContains(t, err, "; it had printed: waiting for the browser")
}

// The advice for the connection's own secret, client and pod is not given where there is none.
func TestAdviceIsForTheIdentity(t *testing.T) {
	entra := func(code string) error { return fmt.Errorf("AADSTS%s: no", code) }
	for _, row := range []struct {
		id   identity.Identity
		code string
		want string
		not  string
	}{
		{identity.Identity{Kind: passwordless.ServicePrincipal}, "7000215", "CLIENTSECRET must be", "AZURE_CLIENT_SECRET"},
		{identity.Identity{Kind: passwordless.ServicePrincipal, Ambient: true}, "7000215", "AZURE_CLIENT_SECRET must be", " CLIENTSECRET"},
		{identity.Identity{Kind: passwordless.CustomCredential}, "7000222", "Options.Credential", "CLIENTSECRET"},
		{identity.Identity{Kind: passwordless.Interactive}, "700016", "sign in again", "CLIENTID"},
		{identity.Identity{Kind: passwordless.DeviceCode}, "50076", "sign in again", "CLIENTID"},
		{identity.Identity{Kind: passwordless.WorkloadIdentity}, "700213", "issuer, subject and audience", "pod"},
		{identity.Identity{Kind: passwordless.WorkloadIdentity}, "700024", "AZURE_FEDERATED_TOKEN_FILE", "pod"},
		{identity.Identity{Kind: passwordless.WorkloadIdentity, InPod: true}, "7002138", "letter case included; the subject is system:serviceaccount", "CLIENTID"},
		{identity.Identity{Kind: passwordless.WorkloadIdentity, InPod: true}, "700024", "the pod's token has expired", "CLIENTID"},
		{identity.Identity{Kind: passwordless.WorkloadIdentity}, "700211", "letter case", "pod"},
		{identity.Identity{Kind: passwordless.WorkloadIdentity}, "700212", "letter case", "pod"},
		{identity.Identity{Kind: passwordless.WorkloadIdentity}, "70021", "letter case", "pod"},
	} {
		err := newIdentityError(t.Context(), row.id, entra(row.code), &lastResponse{})
		assert.Contains(t, err.Error(), row.want, row.code)
		assert.NotContains(t, err.Error(), row.not, row.code)
	}
	on := identity.Identity{Kind: passwordless.UserAssigned, ClientID: connectortest.Client, InAzure: true, OnPath: []passwordless.IdentityKind{passwordless.AzureCLI}}
	last := &lastResponse{exchange: exchange{status: 400, body: []byte(`{"error":"invalid_request","error_description":"Identity not found"}`)}}
	assert.Contains(t, newIdentityError(t.Context(), on, entra("x"), last).Error(), "AZURE_TOKEN_CREDENTIALS=dev")
	on.OnPath = nil
	assert.False(t, strings.Contains(newIdentityError(t.Context(), on, entra("x"), last).Error(), "AZURE_TOKEN_CREDENTIALS"))
}
