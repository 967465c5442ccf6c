package connector

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/plan"
)

// inspect is plan.Inspect for an environment of NAME=value lines.
func inspect(t *testing.T, engine dsn.Engine, s string, environ ...string) (plan.Inspection, error) {
	t.Helper()
	i, err := plan.Inspect(engine, s, &passwordless.Options{Environ: func() []string { return environ }})
	assert.Empty(t, passwordless.Statuses(), "nothing is left open")
	printed, jsonErr := json.Marshal(i)
	require.NoError(t, jsonErr)
	assert.NotContains(t, string(printed)+fmt.Sprintf("%+v %#v %v", i, i, err), connectortest.Canary)
	return i, err
}

func TestInspectTellsWhatOpenDoes(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	i, err := inspect(t, dsn.PostgreSQL, "", a.environ...)
	require.NoError(t, err)
	opened := a.open(t).Status()
	opened.Token = passwordless.Stats{} // nothing is open
	assert.Equal(t, opened, i.Status)
	assert.Equal(t, a.identity.ClientID, i.ClientID)
	assert.Equal(t, dsn.TLSRequire, i.Config.TLS)
	assert.Equal(t, []string{testHost}, i.ServerNames)
	assert.Equal(t, []string{testHost + " is a known Azure Database for PostgreSQL host in AzureCloud: it may receive the token"}, i.Trust)
	assert.Empty(t, i.Secrets)
	assert.False(t, i.Probe)
	assert.Zero(t, a.cloud.TokenRequests())
}

func TestInspectNamesTheAmbientVariablesThatCount(t *testing.T) {
	i, err := inspect(t, dsn.PostgreSQL, "host=db.example.com user=me", append(connectortest.Pod,
		"PASSWORDLESS_TRUSTED_HOSTS=db.example.com", "AZURE_CLIENT_SECRET="+connectortest.Canary, "AZURE_POSTGRESQL_HOST=other")...)
	require.NoError(t, err)
	assert.Equal(t, []string{"AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID", "PASSWORDLESS_TRUSTED_HOSTS"}, i.Variables)
	assert.Equal(t, []string{"db.example.com is listed in PASSWORDLESS_TRUSTED_HOSTS: it may receive the token"}, i.Trust)

	i, err = inspect(t, dsn.PostgreSQL, "host="+connectortest.HostA+" user=me password="+connectortest.Canary, connectortest.Pod...)
	require.NoError(t, err)
	assert.Empty(t, i.Variables, "a pod does not matter for a password")
}

// On a developer's machine the answer is the one for the cloud, and says so.
func TestInspectDoesNotProbe(t *testing.T) {
	b := connectortest.NewBench(t)
	ran := filepath.Join(t.TempDir(), "ran")
	b.Install()
	require.NoError(t, os.WriteFile(filepath.Join(os.Getenv("PATH"), "az"), []byte("#!/bin/sh\necho > "+ran+"\n"), 0o755))
	environ := []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA}
	i, err := inspect(t, dsn.PostgreSQL, "", environ...)
	require.NoError(t, err)
	assert.Equal(t, passwordless.SystemAssigned, i.Kind)
	assert.True(t, i.Probe)
	assert.Equal(t, []passwordless.IdentityKind{passwordless.AzureCLI}, i.Developer)
	assert.Equal(t, "ua", i.User)

	i, err = inspect(t, dsn.PostgreSQL, "", append(environ, "AZURE_TOKEN_CREDENTIALS=dev")...)
	require.NoError(t, err)
	assert.Equal(t, passwordless.AzureCLI, i.Kind)
	assert.Equal(t, "developer sign-in", i.Rule)
	assert.Empty(t, i.User, "the token names it")
	assert.NoFileExists(t, ran)
	assert.Empty(t, b.Requests())
}

const split = "AZURE_POSTGRESQL_HOST=" + connectortest.HostA

// inspectOfAFaultCases are the rows of TestInspectOfAFault.
var inspectOfAFaultCases = []struct {
	name    string
	engine  dsn.Engine
	ask     string
	env     []string
	err     string
	host    string
	kind    passwordless.IdentityKind // 0: not known
	secrets []string
	cloud   string // default AzureCloud
	tls     string
	trust   string
}{
	{name: "nothing is set", err: "no connection settings", kind: passwordless.SystemAssigned},
	{name: "several connections", env: []string{"AZURE_POSTGRESQL_A_HOST=" + connectortest.HostA, "AZURE_POSTGRESQL_B_HOST=" + connectortest.HostB}, err: "for the connections A, B"},
	{name: "no such variable", ask: "env:DB", err: "DB: is not set"},
	{name: "no host", env: []string{"AZURE_POSTGRESQL_CLIENTID=" + connectortest.ClientA}, err: "the host is missing"},
	{name: "bad log level", ask: connectortest.StringA + " sslmode=verify-full", env: []string{"PASSWORDLESS_LOG=x"}, err: "unknown level", host: connectortest.HostA, kind: passwordless.SystemAssigned,
		tls: "the server is verified in full", trust: connectortest.HostA + " is a known Azure Database for PostgreSQL host in AzureCloud: it may receive the token"},
	{name: "unresolved connection string", env: []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.KeyVault},
		err: "unresolved key vault", kind: passwordless.PasswordLogin},
	{name: "unresolved literal", ask: "@Microsoft.AppConfiguration(Key=" + connectortest.Canary + ")", err: "unresolved app configuration"},
	{name: "unresolved password", env: []string{split, "AZURE_POSTGRESQL_USER=u", "AZURE_POSTGRESQL_PASSWORD=" + connectortest.KeyVault},
		err: "AZURE_POSTGRESQL_PASSWORD: unresolved", host: connectortest.HostA, kind: passwordless.PasswordLogin},
	{name: "unresolved client ID", env: []string{split, "AZURE_POSTGRESQL_CLIENTID=" + connectortest.KeyVault, "AZURE_POSTGRESQL_CLIENTSECRET=" + connectortest.Canary},
		err: "AZURE_POSTGRESQL_CLIENTID: unresolved", host: connectortest.HostA, secrets: []string{"client_secret"}},
	{name: "unresolved client secret", env: []string{split, "AZURE_POSTGRESQL_CLIENTID=" + connectortest.ClientA, "AZURE_POSTGRESQL_CLIENTSECRET=" + connectortest.KeyVault, "AZURE_POSTGRESQL_TENANTID=t"},
		err: "AZURE_POSTGRESQL_CLIENTSECRET: unresolved", host: connectortest.HostA, kind: passwordless.ServicePrincipal},
	{name: "unresolved client ID in SQL Server's user name", engine: dsn.SQLServer, env: []string{"AZURE_SQL_HOST=" + connectortest.HostSQL, "AZURE_SQL_USERNAME=" + connectortest.KeyVault,
		"AZURE_SQL_PASSWORD=" + connectortest.KeyVault, "AZURE_SQL_AUTHENTICATION=azure-active-directory-default"}, err: "AZURE_SQL_USERNAME: unresolved", host: connectortest.HostSQL},
	{name: "a word for a login that is not built in", engine: dsn.SQLServer, env: []string{"AZURE_SQL_HOST=" + connectortest.HostSQL, "AZURE_SQL_USERNAME=u", "AZURE_SQL_PASSWORD=" + connectortest.Canary,
		"AZURE_SQL_AUTHENTICATION=ActiveDirectoryPassword"}, err: "AZURE_SQL_AUTHENTICATION: ", host: connectortest.HostSQL, secrets: []string{"password"}},
	{name: "two words", engine: dsn.SQLServer, env: []string{"AZURE_SQL_CONNECTIONSTRING=Server=" + connectortest.HostSQL + ";Authentication=azcli", "AZURE_SQL_AUTHENTICATION=ActiveDirectoryMsi"},
		err: "has another value", host: connectortest.HostSQL},
	{name: "unresolved host", env: []string{"AZURE_POSTGRESQL_HOST=" + connectortest.KeyVault, "AZURE_POSTGRESQL_CLIENTID=" + connectortest.ClientA},
		err: "AZURE_POSTGRESQL_HOST: unresolved", kind: passwordless.UserAssigned},
	{name: "malformed string", ask: "host=" + connectortest.HostA + " password='" + connectortest.Canary, err: "password: a quoted value"},
	{name: "malformed string in a variable", env: []string{"DB=host='" + connectortest.Canary}, ask: "env:DB", err: "DB: "},
	{name: "bad port", env: []string{split, "AZURE_POSTGRESQL_PORT=" + connectortest.Canary}, err: "AZURE_POSTGRESQL_PORT: "},
	{name: "conflict", env: []string{split, "AZURE_POSTGRESQL_SERVER=" + connectortest.HostB, "AZURE_POSTGRESQL_CLIENTID=" + connectortest.ClientA}, err: "has another value", kind: passwordless.UserAssigned},
	{name: "missing user", engine: dsn.SQLServer, ask: "Server=" + connectortest.HostSQL + ";Password=" + connectortest.Canary, err: "missing user",
		host: connectortest.HostSQL, kind: passwordless.PasswordLogin, secrets: []string{"password"}},
	{name: "password and identity", ask: connectortest.StringA + " client_id=" + connectortest.ClientA + " password=" + connectortest.Canary, err: "both a password and an identity",
		host: connectortest.HostA, secrets: []string{"password"}},
	{name: "no TLS with a token", ask: "host=s.postgres.database.usgovcloudapi.net user=u sslmode=disable", err: "disabled TLS",
		host: "s.postgres.database.usgovcloudapi.net", kind: passwordless.SystemAssigned, cloud: "AzureUSGovernment", trust: "s.postgres.database.usgovcloudapi.net is a known Azure Database for PostgreSQL host in AzureUSGovernment: it may receive the token"},
	{name: "untrusted", ask: "host=db.example.com user=u sslmode=require", err: "refusing to send the token", host: "db.example.com",
		kind: passwordless.SystemAssigned, trust: "db.example.com is not trusted: refusing to send the token"},
	{name: "two clouds", ask: "host=a.postgres.database.usgovcloudapi.net,b.postgres.database.azure.com user=u", err: "tokens of different kinds",
		host: "a.postgres.database.usgovcloudapi.net", kind: passwordless.SystemAssigned, cloud: "not known"},
	{name: "bad authority", ask: connectortest.StringA, env: []string{"AZURE_AUTHORITY_HOST=" + connectortest.Canary}, err: "AZURE_AUTHORITY_HOST: not a URL", host: connectortest.HostA,
		kind: passwordless.SystemAssigned, cloud: "not known"},
	{name: "unreadable certificate", ask: connectortest.StringA + " authentication=service-principal client_certificate_path=/none tenant_id=t client_id=" + connectortest.ClientA,
		err: "client_certificate_path: ", host: connectortest.HostA, kind: passwordless.ServicePrincipalCertificate,
		tls: "no TLS mode was set: the server is verified in full", trust: connectortest.HostA + " is a known Azure Database for PostgreSQL host in AzureCloud: it may receive the token"},
}

// What is known although Open fails.
func TestInspectOfAFault(t *testing.T) {
	onAppServiceWithoutTools(t)
	for _, row := range inspectOfAFaultCases {
		t.Run(row.name, func(t *testing.T) {
			engine := max(row.engine, dsn.PostgreSQL)
			i, err := inspect(t, engine, row.ask, row.env...)
			require.ErrorAs(t, err, new(*passwordless.SetupError))
			require.ErrorContains(t, err, row.err)
			_, openErr := Open(engine, row.ask, &passwordless.Options{Environ: func() []string { return row.env }})
			assert.EqualError(t, openErr, err.Error())

			host := ""
			if len(i.Hosts) > 0 {
				host = i.Hosts[0].Name
			}
			assert.Equal(t, row.host, host)
			assert.Equal(t, row.kind, i.Kind)
			assert.Equal(t, row.secrets, i.Secrets)
			assert.Equal(t, row.tls, i.TLS)
			assert.Equal(t, row.trust, strings.Join(i.Trust, "; "))
			switch row.cloud {
			case "":
				row.cloud = "AzureCloud"
			case "not known":
				row.cloud = ""
			}
			assert.Equal(t, row.cloud, i.Cloud)
			assert.Equal(t, row.cloud != "", i.Scope != "")
			assert.Equal(t, row.cloud != "", i.Authority != "")
		})
	}
}

// The ID of SQL Server's user name is what Service Connector's pages call it.
func TestInspectOfAnIDOfEitherKind(t *testing.T) {
	onAppServiceWithoutTools(t)
	i, err := inspect(t, dsn.SQLServer, "", "AZURE_SQL_SERVER="+connectortest.HostSQL, "AZURE_SQL_DATABASE=d", "AZURE_SQL_USER="+connectortest.ClientA, "AZURE_SQL_AUTHENTICATION=ActiveDirectoryMsi")
	require.NoError(t, err)
	assert.True(t, i.EitherID)
	assert.Equal(t, []string{"", connectortest.ClientA}, []string{i.ClientID, i.ObjectID})

	i, err = inspect(t, dsn.SQLServer, "Server="+connectortest.HostSQL+";User ID="+connectortest.ClientA+";Authentication=ActiveDirectoryManagedIdentity")
	require.NoError(t, err)
	assert.True(t, i.EitherID)
	assert.Equal(t, []string{connectortest.ClientA, ""}, []string{i.ClientID, i.ObjectID})
}

func TestInspectOfSecrets(t *testing.T) {
	onAppServiceWithoutTools(t)
	for s, want := range map[string]string{
		"Server=" + connectortest.HostSQL + ";User ID=sa;Password=" + connectortest.Canary:                                                                                "password",
		"Server=" + connectortest.HostSQL + ";User ID=" + connectortest.ClientA + ";Password=" + connectortest.Canary + ";Authentication=ActiveDirectoryServicePrincipal": "client_secret",
		"Server=" + connectortest.HostSQL + ";User ID=" + connectortest.ClientA:                                                                                           "",
	} {
		i, err := inspect(t, dsn.SQLServer, s)
		require.NoError(t, err)
		assert.Equal(t, want, strings.Join(i.Secrets, " "))
		assert.Equal(t, want != "", i.Config.Password.Reveal() == "***")
		assert.NotEmpty(t, i.Scope, "also for passwords")
		assert.Equal(t, want == "password", len(i.Trust) == 0)
		assert.True(t, slices.IsSorted(i.Variables))
	}
}
