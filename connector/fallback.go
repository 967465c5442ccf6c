package connector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// fallback is one row of the last rule: what becomes, on this host, of the managed
// identity or the pod's workload identity that an earlier rule chose. The first
// row whose condition holds decides.
type fallback struct {
	when func(identity, *request) bool
	then func(identity, *request) (identity, error)
	why  string // added to the earlier rule's; empty if there is nothing to add
}

var fallbacks = [...]fallback{
	{directed("dev"), developerOnly, "AZURE_TOKEN_CREDENTIALS is dev"},
	{directed("EnvironmentCredential"), forced(environment), "AZURE_TOKEN_CREDENTIALS is EnvironmentCredential"},
	{directed("WorkloadIdentityCredential"), forced(workload), "AZURE_TOKEN_CREDENTIALS is WorkloadIdentityCredential"},
	{directed("ManagedIdentityCredential"), forced(managed), "AZURE_TOKEN_CREDENTIALS is ManagedIdentityCredential"},
	{directed("AzureCLICredential"), forced(developer(AzureCLI)), "AZURE_TOKEN_CREDENTIALS is AzureCLICredential"},
	{directed("AzureDeveloperCLICredential"), forced(developer(AzureDeveloperCLI)), "AZURE_TOKEN_CREDENTIALS is AzureDeveloperCLICredential"},
	{directed("AzurePowerShellCredential"), forced(developer(AzurePowerShell)), "AZURE_TOKEN_CREDENTIALS is AzurePowerShellCredential"},
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
func fallBack(id identity, r *request) (identity, error) {
	if d := r.directive(); d != "" && !slices.ContainsFunc(directives[:], func(known string) bool { return strings.EqualFold(known, d) }) {
		return identity{}, &SetupError{Variable: envTokenCredentials, Anchor: "azure-token-credentials",
			Err: fmt.Errorf("unknown value: want one of %s", strings.Join(directives[:], ", "))}
	}
	i := slices.IndexFunc(fallbacks[:], func(f fallback) bool { return f.when(id, r) })
	result, err := fallbacks[i].then(id, r)
	if err != nil {
		return identity{}, err
	}
	result.why = id.why
	switch why := fallbacks[i].why; why {
	case "":
	case hasEndpoint:
		result.why += "; " + why + ": " + r.host.marker
	default:
		result.why += "; " + why
	}
	return result, nil
}

// directive returns the value of AZURE_TOKEN_CREDENTIALS, "" if it is not set.
func (r *request) directive() string {
	d, _ := r.env.get(envTokenCredentials)
	return strings.TrimSpace(d)
}

func directed(value string) func(identity, *request) bool {
	return func(_ identity, r *request) bool { return strings.EqualFold(r.directive(), value) }
}

func inPodAlready(id identity, _ *request) bool { return id.kind == WorkloadIdentity }
func markedHost(_ identity, r *request) bool    { return r.host.marker != "" }
func taggedMachine(_ identity, r *request) bool {
	return r.host.assetTag && r.o.ProbeIMDS == nil
}
func toolless(_ identity, r *request) bool { return len(r.host.tools) == 0 }
func otherwise(identity, *request) bool    { return true }

func asChosen(id identity, _ *request) (identity, error) { return id, nil }

// probing leaves the decision to the first token request.
func probing(id identity, r *request) (identity, error) {
	id.probe, id.tools = true, r.host.tools
	return id, nil
}

// inAzure is for a machine in Azure. Only one that has no identity of its own goes
// on to the tools.
func inAzure(id identity, r *request) (identity, error) {
	id.inAzure = true
	if id.kind == SystemAssigned {
		id.tools = r.host.tools
	}
	return id, nil
}

// developerOnly leaves out the managed identity.
func developerOnly(id identity, r *request) (identity, error) {
	if len(r.host.tools) == 0 {
		return identity{}, &SetupError{Variable: envTokenCredentials, Anchor: "azure-token-credentials",
			Err: errors.New("is dev, but none of az, azd and pwsh is on PATH")}
	}
	return id.fallbackTo(r.host.tools[0], r.host.tools[1:]), nil
}

// forced replaces the identity by the one that AZURE_TOKEN_CREDENTIALS names.
func forced(build func(*request) (identity, error)) func(identity, *request) (identity, error) {
	return func(id identity, r *request) (identity, error) {
		forced, err := build(r)
		if err != nil {
			return identity{}, err
		}
		if forced.kind.developerTool() {
			return id.fallbackTo(forced.kind, nil), nil
		}
		forced.rule = ruleVariable
		return forced, nil
	}
}

// fallbackTo is the developer's own sign-in in place of id: that of the first tool
// to answer, beginning with kind.
func (id identity) fallbackTo(kind IdentityKind, others []IdentityKind) identity {
	return identity{
		kind: kind, rule: ruleDeveloper, tenantID: id.tenantID, tools: others,
		warnings: []string{fmt.Sprintf("logging in as the signed-in developer instead of %s", id)},
	}
}

// answeredBy is who id turns out to be when a developer's tool gives the token.
func (id identity) answeredBy(tool IdentityKind) identity {
	if id.kind.developerTool() {
		id.kind, id.tools = tool, nil
		return id
	}
	answer := id.fallbackTo(tool, nil)
	answer.why = id.why + "; no managed identity answered, but " + tool.String() + " did"
	return answer
}
