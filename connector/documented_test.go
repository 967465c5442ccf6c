package connector

import (
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

// documented is a row of the files in testdata: an environment as Service
// Connector writes it, and what is to be read from it.
type documented struct {
	Name   string
	Engine string // of the rows of cases_wild.json, with what Open is asked for
	Args   []string
	Env    map[string]string
	Want   struct {
		Host, Database, User, TLS, Auth, Password, Connection, Error string
		Port                                                         uint16
		ClientID                                                     string `json:"client_id"`
		ObjectID                                                     string `json:"object_id"`
		TenantID                                                     string `json:"tenant_id"`
		ClientSecret                                                 string `json:"client_secret"`
		Scope, Cloud, Mode                                           string

		// Flexible is User without the server's name behind it, which only the retired
		// single servers wanted.
		Flexible string `json:"user_flexible"`

		// IDKind is set where nothing in ObjectID tells it from a client ID.
		IDKind string `json:"id_kind"`

		Parameters *string // "" if none may reach the driver
	}
}

func TestDocumentedCases(t *testing.T) {
	onAppServiceWithoutTools(t)
	for engine, file := range map[dsn.Engine]struct {
		path string
		rows int
	}{
		dsn.PostgreSQL: {"testdata/cases_postgresql.json", 87},
		dsn.MySQL:      {"testdata/cases_mysql.json", 58},
		dsn.SQLServer:  {"testdata/cases_sqlserver.json", 60},
	} {
		text, err := os.ReadFile(file.path)
		require.NoError(t, err)
		var rows []documented
		require.NoError(t, json.Unmarshal(text, &rows))
		require.Len(t, rows, file.rows)
		for _, row := range rows {
			t.Run(row.Name, func(t *testing.T) {
				h := row.run(t, engine)
				if h == nil {
					return
				}
				assert.NotEmpty(t, h.Status().Variables)
				for _, w := range h.plan.Warnings() {
					if row.Name == "trap-azure-client-id-only" {
						assert.Contains(t, w, "AZURE_CLIENT_ID is set but ignored")
						continue
					}
					assert.Contains(t, w, "serverTimezone", "no other key of these rows is dropped")
				}
			})
		}
	}
}

// The rows are configurations that people published, of Service Connector or not.
func TestWildCases(t *testing.T) {
	onAppServiceWithoutTools(t)
	text, err := os.ReadFile("testdata/cases_wild.json")
	require.NoError(t, err)
	var rows []documented
	require.NoError(t, json.Unmarshal(text, &rows))
	require.Len(t, rows, 67)
	for _, row := range rows {
		engine, err := dsn.ParseEngine(row.Engine)
		require.NoError(t, err)
		t.Run(row.Name, func(t *testing.T) { row.run(t, engine) })
	}
}

// onAppServiceWithoutTools makes this process look like one on App Service.
func onAppServiceWithoutTools(t *testing.T) {
	t.Helper()
	for _, name := range []string{"IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET"} {
		t.Setenv(name, "")
	}
	t.Setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/")
	t.Setenv("IDENTITY_HEADER", "x")
	t.Setenv("PATH", t.TempDir())
}

// run returns what was opened, or nil if an error was wanted.
func (row documented) run(t *testing.T, engine dsn.Engine) *Handle {
	var lines []string
	for name, value := range row.Env {
		lines = append(lines, name+"="+value)
	}
	want := row.Want
	h, err := Open(engine, strings.Join(row.Args, ""), &passwordless.Options{Environ: func() []string { return lines }})
	if want.Error != "" {
		require.ErrorContains(t, err, want.Error)
		return nil
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	config := h.Config()
	assert.Equal(t, []dsn.Host{{Name: want.Host, Port: want.Port}}, config.Hosts)
	assert.Equal(t, want.Database, config.Database)
	assert.Equal(t, cmp.Or(want.Flexible, want.User), config.User)
	if want.Mode != "" {
		assert.Equal(t, want.Mode, config.Identity.Method.String())
	}
	assert.Equal(t, want.Connection, h.plan.Connection)
	assert.Equal(t, map[string]dsn.TLS{"": dsn.TLSUnset, "require": dsn.TLSRequire, "verify-full": dsn.TLSVerifyFull}[want.TLS], config.TLS)
	if want.Parameters != nil {
		assert.Equal(t, *want.Parameters, strings.Join(slices.Sorted(maps.Keys(config.Params)), ","))
	}
	row.checkIdentity(t, h.plan.Identity)
	row.checkCloud(t, h)
	return h
}

func (row documented) checkIdentity(t *testing.T, id identity.Identity) {
	t.Helper()
	kinds := map[string]passwordless.IdentityKind{"system": passwordless.SystemAssigned, "user": passwordless.UserAssigned, "service-principal": passwordless.ServicePrincipal,
		"workload": passwordless.WorkloadIdentity, "secret": passwordless.PasswordLogin}
	want := row.Want
	assert.Equal(t, kinds[want.Auth], id.Kind)
	assert.Equal(t, want.ClientSecret+want.Password, id.Secret.Reveal())
	assert.Equal(t, want.TenantID, id.TenantID)
	if want.IDKind == "" {
		assert.Equal(t, want.ClientID, id.ClientID)
		return
	}
	// Both are tried.
	assert.Equal(t, want.ObjectID, id.ClientID)
	assert.True(t, id.EitherID)
	assert.Equal(t, want.ObjectID, id.ByObjectID().ObjectID)
}

func (row documented) checkCloud(t *testing.T, h *Handle) {
	t.Helper()
	if !h.plan.Identity.Token() {
		assert.Empty(t, h.plan.Cloud.Scope)
		return
	}
	name, scope := row.Want.Cloud, row.Want.Scope
	if name == "" {
		name, scope = "AzureCloud", map[dsn.Engine]string{dsn.PostgreSQL: connectortest.ScopeOSS, dsn.MySQL: connectortest.ScopeOSS, dsn.SQLServer: connectortest.ScopeSQL}[h.plan.Config.Engine]
	}
	assert.Equal(t, name, h.plan.Cloud.Name)
	assert.Equal(t, scope, h.plan.Cloud.Scope)
}
