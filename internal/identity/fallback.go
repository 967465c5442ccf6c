package identity

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
)

// change is what becomes of the managed identity, or the pod's workload identity, that a rule chose.
type change func(Identity, *request) (Identity, error)

// directives are the values of AZURE_TOKEN_CREDENTIALS, those of azidentity's DefaultAzureCredential.
var directives = [...]struct {
	value string
	then  change
}{
	{"prod", asChosen},
	{"dev", developerOnly},
	{"EnvironmentCredential", forced(environment)},
	{"WorkloadIdentityCredential", forced(workload)},
	{"ManagedIdentityCredential", forced(managed)},
	{"AzureCLICredential", forced(signIn(passwordless.AzureCLI))},
	{"AzureDeveloperCLICredential", forced(signIn(passwordless.AzureDeveloperCLI))},
	{"AzurePowerShellCredential", forced(signIn(passwordless.AzurePowerShell))},
}

type fallback struct {
	when func(Identity, *request) bool
	then change
	why  string
}

// fallbacks count where there is no directive. The first row whose condition holds on this host
// decides; its why is added to the rule's.
var fallbacks = [...]fallback{
	{func(id Identity, _ *request) bool { return id.Kind == passwordless.WorkloadIdentity }, asChosen, ""},
	{func(_ Identity, r *request) bool { return r.host.Marker.Get() != "" }, asChosen, hasEndpoint},
	{func(_ Identity, r *request) bool { return r.o.ProbeIMDS == nil && r.host.AssetTag.Get() }, inAzure, "; the machine has Azure's chassis asset tag"},
	{func(_ Identity, r *request) bool { return len(r.host.Tools.Get()) == 0 }, asChosen,
		"; no sign of an identity endpoint, and none of az, azd and PowerShell on PATH: the instance metadata service is asked"},
	{func(Identity, *request) bool { return true }, probing,
		"; no sign of an identity endpoint, so the first token request finds out whether the host is in Azure"},
}

// hasEndpoint is followed by what says so.
const hasEndpoint = "; the host has an identity endpoint: "

// fallBack applies the directive, or else the fallbacks, to id.
func fallBack(id Identity, r *request) (Identity, error) {
	directive, _ := r.env.Get(envTokenCredentials)
	directive = strings.TrimSpace(directive)
	for _, d := range directives {
		if strings.EqualFold(d.value, directive) {
			return d.then.to(id, r, "; AZURE_TOKEN_CREDENTIALS is "+d.value)
		}
	}
	if directive != "" {
		var known []string
		for _, d := range directives {
			known = append(known, d.value)
		}
		return Identity{}, badDirective(fmt.Errorf("unknown value: want one of %s", strings.Join(known, ", ")))
	}
	i := slices.IndexFunc(fallbacks[:], func(f fallback) bool { return f.when(id, r) })
	why := fallbacks[i].why
	if why == hasEndpoint {
		why += r.host.Marker.Get()
	}
	return fallbacks[i].then.to(id, r, why)
}

// to applies c to id, with the reason.
func (c change) to(id Identity, r *request, why string) (Identity, error) {
	changed, err := c(id, r)
	if err != nil {
		return Identity{}, err
	}
	changed.Why = id.Why + why
	return changed, nil
}

func asChosen(id Identity, _ *request) (Identity, error) { return id, nil }

// probing leaves the decision to the first token request.
func probing(id Identity, r *request) (Identity, error) {
	tools := r.host.Tools.Get()
	id.Probe, id.Tools, id.OnPath = true, tools, tools
	return id, nil
}

// inAzure is for a machine in Azure. Only if it has no identity are the tools used.
func inAzure(id Identity, r *request) (Identity, error) {
	id.InAzure, id.OnPath = true, r.host.Tools.Get()
	if id.Kind == passwordless.SystemAssigned {
		id.Tools = id.OnPath
	}
	return id, nil
}

// developerOnly leaves out the managed identity.
func developerOnly(id Identity, r *request) (Identity, error) {
	tools := r.host.Tools.Get()
	if len(tools) == 0 {
		return Identity{}, badDirective(errors.New("is dev, but none of az, azd and pwsh is on PATH"))
	}
	return id.fallbackTo(tools[0], tools[1:]), nil
}

func badDirective(err error) error {
	return &passwordless.SetupError{Variable: envTokenCredentials, Anchor: "azure-token-credentials", Err: err}
}

// forced replaces the identity by the one that AZURE_TOKEN_CREDENTIALS names.
func forced(build func(*request) (Identity, error)) change {
	return func(id Identity, r *request) (Identity, error) {
		forced, err := build(r)
		if err == nil && IsDeveloperTool(forced.Kind) {
			return id.fallbackTo(forced.Kind, nil), nil
		}
		forced.Rule = ruleVariable
		return forced, err
	}
}

// fallbackTo is the developer's own sign-in in place of id: of the first tool to answer, from kind on.
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
