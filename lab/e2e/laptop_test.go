package e2e_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// laptop is a machine without host markers and with a developer who has signed in with the tools given, by
// default az. Nothing answers at the address of IMDS.
func (s *stage) laptop(t *testing.T, tools ...azuretest.Endpoint) azuretest.Identity {
	t.Helper()
	s.inject(t, azuretest.Fault{Endpoint: azuretest.IMDS, CloseConn: true})
	return s.signedIn(t, tools...)
}

// copied are the variables of a user-assigned connection, copied from the cloud: no one here has that identity.
func (x *site) copied(more ...string) []string {
	return append(more, x.clientID(x.AddUserAssigned(azuretest.Identity{})), x.prefix+"CONNECTIONSTRING="+x.text(x.address, "aad_myconn"))
}

func TestCopiedVariablesLogInTheDeveloper(t *testing.T) {
	x := onStage(t).site()
	copiedVariablesLogInTheDeveloper(t, x, func(role string, o *passwordless.Options) { requirePoolUser(t, role, openPool(t, "", o)) })
}

// copiedVariablesLogInTheDeveloper logs in, and with again a second time.
func copiedVariablesLogInTheDeveloper(t *testing.T, x *site, again func(role string, o *passwordless.Options)) {
	developer := x.laptop(t)
	o, mark := x.options(x.copied()...), x.mark()
	var log logbook
	o.Logger = log.logger()
	native := x.open(t, "", o)
	before := native.Status()
	assert.Equal(t, passwordless.UserAssigned, before.Kind)
	assert.Empty(t, before.Warnings, "nothing is known before the first token")

	x.requireUser(t, developer.Name, x.open(t, "", o))
	again(developer.Name, o)
	x.requireAsked(t, mark, azuretest.AzureCLI)

	require.NoError(t, openOnce(limited(t), native))
	status := native.Status()
	assert.Equal(t, passwordless.AzureCLI, status.Kind)
	assert.Equal(t, "developer sign-in", status.Rule)
	assert.Equal(t, x.told(developer.Name), status.User)
	require.Len(t, status.Warnings, 1)
	assert.Contains(t, status.Warnings[0], signedInWarning)
	assert.Contains(t, log.String(), "level=WARN")
	assert.Contains(t, log.String(), signedInWarning)
}

const signedInWarning = "logging in as the signed-in developer instead of user-assigned managed identity"

func TestCopiedVariablesAloneLogInTheDeveloper(t *testing.T) {
	copiedVariablesAloneLogInTheDeveloper(t, onStage(t).site())
}

// By sql.Open, with variables alone: the probe is asked through the options' transport elsewhere, so here
// AZURE_TOKEN_CREDENTIALS says that this is a developer's machine and nothing is probed.
func copiedVariablesAloneLogInTheDeveloper(t *testing.T, x *site) {
	developer := x.laptop(t)
	x.setTrust(t)
	azuretest.Setenv(t, x.copied("AZURE_TOKEN_CREDENTIALS=dev")...)
	requireText(t, developer.Name, sqlOpenAs(t, x.driver, ""), x.whoami)
}

func TestLaptopTakesTheFirstToolThatAnswers(t *testing.T) {
	laptopTakesTheFirstToolThatAnswers(t, onStage(t).site())
}

func laptopTakesTheFirstToolThatAnswers(t *testing.T, x *site) {
	for _, c := range []struct {
		name  string
		tools []azuretest.Endpoint
		fail  []azuretest.Endpoint
		kind  passwordless.IdentityKind
	}{
		{"az of three", []azuretest.Endpoint{azuretest.AzureCLI, azuretest.AzureDeveloperCLI, azuretest.AzurePowerShell}, nil, passwordless.AzureCLI},
		{"azd alone", []azuretest.Endpoint{azuretest.AzureDeveloperCLI}, nil, passwordless.AzureDeveloperCLI},
		{"PowerShell alone", []azuretest.Endpoint{azuretest.AzurePowerShell}, nil, passwordless.AzurePowerShell},
		{"azd, for az fails", []azuretest.Endpoint{azuretest.AzureCLI, azuretest.AzureDeveloperCLI}, []azuretest.Endpoint{azuretest.AzureCLI}, passwordless.AzureDeveloperCLI},
		{"PowerShell, for az and azd fail", []azuretest.Endpoint{azuretest.AzureCLI, azuretest.AzureDeveloperCLI, azuretest.AzurePowerShell},
			[]azuretest.Endpoint{azuretest.AzureCLI, azuretest.AzureDeveloperCLI}, passwordless.AzurePowerShell},
	} {
		t.Run(c.name, func(t *testing.T) {
			developer := x.laptop(t, c.tools...)
			for _, tool := range c.fail {
				x.inject(t, azuretest.Fault{Endpoint: tool, Status: 1})
			}
			native := x.open(t, "", x.options(x.copied()...))
			x.requireUser(t, developer.Name, native)
			assert.Equal(t, c.kind, native.Status().Kind)
			assert.Equal(t, x.told(developer.Name), native.Status().User)
		})
	}
}

func TestWhatIsNotAzureIsALaptop(t *testing.T) { whatIsNotAzureIsALaptop(t, onStage(t).site()) }

// Whatever else listens at the address of IMDS, or nothing at all, is not Azure.
func whatIsNotAzureIsALaptop(t *testing.T, x *site) {
	for _, c := range []struct {
		name  string
		fault azuretest.Fault
	}{
		{"black hole", azuretest.Fault{Delay: time.Hour}},
		{"another cloud", azuretest.Fault{Status: 404, Body: "<html>not found</html>"}},
		{"captive portal", azuretest.Fault{Status: 200, Body: "<html>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			developer := x.signedIn(t)
			c.fault.Endpoint = azuretest.IMDS
			x.inject(t, c.fault)
			x.requireUser(t, developer.Name, x.open(t, "", x.options(x.copied()...)))
		})
	}
	t.Run("by ProbeIMDS", func(t *testing.T) {
		developer := x.signedIn(t)
		o := x.options(x.copied()...)
		o.ProbeIMDS = func(context.Context) bool { return false }
		x.requireUser(t, developer.Name, x.open(t, "", o))
	})
}

func TestMachineWithoutIdentityAsksTheDeveloper(t *testing.T) {
	machineWithoutIdentityAsksTheDeveloper(t, onStage(t).site())
}

// A virtual machine without an identity of its own answers 400; who has signed in there is asked next.
func machineWithoutIdentityAsksTheDeveloper(t *testing.T, x *site) {
	developer := x.signedIn(t)
	x.inject(t, azuretest.Fault{Endpoint: azuretest.IMDS, Status: 400})
	native := x.open(t, x.text(x.address, "aad_myconn"), x.options())
	x.requireUser(t, developer.Name, native)
	assert.Equal(t, passwordless.AzureCLI, native.Status().Kind)
	assert.Equal(t, x.told(developer.Name), native.Status().User)
	assert.NotEmpty(t, native.Status().Warnings)
}

func TestProdKeepsTheDeveloperOut(t *testing.T) { prodKeepsTheDeveloperOut(t, onStage(t).site()) }

func prodKeepsTheDeveloperOut(t *testing.T, x *site) {
	x.laptop(t)
	for _, word := range []string{"prod", "ManagedIdentityCredential"} {
		t.Run(word, func(t *testing.T) {
			mark := x.mark()
			o := x.options(x.copied("AZURE_TOKEN_CREDENTIALS=" + word)...)
			o.RequestTimeout = 200 * time.Millisecond // MSAL goes on asking for more than a minute
			native := x.open(t, "", o)
			err := openOnce(limited(t), native)
			refused, ok := errors.AsType[*passwordless.TokenError](err)
			require.True(t, ok, "%T: %v", err, err)
			assert.Contains(t, refused.Identity, "user-assigned managed identity")
			assert.Equal(t, passwordless.UserAssigned, native.Status().Kind)
			assert.Contains(t, native.Status().Why, word)
			assert.Empty(t, x.since(mark, azuretest.AzureCLI))
		})
	}
}

func TestOptionsUserOverridesTheDevelopersName(t *testing.T) {
	optionsUserOverridesTheDevelopersName(t, onStage(t).site())
}

// The developer's name replaces the connection's, but not that of Options.User.
func optionsUserOverridesTheDevelopersName(t *testing.T, x *site) {
	x.laptop(t)
	o := x.options(x.copied()...)
	o.User = "team@contoso.com"
	err := openOnce(limited(t), x.open(t, "", o))
	refused, ok := errors.AsType[*passwordless.LoginError](err)
	require.True(t, ok, "%T: %v", err, err)
	assert.Equal(t, "team@contoso.com", refused.User)
	assert.Equal(t, "Azure CLI sign-in", refused.Identity)
}

func TestNobodySignedInIsExplained(t *testing.T) { nobodySignedInIsExplained(t, onStage(t).site()) }

func nobodySignedInIsExplained(t *testing.T, x *site) {
	x.laptop(t)
	x.SignOut()
	err := openOnce(limited(t), x.open(t, "", x.options(x.copied()...)))
	refused, ok := errors.AsType[*passwordless.TokenError](err)
	require.True(t, ok, "%T: %v", err, err)
	assert.NotContains(t, err.Error(), "\n")
	assert.Contains(t, err.Error(), "az login")
	assert.Equal(t, "developer-sign-in", refused.Anchor)
}

func TestDeveloperMaySignInLater(t *testing.T) { developerMaySignInLater(t, onStage(t).site()) }

// Nothing sticks before the first token: who signs in late is let in without a restart.
func developerMaySignInLater(t *testing.T, x *site) {
	x.laptop(t)
	x.SignOut()
	native := x.open(t, "", x.options(x.copied()...))
	require.Error(t, openOnce(limited(t), native))
	developer := x.admit(t, x.SignIn(azuretest.Identity{}))
	require.Eventually(t, func() bool { return openOnce(limited(t), native) == nil }, limit, 50*time.Millisecond,
		"the failure is remembered for a second only")
	x.requireUser(t, developer.Name, native)
}

func TestAmbientClientIDRedirectsNothing(t *testing.T) {
	s := onStage(t)
	ambientClientIDRedirectsNothing(t, s.site())
	t.Run("by sql.Open", func(t *testing.T) {
		system := s.admit(t, s.AddSystemAssigned(azuretest.Identity{}))
		s.setTrust(t)
		t.Setenv("AZURE_POSTGRESQL_CONNECTIONSTRING", s.libpq(system.Name))
		requireUser(t, system.Name, sqlOpen(t, ""))
	})
}

func ambientClientIDRedirectsNothing(t *testing.T, x *site) {
	x.onAppService(t)
	other := x.userAssigned(t)
	ambient := "AZURE_CLIENT_ID=" + other.ClientID
	t.Setenv("AZURE_CLIENT_ID", other.ClientID)

	t.Run("system-assigned", func(t *testing.T) {
		system, mark := x.admit(t, x.AddSystemAssigned(azuretest.Identity{})), x.mark()
		set := x.variables(system.Name, ambient)
		native := x.open(t, set.text, set.options)
		x.requireUser(t, system.Name, native)
		assert.Equal(t, passwordless.SystemAssigned, native.Status().Kind)
		requests := x.since(mark)
		require.Len(t, requests, 1)
		assert.Empty(t, requests[0].Identity)
	})
	t.Run("user-assigned", func(t *testing.T) {
		id := x.userAssigned(t)
		x.requireUser(t, id.Name, x.open(t, x.text(x.address, id.Name, "client_id="+id.ClientID), x.options(ambient)))
	})
}
