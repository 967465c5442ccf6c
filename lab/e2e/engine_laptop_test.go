package e2e_test

import (
	"testing"

	"github.com/azuredb/passwordless"
)

func TestEngineCopiedVariablesLogInTheDeveloper(t *testing.T) {
	onEachSite(t, func(t *testing.T, x *site) {
		copiedVariablesLogInTheDeveloper(t, x, func(role string, o *passwordless.Options) { x.requireUser(t, role, x.open(t, "", o)) })
	})
}

func TestEngineCopiedVariablesAloneLogInTheDeveloper(t *testing.T) {
	onEachSite(t, copiedVariablesAloneLogInTheDeveloper)
}

func TestEngineLaptopTakesTheFirstToolThatAnswers(t *testing.T) {
	onEachSite(t, laptopTakesTheFirstToolThatAnswers)
}

func TestEngineWhatIsNotAzureIsALaptop(t *testing.T) { onEachSite(t, whatIsNotAzureIsALaptop) }

func TestEngineMachineWithoutIdentityAsksTheDeveloper(t *testing.T) {
	onEachSite(t, machineWithoutIdentityAsksTheDeveloper)
}

func TestEngineProdKeepsTheDeveloperOut(t *testing.T) { onEachSite(t, prodKeepsTheDeveloperOut) }

// SQL Server is told no user name.
func TestMySQLOptionsUserOverridesTheDevelopersName(t *testing.T) {
	optionsUserOverridesTheDevelopersName(t, mySQL.on(t).site())
}

func TestEngineNobodySignedInIsExplained(t *testing.T) { onEachSite(t, nobodySignedInIsExplained) }

func TestEngineDeveloperMaySignInLater(t *testing.T) { onEachSite(t, developerMaySignInLater) }

func TestEngineAmbientClientIDRedirectsNothing(t *testing.T) {
	onEachSite(t, ambientClientIDRedirectsNothing)
}
