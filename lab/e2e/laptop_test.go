package e2e_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
)

// laptop is a machine without host markers and with a developer who has signed in with the tools given, by
// default az. Nothing answers at the address of IMDS.
func (s *stage) laptop(t *testing.T, tools ...func(*stage, string) error) azuretest.Identity {
	t.Helper()
	s.inject(t, azuretest.Fault{Endpoint: azuretest.IMDS, CloseConn: true})
	return s.signedIn(t, tools...)
}

// copied are the variables of a user-assigned connection, copied from the cloud: nobody here has that identity.
func (s *stage) copied(more ...string) []string {
	return append(more,
		"AZURE_POSTGRESQL_CLIENTID="+s.AddUserAssigned(azuretest.Identity{}).ClientID,
		"AZURE_POSTGRESQL_CONNECTIONSTRING="+s.libpq("aad_myconn"))
}

func TestCopiedVariablesLogInTheDeveloper(t *testing.T) {
	s := onStage(t)
	developer := s.laptop(t)
	o, mark := s.options(s.copied()...), s.mark()
	var log logbook
	o.Logger = log.logger()
	native := newConnector(t, "", o)
	db := openDB(t, "", o)
	before := native.Status()
	assert.Equal(t, connector.UserAssigned, before.Kind)
	assert.Empty(t, before.Warnings, "nothing is known before the first token")

	requireUser(t, developer.Name, db)
	requirePoolUser(t, developer.Name, openPool(t, "", o))
	s.requireAsked(t, mark, azuretest.AzureCLI)

	conn, err := native.Connect(limited(t))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	status := native.Status()
	assert.Equal(t, connector.AzureCLI, status.Kind)
	assert.Equal(t, 7, status.Rule)
	assert.Equal(t, developer.Name, status.User)
	require.Len(t, status.Warnings, 1)
	assert.Contains(t, status.Warnings[0], "logging in as the signed-in developer instead of user-assigned managed identity")
	assert.Contains(t, log.String(), "level=WARN")
	assert.Contains(t, log.String(), "logging in as the signed-in developer instead of user-assigned managed identity")
}

// By sql.Open, with variables alone: the probe is asked through the options' transport elsewhere, so here
// AZURE_TOKEN_CREDENTIALS says that this is a developer's machine and nothing is probed.
func TestCopiedVariablesAloneLogInTheDeveloper(t *testing.T) {
	s := onStage(t)
	developer := s.laptop(t)
	s.setTrust(t)
	azuretest.Setenv(t, s.copied("AZURE_TOKEN_CREDENTIALS=dev")...)
	requireUser(t, developer.Name, sqlOpen(t, ""))
}

func TestLaptopTakesTheFirstToolThatAnswers(t *testing.T) {
	s := onStage(t)
	for _, c := range []struct {
		name  string
		tools []func(*stage, string) error
		fail  []azuretest.Endpoint
		kind  connector.IdentityKind
	}{
		{"az of three", []func(*stage, string) error{azureCLI, azureDeveloperCLI, powerShell}, nil, connector.AzureCLI},
		{"azd alone", []func(*stage, string) error{azureDeveloperCLI}, nil, connector.AzureDeveloperCLI},
		{"PowerShell alone", []func(*stage, string) error{powerShell}, nil, connector.AzurePowerShell},
		{"azd, for az fails", []func(*stage, string) error{azureCLI, azureDeveloperCLI}, []azuretest.Endpoint{azuretest.AzureCLI}, connector.AzureDeveloperCLI},
		{"PowerShell, for az and azd fail", []func(*stage, string) error{azureCLI, azureDeveloperCLI, powerShell},
			[]azuretest.Endpoint{azuretest.AzureCLI, azuretest.AzureDeveloperCLI}, connector.AzurePowerShell},
	} {
		t.Run(c.name, func(t *testing.T) {
			developer := s.laptop(t, c.tools...)
			for _, tool := range c.fail {
				s.inject(t, azuretest.Fault{Endpoint: tool, Status: 1})
			}
			native := newConnector(t, "", s.options(s.copied()...))
			conn, err := native.Connect(limited(t))
			require.NoError(t, err)
			require.NoError(t, conn.Close())
			assert.Equal(t, c.kind, native.Status().Kind)
			assert.Equal(t, developer.Name, native.Status().User)
		})
	}
}

// Whatever else listens at the address of IMDS, or nothing at all, is not Azure.
func TestWhatIsNotAzureIsALaptop(t *testing.T) {
	s := onStage(t)
	for _, c := range []struct {
		name  string
		fault azuretest.Fault
	}{
		{"black hole", azuretest.Fault{Hang: true}},
		{"another cloud", azuretest.Fault{Status: 404, Body: "<html>not found</html>"}},
		{"captive portal", azuretest.Fault{Malformed: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			developer := s.signedIn(t)
			c.fault.Endpoint = azuretest.IMDS
			s.inject(t, c.fault)
			requireUser(t, developer.Name, openDB(t, "", s.options(s.copied()...)))
		})
	}
	t.Run("by ProbeIMDS", func(t *testing.T) {
		developer := s.signedIn(t)
		o := s.options(s.copied()...)
		o.ProbeIMDS = func(context.Context) bool { return false }
		requireUser(t, developer.Name, openDB(t, "", o))
	})
}

// A virtual machine without an identity of its own answers 400; who has signed in there is asked next.
func TestMachineWithoutIdentityAsksTheDeveloper(t *testing.T) {
	s := onStage(t)
	developer := s.signedIn(t)
	s.inject(t, azuretest.Fault{Endpoint: azuretest.IMDS, Status: 400})
	native := newConnector(t, s.libpq("aad_myconn"), s.options())
	conn, err := native.Connect(limited(t))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	assert.Equal(t, connector.AzureCLI, native.Status().Kind)
	assert.Equal(t, developer.Name, native.Status().User)
	assert.NotEmpty(t, native.Status().Warnings)
}

func TestProdKeepsTheDeveloperOut(t *testing.T) {
	s := onStage(t)
	s.laptop(t)
	for _, word := range []string{"prod", "ManagedIdentityCredential"} {
		t.Run(word, func(t *testing.T) {
			mark := s.mark()
			o := s.options(s.copied("AZURE_TOKEN_CREDENTIALS=" + word)...)
			o.RequestTimeout = 200 * time.Millisecond // MSAL goes on asking for more than a minute
			native := newConnector(t, "", o)
			_, err := native.Connect(limited(t))
			refused, ok := errors.AsType[*connector.TokenError](err)
			require.True(t, ok, "%T: %v", err, err)
			assert.Contains(t, refused.Identity, "user-assigned managed identity")
			assert.Equal(t, connector.UserAssigned, native.Status().Kind)
			assert.Contains(t, native.Status().Why, word)
			assert.Empty(t, s.since(mark, azuretest.AzureCLI))
		})
	}
}

// The developer's name replaces the connection's, but not that of Options.User.
func TestOptionsUserOverridesTheDevelopersName(t *testing.T) {
	s := onStage(t)
	s.laptop(t)
	o := s.options(s.copied()...)
	o.User = "team@contoso.com"
	err := openDB(t, "", o).PingContext(limited(t))
	refused, ok := errors.AsType[*connector.LoginError](err)
	require.True(t, ok, "%T: %v", err, err)
	assert.Equal(t, "team@contoso.com", refused.User)
	assert.Equal(t, "Azure CLI sign-in", refused.Identity)
}

func TestNobodySignedInIsExplained(t *testing.T) {
	s := onStage(t)
	s.laptop(t)
	s.SignOut()
	err := openDB(t, "", s.options(s.copied()...)).PingContext(limited(t))
	refused, ok := errors.AsType[*connector.TokenError](err)
	require.True(t, ok, "%T: %v", err, err)
	assert.NotContains(t, err.Error(), "\n")
	assert.Contains(t, err.Error(), "az login")
	assert.Equal(t, "developer-sign-in", refused.Anchor)
}

// Nothing sticks before the first token: who signs in late is let in without a restart.
func TestDeveloperMaySignInLater(t *testing.T) {
	s := onStage(t)
	s.laptop(t)
	s.SignOut()
	db := openDB(t, "", s.options(s.copied()...))
	require.Error(t, db.PingContext(limited(t)))
	developer := s.admit(t, s.SignIn(azuretest.Identity{}))
	require.Eventually(t, func() bool { return db.PingContext(limited(t)) == nil }, limit, 50*time.Millisecond,
		"the failure is remembered for a second only")
	requireUser(t, developer.Name, db)
}

func TestAmbientClientIDRedirectsNothing(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	other := s.userAssigned(t)
	ambient := "AZURE_CLIENT_ID=" + other.ClientID
	t.Setenv("AZURE_CLIENT_ID", other.ClientID)

	t.Run("system-assigned", func(t *testing.T) {
		system, mark := s.admit(t, s.AddSystemAssigned(azuretest.Identity{})), s.mark()
		native := newConnector(t, "", s.options(ambient, "AZURE_POSTGRESQL_CONNECTIONSTRING="+s.libpq(system.Name)))
		conn, err := native.Connect(limited(t))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		assert.Equal(t, connector.SystemAssigned, native.Status().Kind)
		requests := s.since(mark)
		require.Len(t, requests, 1)
		assert.Empty(t, requests[0].Identity)
	})
	t.Run("user-assigned", func(t *testing.T) {
		id := s.userAssigned(t)
		requireUser(t, id.Name, openDB(t, s.libpq(id.Name)+" client_id="+id.ClientID, s.options(ambient)))
	})
	t.Run("by sql.Open", func(t *testing.T) {
		system := s.admit(t, s.AddSystemAssigned(azuretest.Identity{}))
		s.setTrust(t)
		t.Setenv("AZURE_POSTGRESQL_CONNECTIONSTRING", s.libpq(system.Name))
		requireUser(t, system.Name, sqlOpen(t, ""))
	})
}
