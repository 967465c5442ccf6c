package identity

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
)

// fallback is one row of the last rule: what becomes, on this host, of the managed
// identity or the pod's workload identity that an earlier rule chose. The first
// row whose condition holds decides.
type fallback struct {
	when func(Identity, *request) bool
	then func(Identity, *request) (Identity, error)
	why  string // added to the earlier rule's; empty if there is nothing to add
}

var fallbacks = [...]fallback{
	{directed("dev"), developerOnly, "AZURE_TOKEN_CREDENTIALS is dev"},
	{directed("EnvironmentCredential"), forced(environment), "AZURE_TOKEN_CREDENTIALS is EnvironmentCredential"},
	{directed("WorkloadIdentityCredential"), forced(workload), "AZURE_TOKEN_CREDENTIALS is WorkloadIdentityCredential"},
	{directed("ManagedIdentityCredential"), forced(managed), "AZURE_TOKEN_CREDENTIALS is ManagedIdentityCredential"},
	{directed("AzureCLICredential"), forced(developer(passwordless.AzureCLI)), "AZURE_TOKEN_CREDENTIALS is AzureCLICredential"},
	{directed("AzureDeveloperCLICredential"), forced(developer(passwordless.AzureDeveloperCLI)), "AZURE_TOKEN_CREDENTIALS is AzureDeveloperCLICredential"},
	{directed("AzurePowerShellCredential"), forced(developer(passwordless.AzurePowerShell)), "AZURE_TOKEN_CREDENTIALS is AzurePowerShellCredential"},
	{directed("prod"), asChosen, "AZURE_TOKEN_CREDENTIALS is prod"},
	{inPodAlready, asChosen, ""},
	{markedHost, asChosen, hasEndpoint},
	{taggedMachine, inAzure, "the machine has Azure's chassis asset tag"},
	{toolless, asChosen, "no sign of an identity endpoint, and none of az, azd and PowerShell on PATH: the instance metadata service is asked"},
	{otherwise, probing, "no sign of an identity endpoint, so the first token request finds out whether the host is in Azure"},
}

// hasEndpoint is followed by what says so.
const hasEndpoint = "the host has an identity endpoint"

// directives are the values of AZURE_TOKEN_CREDENTIALS, those of azidentity's
// DefaultAzureCredential.
var directives = [...]string{"prod", "dev", "EnvironmentCredential", "WorkloadIdentityCredential",
	"ManagedIdentityCredential", "AzureCLICredential", "AzureDeveloperCLICredential", "AzurePowerShellCredential"}

// fallBack applies the fallbacks to id.
func fallBack(id Identity, r *request) (Identity, error) {
	if d := r.directive(); d != "" && !slices.ContainsFunc(directives[:], func(known string) bool { return strings.EqualFold(known, d) }) {
		return Identity{}, &passwordless.SetupError{Variable: envTokenCredentials, Anchor: "azure-token-credentials",
			Err: fmt.Errorf("unknown value: want one of %s", strings.Join(directives[:], ", "))}
	}
	i := slices.IndexFunc(fallbacks[:], func(f fallback) bool { return f.when(id, r) })
	result, err := fallbacks[i].then(id, r)
	if err != nil {
		return Identity{}, err
	}
	result.Why = id.Why
	switch why := fallbacks[i].why; why {
	case "":
	case hasEndpoint:
		result.Why += "; " + why + ": " + r.host.Marker
	default:
		result.Why += "; " + why
	}
	return result, nil
}

func (r *request) directive() string {
	d, _ := r.env.Get(envTokenCredentials)
	return strings.TrimSpace(d)
}

func directed(value string) func(Identity, *request) bool {
	return func(_ Identity, r *request) bool { return strings.EqualFold(r.directive(), value) }
}

func inPodAlready(id Identity, _ *request) bool { return id.Kind == passwordless.WorkloadIdentity }

func markedHost(_ Identity, r *request) bool { return r.host.Marker != "" }

func taggedMachine(_ Identity, r *request) bool {
	return r.host.AssetTag && r.o.ProbeIMDS == nil
}

func toolless(_ Identity, r *request) bool { return len(r.host.Tools) == 0 }

func otherwise(Identity, *request) bool { return true }

func asChosen(id Identity, _ *request) (Identity, error) { return id, nil }

// probing leaves the decision to the first token request.
func probing(id Identity, r *request) (Identity, error) {
	id.Probe, id.Tools = true, r.host.Tools
	return id, nil
}

// inAzure is for a machine in Azure. Only one that has no identity goes
// on to the tools.
func inAzure(id Identity, r *request) (Identity, error) {
	id.InAzure = true
	if id.Kind == passwordless.SystemAssigned {
		id.Tools = r.host.Tools
	}
	return id, nil
}

// developerOnly leaves out the managed identity.
func developerOnly(id Identity, r *request) (Identity, error) {
	if len(r.host.Tools) == 0 {
		return Identity{}, &passwordless.SetupError{Variable: envTokenCredentials, Anchor: "azure-token-credentials",
			Err: errors.New("is dev, but none of az, azd and pwsh is on PATH")}
	}
	return id.fallbackTo(r.host.Tools[0], r.host.Tools[1:]), nil
}

// forced replaces the identity by the one that AZURE_TOKEN_CREDENTIALS names.
func forced(build func(*request) (Identity, error)) func(Identity, *request) (Identity, error) {
	return func(id Identity, r *request) (Identity, error) {
		forced, err := build(r)
		if err != nil {
			return Identity{}, err
		}
		if IsDeveloperTool(forced.Kind) {
			return id.fallbackTo(forced.Kind, nil), nil
		}
		forced.Rule = ruleVariable
		return forced, nil
	}
}

// fallbackTo is the developer's own sign-in in place of id: that of the first tool
// to answer, beginning with kind.
func (id Identity) fallbackTo(kind passwordless.IdentityKind, others []passwordless.IdentityKind) Identity {
	return Identity{
		Kind: kind, Rule: ruleDeveloper, TenantID: id.TenantID, Tools: others,
		Warnings: []string{fmt.Sprintf("logging in as the signed-in developer instead of %s", id)},
	}
}

// AnsweredBy is who id turns out to be when that kind, its own or a developer's tool, gives the token.
func (id Identity) AnsweredBy(kind passwordless.IdentityKind) Identity {
	switch {
	case id.Kind == kind:
		return id
	case IsDeveloperTool(id.Kind):
		id.Kind, id.Tools = kind, nil
		return id
	}
	answer := id.fallbackTo(kind, nil)
	answer.Why = id.Why + "; no managed identity answered, but " + kind.String() + " did"
	return answer
}
