package connector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// landing is one row of rule 7: what becomes, on this host, of the managed
// identity or the pod's workload identity that an earlier rule chose. The first
// row whose condition holds decides.
type landing struct {
	when func(identity, *question) bool
	then func(identity, *question) (identity, error)
	why  string // added to the earlier rule's; empty if there is nothing to add
}

var landings = [...]landing{
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

// land applies rule 7.
func land(id identity, q *question) (identity, error) {
	if d := q.directive(); d != "" && !slices.ContainsFunc(directives[:], func(known string) bool { return strings.EqualFold(known, d) }) {
		return identity{}, &SetupError{Variable: envTokenCredentials, Anchor: "azure-token-credentials",
			Err: fmt.Errorf("unknown value: want one of %s", strings.Join(directives[:], ", "))}
	}
	i := slices.IndexFunc(landings[:], func(l landing) bool { return l.when(id, q) })
	landed, err := landings[i].then(id, q)
	if err != nil {
		return identity{}, err
	}
	landed.why = id.why
	switch why := landings[i].why; why {
	case "":
	case hasEndpoint:
		landed.why += "; " + why + ": " + q.host.marker
	default:
		landed.why += "; " + why
	}
	return landed, nil
}

// directive returns the value of AZURE_TOKEN_CREDENTIALS, "" if it is not set.
func (q *question) directive() string {
	d, _ := q.env.get(envTokenCredentials)
	return strings.TrimSpace(d)
}

func directed(value string) func(identity, *question) bool {
	return func(_ identity, q *question) bool { return strings.EqualFold(q.directive(), value) }
}

func inPodAlready(id identity, _ *question) bool { return id.kind == WorkloadIdentity }
func markedHost(_ identity, q *question) bool    { return q.host.marker != "" }
func taggedMachine(_ identity, q *question) bool {
	return q.host.assetTag && q.o.ProbeIMDS == nil
}
func toolless(_ identity, q *question) bool { return len(q.host.tools) == 0 }
func otherwise(identity, *question) bool    { return true }

func asChosen(id identity, _ *question) (identity, error) { return id, nil }

// probing leaves the decision to the first token request.
func probing(id identity, q *question) (identity, error) {
	id.probe, id.tools = true, q.host.tools
	return id, nil
}

// inAzure is for a machine in Azure. Only one that has no identity of its own goes
// on to the tools.
func inAzure(id identity, q *question) (identity, error) {
	id.inAzure = true
	if id.kind == SystemAssigned {
		id.tools = q.host.tools
	}
	return id, nil
}

// developerOnly leaves out the managed identity.
func developerOnly(id identity, q *question) (identity, error) {
	if len(q.host.tools) == 0 {
		return identity{}, &SetupError{Variable: envTokenCredentials, Anchor: "azure-token-credentials",
			Err: errors.New("is dev, but none of az, azd and pwsh is on PATH")}
	}
	return id.standIn(q.host.tools[0], q.host.tools[1:]), nil
}

// forced replaces the identity by the one that AZURE_TOKEN_CREDENTIALS names.
func forced(outcome func(*question) (identity, error)) func(identity, *question) (identity, error) {
	return func(id identity, q *question) (identity, error) {
		forced, err := outcome(q)
		if err != nil {
			return identity{}, err
		}
		if forced.kind.developerTool() {
			return id.standIn(forced.kind, nil), nil
		}
		forced.rule = 7
		return forced, nil
	}
}

// standIn is the developer's own sign-in in place of id: that of the first tool
// to answer, beginning with kind.
func (id identity) standIn(kind IdentityKind, others []IdentityKind) identity {
	return identity{
		kind: kind, rule: 7, tenantID: id.tenantID, tools: others,
		warnings: []string{fmt.Sprintf("logging in as the signed-in developer instead of %s", id)},
	}
}

// answeredBy is who id turns out to be when a developer's tool gives the token.
func (id identity) answeredBy(tool IdentityKind) identity {
	if id.kind.developerTool() {
		id.kind, id.tools = tool, nil
		return id
	}
	answer := id.standIn(tool, nil)
	answer.why = id.why + "; no managed identity answered, but " + tool.String() + " did"
	return answer
}
