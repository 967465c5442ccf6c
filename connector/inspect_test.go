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

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
)

// inspect is Inspect for an environment of NAME=value lines.
func inspect(t *testing.T, engine dsn.Engine, s string, environ ...string) (Inspection, error) {
	t.Helper()
	i, err := Inspect(engine, s, &Options{Environ: func() []string { return environ }})
	assert.Empty(t, Statuses(), "nothing is left open")
	printed, jsonErr := json.Marshal(i)
	require.NoError(t, jsonErr)
	assert.NotContains(t, string(printed)+fmt.Sprintf("%+v %#v %v", i, i, err), canary)
	return i, err
}

func TestInspectTellsWhatOpenDoes(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	i, err := inspect(t, dsn.PostgreSQL, "", a.environ...)
	require.NoError(t, err)
	assert.Equal(t, a.open(t).Status(), i.Status)
	assert.Equal(t, a.identity.ClientID, i.ClientID)
	assert.Equal(t, dsn.TLSRequire, i.Config.TLS)
	assert.Equal(t, []string{testHost}, i.ServerNames)
	assert.Equal(t, []string{testHost + " is one of Azure Database for PostgreSQL's names in AzureCloud, so it may have the token"}, i.Trust)
	assert.Empty(t, i.Secrets)
	assert.False(t, i.Probe)
	assert.Zero(t, a.cloud.TokenRequests())
}

func TestInspectNamesTheAmbientVariablesThatCount(t *testing.T) {
	i, err := inspect(t, dsn.PostgreSQL, "host=db.example.com user=me", append(pod,
		"PASSWORDLESS_TRUSTED_HOSTS=db.example.com", "AZURE_CLIENT_SECRET="+canary, "AZURE_POSTGRESQL_HOST=other")...)
	require.NoError(t, err)
	assert.Equal(t, []string{"AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID", "PASSWORDLESS_TRUSTED_HOSTS"}, i.Variables)
	assert.Equal(t, []string{"db.example.com is listed in PASSWORDLESS_TRUSTED_HOSTS, so it may have the token"}, i.Trust)

	i, err = inspect(t, dsn.PostgreSQL, "host="+hostA+" user=me password="+canary, pod...)
	require.NoError(t, err)
	assert.Empty(t, i.Variables, "a pod does not matter for a password")
}

// On a developer's machine the answer is the one for the cloud, and says so.
func TestInspectDoesNotProbe(t *testing.T) {
	b := newBench(t)
	ran := filepath.Join(t.TempDir(), "ran")
	b.install(func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "az"), []byte("#!/bin/sh\necho > "+ran+"\n"), 0o755)
	})
	environ := []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringA}
	i, err := inspect(t, dsn.PostgreSQL, "", environ...)
	require.NoError(t, err)
	assert.Equal(t, SystemAssigned, i.Kind)
	assert.True(t, i.Probe)
	assert.Equal(t, []IdentityKind{AzureCLI}, i.Developer)
	assert.Equal(t, "ua", i.User)

	i, err = inspect(t, dsn.PostgreSQL, "", append(environ, "AZURE_TOKEN_CREDENTIALS=dev")...)
	require.NoError(t, err)
	assert.Equal(t, AzureCLI, i.Kind)
	assert.Equal(t, ruleDeveloper, i.Rule)
	assert.Empty(t, i.User, "the token names it")
	assert.NoFileExists(t, ran)
	assert.Empty(t, b.Requests())
}

// What is known although Open fails.
func TestInspectOfAFault(t *testing.T) {
	onAppServiceWithoutTools(t)
	const split = "AZURE_POSTGRESQL_HOST=" + hostA
	for _, row := range []struct {
		name    string
		engine  dsn.Engine
		ask     string
		env     []string
		err     string
		host    string
		kind    IdentityKind // 0: not known
		secrets []string
		cloud   string // default AzureCloud
		tls     string
		trust   string
	}{
		{name: "nothing is set", err: "no connection settings", kind: SystemAssigned},
		{name: "several connections", env: []string{"AZURE_POSTGRESQL_A_HOST=" + hostA, "AZURE_POSTGRESQL_B_HOST=" + hostB}, err: "for the connections A, B"},
		{name: "no such variable", ask: "env:DB", err: "DB: is not set"},
		{name: "no host", env: []string{"AZURE_POSTGRESQL_CLIENTID=" + clientA}, err: "the host is missing"},
		{name: "bad log level", ask: stringA + " sslmode=verify-full", env: []string{"PASSWORDLESS_LOG=x"}, err: "unknown level", host: hostA, kind: SystemAssigned,
			tls: "the server is verified in full", trust: hostA + " is one of Azure Database for PostgreSQL's names in AzureCloud, so it may have the token"},
		{name: "unresolved connection string", env: []string{"AZURE_POSTGRESQL_CONNECTIONSTRING=" + keyVault},
			err: "unresolved key vault", kind: PasswordLogin},
		{name: "unresolved literal", ask: "@Microsoft.AppConfiguration(Key=" + canary + ")", err: "unresolved app configuration"},
		{name: "unresolved password", env: []string{split, "AZURE_POSTGRESQL_USER=u", "AZURE_POSTGRESQL_PASSWORD=" + keyVault},
			err: "AZURE_POSTGRESQL_PASSWORD: unresolved", host: hostA, kind: PasswordLogin},
		{name: "unresolved client ID", env: []string{split, "AZURE_POSTGRESQL_CLIENTID=" + keyVault, "AZURE_POSTGRESQL_CLIENTSECRET=" + canary},
			err: "AZURE_POSTGRESQL_CLIENTID: unresolved", host: hostA, secrets: []string{"client_secret"}},
		{name: "unresolved client secret", env: []string{split, "AZURE_POSTGRESQL_CLIENTID=" + clientA, "AZURE_POSTGRESQL_CLIENTSECRET=" + keyVault, "AZURE_POSTGRESQL_TENANTID=t"},
			err: "AZURE_POSTGRESQL_CLIENTSECRET: unresolved", host: hostA, kind: ServicePrincipal},
		{name: "unresolved client ID in SQL Server's user name", engine: dsn.SQLServer, env: []string{"AZURE_SQL_HOST=" + hostSQL, "AZURE_SQL_USERNAME=" + keyVault,
			"AZURE_SQL_PASSWORD=" + keyVault, "AZURE_SQL_AUTHENTICATION=azure-active-directory-default"}, err: "AZURE_SQL_USERNAME: unresolved", host: hostSQL},
		{name: "a word for a login that is not built in", engine: dsn.SQLServer, env: []string{"AZURE_SQL_HOST=" + hostSQL, "AZURE_SQL_USERNAME=u", "AZURE_SQL_PASSWORD=" + canary,
			"AZURE_SQL_AUTHENTICATION=ActiveDirectoryPassword"}, err: "AZURE_SQL_AUTHENTICATION: ", host: hostSQL, secrets: []string{"password"}},
		{name: "two words", engine: dsn.SQLServer, env: []string{"AZURE_SQL_CONNECTIONSTRING=Server=" + hostSQL + ";Authentication=azcli", "AZURE_SQL_AUTHENTICATION=ActiveDirectoryMsi"},
			err: "has another value", host: hostSQL},
		{name: "unresolved host", env: []string{"AZURE_POSTGRESQL_HOST=" + keyVault, "AZURE_POSTGRESQL_CLIENTID=" + clientA},
			err: "AZURE_POSTGRESQL_HOST: unresolved", kind: UserAssigned},
		{name: "malformed string", ask: "host=" + hostA + " password='" + canary, err: "password: a quoted value"},
		{name: "malformed string in a variable", env: []string{"DB=host='" + canary}, ask: "env:DB", err: "DB: "},
		{name: "bad port", env: []string{split, "AZURE_POSTGRESQL_PORT=" + canary}, err: "AZURE_POSTGRESQL_PORT: "},
		{name: "conflict", env: []string{split, "AZURE_POSTGRESQL_SERVER=" + hostB, "AZURE_POSTGRESQL_CLIENTID=" + clientA}, err: "has another value", kind: UserAssigned},
		{name: "missing user", engine: dsn.SQLServer, ask: "Server=" + hostSQL + ";Password=" + canary, err: "missing user",
			host: hostSQL, kind: PasswordLogin, secrets: []string{"password"}},
		{name: "password and identity", ask: stringA + " client_id=" + clientA + " password=" + canary, err: "both a password and an identity",
			host: hostA, secrets: []string{"password"}},
		{name: "no TLS with a token", ask: "host=s.postgres.database.usgovcloudapi.net user=u sslmode=disable", err: "disabled TLS",
			host: "s.postgres.database.usgovcloudapi.net", kind: SystemAssigned, cloud: "AzureUSGovernment"},
		{name: "untrusted", ask: "host=db.example.com user=u sslmode=require", err: "so it gets no token", host: "db.example.com",
			kind: SystemAssigned, tls: "TLS mode require was raised: the server is verified in full", trust: "db.example.com is not trusted, so it gets no token"},
		{name: "two clouds", ask: "host=a.postgres.database.usgovcloudapi.net,b.postgres.database.azure.com user=u", err: "tokens of different kinds",
			host: "a.postgres.database.usgovcloudapi.net", kind: SystemAssigned, cloud: "AzureUSGovernment",
			tls: "no TLS mode was set: the server is verified in full"},
		{name: "bad authority", ask: stringA, env: []string{"AZURE_AUTHORITY_HOST=" + canary}, err: "AZURE_AUTHORITY_HOST: not a URL", host: hostA,
			kind: SystemAssigned, tls: "no TLS mode was set: the server is verified in full"},
		{name: "unreadable certificate", ask: stringA + " authentication=service-principal client_certificate_path=/none tenant_id=t client_id=" + clientA,
			err: "client_certificate_path: ", host: hostA, kind: ServicePrincipalCertificate,
			tls: "no TLS mode was set: the server is verified in full", trust: hostA + " is one of Azure Database for PostgreSQL's names in AzureCloud, so it may have the token"},
	} {
		t.Run(row.name, func(t *testing.T) {
			engine := max(row.engine, dsn.PostgreSQL)
			i, err := inspect(t, engine, row.ask, row.env...)
			require.ErrorAs(t, err, new(*SetupError))
			require.ErrorContains(t, err, row.err)
			_, openErr := Open(engine, row.ask, &Options{Environ: func() []string { return row.env }})
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
			if row.cloud == "" {
				row.cloud = "AzureCloud"
			}
			assert.Equal(t, row.cloud, i.Cloud)
			assert.NotEmpty(t, i.Scope)
			assert.NotEmpty(t, i.Authority)
		})
	}
}

// The ID of SQL Server's user name is what Service Connector's pages call it.
func TestInspectOfAnIDOfEitherKind(t *testing.T) {
	onAppServiceWithoutTools(t)
	i, err := inspect(t, dsn.SQLServer, "", "AZURE_SQL_SERVER="+hostSQL, "AZURE_SQL_DATABASE=d", "AZURE_SQL_USER="+clientA, "AZURE_SQL_AUTHENTICATION=ActiveDirectoryMsi")
	require.NoError(t, err)
	assert.True(t, i.EitherID)
	assert.Equal(t, []string{"", clientA}, []string{i.ClientID, i.ObjectID})

	i, err = inspect(t, dsn.SQLServer, "Server="+hostSQL+";User ID="+clientA+";Authentication=ActiveDirectoryManagedIdentity")
	require.NoError(t, err)
	assert.True(t, i.EitherID)
	assert.Equal(t, []string{clientA, ""}, []string{i.ClientID, i.ObjectID})
}

func TestInspectOfSecrets(t *testing.T) {
	onAppServiceWithoutTools(t)
	for s, want := range map[string]string{
		"Server=" + hostSQL + ";User ID=sa;Password=" + canary:                                                                  "password",
		"Server=" + hostSQL + ";User ID=" + clientA + ";Password=" + canary + ";Authentication=ActiveDirectoryServicePrincipal": "client_secret",
		"Server=" + hostSQL + ";User ID=" + clientA:                                                                             "",
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

// A host that takes no object IDs is asked for the client ID alone.
func TestAHostWithoutObjectIDs(t *testing.T) {
	b := newBench(t)
	t.Setenv("MSI_ENDPOINT", "http://127.0.0.1:1/")
	t.Setenv("MSI_SECRET", "x")
	s, err := newSource(identity{kind: UserAssigned, clientID: clientA, eitherID: true}, b.cloudInfo(), &Options{Transport: b.Transport()})
	require.NoError(t, err)
	assert.Nil(t, s.object)
}
