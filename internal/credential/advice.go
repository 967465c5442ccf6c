package credential

import (
	"context"
	"errors"
	"net/http"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/identity"
)

const defaultIdentityHint = "turn on the host's system-assigned identity, or set the connection's CLIENTID"

// tokenRules are about token requests that failed. Texts are the issuers'.
var tokenRules = advice.Register(advice.Table{
	Name: "Tokens",
	Client: []advice.Rule{
		{Text: "no default identity is assigned", Anchor: "identity-not-found", Hint: defaultIdentityHint},
		{Text: "AADSTS7000215", Anchor: "service-principal", Hint: "CLIENTSECRET must be the secret's value, not its ID"},
		{Text: "AADSTS7000222", Anchor: "service-principal", Hint: "the client secret has expired: make a new one and set CLIENTSECRET"},
		{Text: "AADSTS700016", Anchor: "service-principal", Hint: "no application with this CLIENTID is in the tenant: check CLIENTID and TENANTID"},
		{Text: "AADSTS90002", Anchor: "service-principal", Hint: "there is no such tenant in this cloud: check TENANTID and AZURE_AUTHORITY_HOST"},
		{Text: "AADSTS700027", Anchor: "service-principal", Hint: "the certificate has expired or is not registered with the application"},
		{Text: "AADSTS700024", Anchor: "workload-identity", Hint: "the pod's token has expired: check that AZURE_FEDERATED_TOKEN_FILE is still written, and the clock"},
		{Text: "AADSTS70021", Anchor: "workload-identity", Hint: "the application has no federated credential for this pod's service account"},
		{Text: "AADSTS500011", Anchor: "cloud", Hint: "the tenant does not know what the token is for: check Options.Scope and Options.Cloud"},
		{Text: "the answer holds no token", Anchor: "token-not-accepted", Hint: "check Options.Credential: it must return a token or an error"},
		{Text: "executable not found on path", Anchor: "developer-sign-in", Hint: "install the tool and sign in with it, or remove the connection's authentication method"},
		{Text: "az login", Anchor: "developer-sign-in", Hint: "sign in with az login"},
		{Text: "azd auth login", Anchor: "developer-sign-in", Hint: "sign in with azd auth login"},
		{Text: "Connect-AzAccount", Anchor: "developer-sign-in", Hint: "sign in with Connect-AzAccount"},
		{Err: ErrWrongAudience, Says: "the token is for ..., but the server needs one for ...", Anchor: "token-not-accepted", Hint: "check Options.Credential, Options.Scope and Options.Cloud"},
		{Is: failed(func(e *identityError) bool { return e.status == http.StatusTooManyRequests }), Says: "HTTP 429",
			Anchor: "throttled", Hint: "the issuer is throttling: wait, and check how many processes ask at once"},
		{Is: unknownID(func(id identity.Identity) bool { return id.Kind == passwordless.SystemAssigned }), Says: "HTTP 400",
			Anchor: "identity-not-found", Hint: defaultIdentityHint},
		{Is: unknownID(func(id identity.Identity) bool { return id.EitherID }), Says: "HTTP 400", Anchor: "identity-not-found",
			Hint: "no managed identity of this host has this client ID or object ID: assign it, or correct the connection's user name"},
		{Is: unknownID(func(id identity.Identity) bool { return id.Kind == passwordless.UserAssigned }), Says: "Identity not found|No User Assigned Managed Identity found",
			Anchor: "identity-not-found", Hint: "assign the managed identity to this host, or correct the connection's CLIENTID"},
		{Is: failed(func(e *identityError) bool {
			return e.identity.InAzure && (e.status == http.StatusNotFound || e.status == http.StatusGone || e.status >= 500)
		}), Says: "the instance metadata service of this machine in Azure", Anchor: "identity-endpoint",
			Hint: "the instance metadata service of this machine in Azure fails or is being updated: try again in a minute"},
		{Is: failed(func(e *identityError) bool { return e.identity.InAzure && len(e.causes) > 0 }),
			Says: "the instance metadata service of this machine in Azure", Anchor: "identity-endpoint",
			Hint: "the instance metadata service of this machine in Azure does not answer: try again, and let no firewall or proxy stand between; on a developer's machine in Azure set AZURE_TOKEN_CREDENTIALS=dev"},
		{Is: failed(func(e *identityError) bool { return identity.IsManaged(e.identity.Kind) && advice.ConnectionRefused(e) }),
			Says: "the host's identity endpoint", Anchor: "identity-endpoint", Hint: "the host's identity endpoint is not running"},
		{Is: failed(func(e *identityError) bool {
			return identity.IsManaged(e.identity.Kind) && errors.Is(e, context.DeadlineExceeded)
		}), Says: "the host's identity endpoint", Anchor: "identity-endpoint",
			Hint: "the host's identity endpoint does not answer: outside Azure, install the Azure CLI and sign in with az login"},
	},
})

// failed returns the condition that a token request failed so.
func failed(so func(*identityError) bool) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*identityError](err)
		return ok && so(e)
	}
}

// unknownID returns the condition that the issuer does not know such an identity.
func unknownID(such func(identity.Identity) bool) func(error) bool {
	return failed(func(e *identityError) bool { return e.status == http.StatusBadRequest && such(e.identity) })
}

// AdviceOf returns what to do about the first failed token request in err's tree.
func AdviceOf(err error) advice.Advice {
	if e, ok := errors.AsType[*identityError](err); ok {
		return e.advice
	}
	return advice.Advice{}
}
