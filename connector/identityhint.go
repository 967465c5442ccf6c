package connector

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/azuredb/passwordless/internal/advice"
)

// identityHint is what to do about a failed token request.
type identityHint struct {
	text   string // one clause
	anchor string // section of TROUBLESHOOTING.md
}

var (
	notAssigned       = identityHint{"assign the managed identity to this host, or correct the connection's CLIENTID", "identity-not-found"}
	neitherID         = identityHint{"no managed identity of this host has this client ID or object ID: assign it, or correct the connection's user name", "identity-not-found"}
	noDefaultIdentity = identityHint{"turn on the host's system-assigned identity, or set the connection's CLIENTID", "identity-not-found"}
)

// identityHints go by what the issuer says. The first match counts.
var identityHints = [...]struct {
	said string
	hint identityHint
}{
	{"o default identity is assigned", noDefaultIdentity},
	{"AADSTS7000215", identityHint{"CLIENTSECRET must be the secret's value, not its ID", "client-secret"}},
	{"AADSTS7000222", identityHint{"the client secret has expired: make a new one and set CLIENTSECRET", "client-secret"}},
	{"AADSTS700016", identityHint{"no application with this CLIENTID is in the tenant: check CLIENTID and TENANTID", "application-not-found"}},
	{"AADSTS90002", identityHint{"there is no such tenant in this cloud: check TENANTID and AZURE_AUTHORITY_HOST", "application-not-found"}},
	{"AADSTS700027", identityHint{"the certificate has expired or is not registered with the application", "client-certificate"}},
	{"AADSTS700024", identityHint{"the pod's token has expired: check that AZURE_FEDERATED_TOKEN_FILE is still written, and the clock", "workload-identity"}},
	{"AADSTS70021", identityHint{"the application has no federated credential for this pod's service account", "workload-identity"}},
	{"AADSTS500011", identityHint{"the tenant does not know what the token is for: check Options.Scope and Options.Cloud", "cloud"}},
	{"the answer holds no token", identityHint{"check Options.Credential: it must return a token or an error", "not-a-token"}},
	{"executable not found on path", identityHint{"install the tool and sign in with it, or take its word out of the connection", "developer-sign-in"}},
	{"az login", identityHint{"sign in with az login", "developer-sign-in"}},
	{"azd auth login", identityHint{"sign in with azd auth login", "developer-sign-in"}},
	{"Connect-AzAccount", identityHint{"sign in with Connect-AzAccount", "developer-sign-in"}},
}

// hintFor finds what to do about e.
func hintFor(e *identityError) identityHint {
	for _, h := range identityHints {
		if strings.Contains(e.text, h.said) {
			return h.hint
		}
	}
	switch {
	case errors.Is(e, errWrongAudience):
		return identityHint{"check Options.Credential, Options.Scope and Options.Cloud", "wrong-audience"}
	case e.status == http.StatusTooManyRequests:
		return identityHint{"the issuer is throttling: wait, and check how many processes ask at once", "throttled"}
	case e.identity.kind == SystemAssigned && e.status == http.StatusBadRequest:
		return noDefaultIdentity
	case e.identity.eitherID && e.status == http.StatusBadRequest:
		return neitherID
	case e.identity.kind == UserAssigned && e.status == http.StatusBadRequest:
		return notAssigned
	case advice.ConnectionRefused(e) && e.identity.kind.managed():
		return identityHint{"the host's identity endpoint is not running", "identity-endpoint"}
	case errors.Is(e, context.DeadlineExceeded) && e.identity.kind.managed():
		return identityHint{"the host's identity endpoint does not answer: outside Azure, install the Azure CLI and sign in with az login", "identity-endpoint"}
	default:
		return identityHint{}
	}
}

// hintOf returns the hint of the first failed token request in err's tree.
func hintOf(err error) identityHint {
	if e, ok := errors.AsType[*identityError](err); ok {
		return e.hint
	}
	return identityHint{}
}
