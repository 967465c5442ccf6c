package environ

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

// splitPrefix is what PostgreSQL's variables begin with.
const splitPrefix = "AZURE_POSTGRESQL_"

// conflicting is an anchor.
const conflicting = "conflicting-settings"

// environOf builds an environment from NAME=value lines.
func environOf(lines ...string) Vars { return NewVars(lines) }

// discoverCase is one rule: what is asked for in which environment, and what comes
// of it. Fields left empty are not checked, but for identity's, which must match.
type discoverCase struct {
	name string
	e    dsn.Engine // default PostgreSQL
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
	got, err := Find(cmp.Or(c.e, dsn.PostgreSQL), c.ask, environOf(c.env...))
	if c.err != "" {
		c.checkError(t, err)
		return
	}
	require.NoError(t, err)
	require.NotEmpty(t, got.Config.Hosts)
	assert.Equal(t, c.host, got.Config.Hosts[0].Name)
	id := got.Config.Identity
	assert.Equal(t, c.clientID, id.ClientID)
	assert.Equal(t, c.tenantID, id.TenantID)
	assert.Equal(t, c.clientSecret, id.ClientSecret.Reveal())
	assert.Equal(t, c.password, got.Config.Password.Reveal())
	assert.Equal(t, c.method, id.Method)
	assert.Equal(t, c.connection, got.Connection)
	if c.user != "" {
		assert.Equal(t, c.user, got.Config.User)
	}
	if c.database != "" {
		assert.Equal(t, c.database, got.Config.Database)
	}
	if c.source != "" {
		assert.Equal(t, c.source, got.Source)
	}
	if c.variables != nil {
		assert.Equal(t, c.variables, got.Variables)
	}
	if c.warning == "none" {
		assert.Empty(t, got.Warnings)
	} else {
		assert.Contains(t, strings.Join(got.Warnings, "\n"), c.warning)
	}
}

func (c discoverCase) checkError(t *testing.T, err error) {
	t.Helper()
	var setup *passwordless.SetupError
	require.ErrorAs(t, err, &setup)
	assert.Contains(t, err.Error(), c.err)
	assert.Equal(t, c.variable, setup.Variable)
	assert.Equal(t, c.errorTag, setup.Anchor)
	assert.True(t, strings.HasPrefix(err.Error(), "passwordless: "))
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, err.Error(), connectortest.Canary)
}

func runDiscoverCases(t *testing.T, cases []discoverCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}
