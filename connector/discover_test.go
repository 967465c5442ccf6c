package connector

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

const (
	hostA    = "a.postgres.database.azure.com"
	hostB    = "b.postgres.database.azure.com"
	stringA  = "host=" + hostA + " dbname=da user=ua"
	stringB  = "host=" + hostB + " dbname=db user=ub"
	clientA  = "aaaaaaaa-0000-4000-8000-000000000000"
	clientB  = "bbbbbbbb-0000-4000-8000-000000000000"
	tenantA  = "99999999-0000-4000-8000-000000000000"
	canary   = "s3cr3t-canary"
	keyVault = "@Microsoft.KeyVault(SecretUri=https://" + canary + ".vault.azure.net/secrets/x/)"
)

// environOf builds an environment from NAME=value lines.
func environOf(lines ...string) variables { return newVariables(lines) }

// discoverCase is one rule: what is asked for in which environment, and what comes
// of it. Fields left empty are not checked, but for identity's, which must match.
type discoverCase struct {
	name string
	ask  string
	env  []string

	host, user, database    string
	clientID, tenantID      string
	clientSecret, password  string
	method                  dsn.Method
	connection, source      string
	variables               []string
	warning                 string // part of one of the warnings; "none" for no warnings
	err, variable, errorTag string // text of the error, variable at fault, anchor
}

func (c discoverCase) run(t *testing.T) {
	t.Helper()
	got, err := discover(dsn.PostgreSQL, c.ask, environOf(c.env...))
	if c.err != "" {
		c.checkError(t, err)
		return
	}
	require.NoError(t, err)
	require.NotEmpty(t, got.config.Hosts)
	assert.Equal(t, c.host, got.config.Hosts[0].Name)
	id := got.config.Identity
	assert.Equal(t, c.clientID, id.ClientID)
	assert.Equal(t, c.tenantID, id.TenantID)
	assert.Equal(t, c.clientSecret, id.ClientSecret.Reveal())
	assert.Equal(t, c.password, got.config.Password.Reveal())
	assert.Equal(t, c.method, id.Method)
	assert.Equal(t, c.connection, got.connection)
	if c.user != "" {
		assert.Equal(t, c.user, got.config.User)
	}
	if c.database != "" {
		assert.Equal(t, c.database, got.config.Database)
	}
	if c.source != "" {
		assert.Equal(t, c.source, got.source)
	}
	if c.variables != nil {
		assert.Equal(t, c.variables, got.variables)
	}
	if c.warning == "none" {
		assert.Empty(t, got.warnings)
	} else {
		assert.Contains(t, strings.Join(got.warnings, "\n"), c.warning)
	}
}

func (c discoverCase) checkError(t *testing.T, err error) {
	t.Helper()
	var setup *SetupError
	require.ErrorAs(t, err, &setup)
	assert.Contains(t, err.Error(), c.err)
	assert.Equal(t, c.variable, setup.Variable)
	assert.Equal(t, c.errorTag, setup.Anchor)
	assert.True(t, strings.HasPrefix(err.Error(), "connector: "))
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, err.Error(), canary)
}

func runDiscoverCases(t *testing.T, cases []discoverCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

// documented is a row of testdata/cases_postgresql.json: an environment as
// Service Connector writes it, and what is to be read from it.
type documented struct {
	Name string
	Env  map[string]string
	Want struct {
		Host, Database, User, TLS, Password, Connection, Error string
		Port                                                   uint16
		ClientID                                               string `json:"client_id"`
		TenantID                                               string `json:"tenant_id"`
		ClientSecret                                           string `json:"client_secret"`
	}
}

func TestDiscoverDocumentedCases(t *testing.T) {
	text, err := os.ReadFile("testdata/cases_postgresql.json")
	require.NoError(t, err)
	var rows []documented
	require.NoError(t, json.Unmarshal(text, &rows))
	require.Len(t, rows, 67)
	for _, row := range rows {
		t.Run(row.Name, row.run)
	}
}

func (row documented) run(t *testing.T) {
	var lines []string
	for name, value := range row.Env {
		lines = append(lines, name+"="+value)
	}
	want := row.Want
	got, err := discover(dsn.PostgreSQL, "", newVariables(lines))
	if want.Error != "" {
		require.ErrorContains(t, err, want.Error)
		return
	}
	require.NoError(t, err)
	assert.Equal(t, []dsn.Host{{Name: want.Host, Port: want.Port}}, got.config.Hosts)
	assert.Equal(t, want.Database, got.config.Database)
	assert.Equal(t, want.User, got.config.User)
	assert.Equal(t, want.Password, got.config.Password.Reveal())
	assert.Equal(t, want.ClientID, got.config.Identity.ClientID)
	assert.Equal(t, want.ClientSecret, got.config.Identity.ClientSecret.Reveal())
	assert.Equal(t, want.Connection, got.connection)
	assert.Equal(t, map[string]dsn.TLS{"": dsn.TLSUnset, "require": dsn.TLSRequire}[want.TLS], got.config.TLS)
	// A pod's webhook writes AZURE_TENANT_ID for the identity SDK; it is no
	// variable of the connection.
	if row.Env["AZURE_TENANT_ID"] == "" {
		assert.Equal(t, want.TenantID, got.config.Identity.TenantID)
	}
	assert.NotEmpty(t, got.variables)
	assert.Empty(t, got.warnings)
}
