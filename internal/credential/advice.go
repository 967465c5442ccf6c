package credential

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/identity"
)

const (
	unusedIdentityHint  = "turn on the host's system-assigned identity, or set the connection's CLIENTID to AZURE_CLIENT_ID, which is ignored, if that names the identity"
	defaultIdentityHint = "turn on the host's system-assigned identity, or set the connection's CLIENTID"
	inAzureSays         = "the instance metadata service of this machine in Azure"
	endpointSays        = "the host's identity endpoint"
	toolSays            = "az login|azd auth login|Connect-AzAccount"
	managedDevice       = "AADSTS53000|AADSTS53001|AADSTS530003" // of Conditional Access: docs/service-connector.md
	managedDeviceHint   = "the tenant admits managed devices only: sign in on one that is joined to Microsoft Entra, or ask those who run the tenant"
	noFederation        = "no federated credential of the application matches the token's issuer, subject and audience, which are compared as text, letter case included"
)

// federationCodes are what Microsoft Entra says of an assertion that no federated credential matches.
const federationCodes = "AADSTS70021|AADSTS700211|AADSTS700212|AADSTS700213|AADSTS7002138"

// tokenRules are about token requests that failed. Texts are the issuers'. In hints {...} stands for what
// [adviceFor] knows of the request.
var tokenRules = advice.Register(advice.Table{
	Name:   "Tokens",
	Client: slices.Concat(toolRules, managedRules, entraRules, wayRules, otherRules),
})

// toolRules are about the developer's tools, the last of them about whatever else they say.
var toolRules = []advice.Rule{
	{Is: of(isTool), Text: "executable not found on path", Anchor: "developer-sign-in", Hint: "install the tool and sign in with it, or remove the connection's authentication method"},
	{Is: of(isTool), Text: "did not answer within|was stopped before|has not answered", Says: "was stopped|has not answered", Anchor: "developer-sign-in", Hint: "{tool} is slow or waits for something: run {check} by hand, or give it more time (the context of the login, Options.RequestTimeout)"},
	{Is: of(isTool), Text: "not by this program", Says: "was killed", Anchor: "developer-sign-in", Hint: "something ended {tool}, such as the limit of this machine's or container's memory: run {check} by hand"},
	{Is: of(isTool), Text: "printed nothing|printed something that is not JSON|printed JSON", Says: "printed nothing|printed something", Anchor: "developer-sign-in", Hint: "run {check} by hand: {tool} must print JSON alone, so look for an alias, a wrapper or a notice"},
	{Is: of(isTool), Text: federationCodes, Says: toolSays, Anchor: "developer-sign-in", Hint: "of the application that {tool} is signed in as, " + noFederation},
	{Is: of(isTool), Text: "AADSTS700024", Says: toolSays, Anchor: "developer-sign-in", Hint: "the assertion that {tool} is signed in with has expired: sign in again with {principal}"},
	{Is: of(isTool), Text: "AADSTS7000215|AADSTS7000222|AADSTS700027|AADSTS700016", Says: toolSays, Anchor: "developer-sign-in", Hint: "the secret or certificate of the application that {tool} itself is signed in as is refused: sign in again with {principal}"},
	{Is: of(isTool), Text: managedDevice, Says: toolSays, Anchor: "developer-sign-in", Hint: managedDeviceHint},
	{Is: of(isTool), Text: "AADSTS50020", Anchor: "developer-sign-in", Hint: "the signed-in account is not in the tenant: sign in with {login}, as one that is"},
	{Is: of(isTool), Text: "AADSTS500011", Says: toolSays, Anchor: "developer-sign-in", Hint: "the tenant that {tool} is signed in to does not know what the token is for: check Options.Scope, Options.Cloud and the tenant"},
	{Is: of(isTool), Text: "AADSTS90002", Says: toolSays, Anchor: "developer-sign-in", Hint: "there is no such tenant in the cloud that {tool} is signed in to: check TENANTID"},
	{Is: of(isTool), Text: "certificate verify failed|CERTIFICATE_VERIFY_FAILED|Max retries exceeded|x509:|no such host|connection refused|getaddrinfo", Says: "Max retries exceeded", Anchor: "developer-sign-in", Hint: "{tool} does not reach Microsoft Entra: check its proxy (HTTPS_PROXY) and certificates (REQUESTS_CA_BUNDLE)"},
	{Is: of(isTool), Says: toolSays, Anchor: "developer-sign-in", Hint: "sign in with {login}"},
}

// managedRules are about the host's identity endpoint and the metadata service.
var managedRules = []advice.Rule{
	{Is: of(func(e *identityError) bool { return e.identity.UnusedClientID }), Text: "no default identity is assigned", Anchor: "identity-not-found", Hint: unusedIdentityHint},
	{Is: unknownID(func(id identity.Identity) bool { return id.UnusedClientID }), Says: "HTTP 400", Anchor: "identity-not-found", Hint: unusedIdentityHint},
	{Text: "no default identity is assigned", Anchor: "identity-not-found", Hint: defaultIdentityHint},
	{Is: of(func(e *identityError) bool { return isManaged(e) && e.status == http.StatusTooManyRequests }), Says: "HTTP 429",
		Anchor: "throttled", Hint: "the issuer is throttling: wait, and check how many processes ask at once"},
	{Is: of(func(e *identityError) bool { return isManaged(e) && e.page }), Says: "not JSON but a web page", Anchor: "identity-endpoint",
		Hint: "a proxy, firewall or other program answers in place of " + endpointSays + ": let none stand between (NO_PROXY), and check IDENTITY_ENDPOINT"},
	{Is: of(func(e *identityError) bool { return isManaged(e) && holdsNoToken(e) }), Says: endpointSays, Anchor: "identity-endpoint",
		Hint: "what answers in place of " + endpointSays + " gives no token: check IDENTITY_ENDPOINT, and let no proxy stand between (NO_PROXY)"},
	{Is: unknownID(func(id identity.Identity) bool { return id.Kind == passwordless.SystemAssigned }), Says: "HTTP 400",
		Anchor: "identity-not-found", Hint: defaultIdentityHint},
	{Is: unknownID(func(id identity.Identity) bool { return id.EitherID }), Says: "HTTP 400", Anchor: "identity-not-found",
		Hint: "no managed identity of this host has this client ID or object ID: assign it, or correct the connection's user name"},
	{Is: unknownID(func(id identity.Identity) bool { return id.Kind == passwordless.UserAssigned }), Says: "Identity not found|No User Assigned Managed Identity found",
		Anchor: "identity-not-found", Hint: "assign the managed identity to this host, or correct the connection's CLIENTID"},
	{Is: of(func(e *identityError) bool {
		return e.identity.InAzure && (e.status == http.StatusNotFound || e.status == http.StatusGone || e.status >= 500)
	}), Says: inAzureSays, Anchor: "identity-endpoint", Hint: inAzureSays + " fails or is being updated: try again in a minute"},
	{Is: of(func(e *identityError) bool {
		return e.identity.InAzure && isManaged(e) && e.status == 0 && (len(e.causes) > 0 || isUnanswered(e))
	}), Says: inAzureSays, Anchor: "identity-endpoint",
		Hint: inAzureSays + " does not answer: try again, and let no firewall or proxy stand between; on a developer's machine in Azure set AZURE_TOKEN_CREDENTIALS=dev"},
	{Is: of(func(e *identityError) bool {
		return isManaged(e) && (e.status == http.StatusUnauthorized || e.status == http.StatusForbidden)
	}), Says: endpointSays, Anchor: "identity-endpoint",
		Hint: endpointSays + " refuses this process: IDENTITY_ENDPOINT and IDENTITY_HEADER may be another host's; on Azure Arc the user must be in the group himds"},
	{Is: of(func(e *identityError) bool { return isManaged(e) && e.status >= 500 }), Says: endpointSays, Anchor: "identity-endpoint",
		Hint: endpointSays + " answers, but fails: try again; if that stays so, restart the app or host"},
	{Is: of(func(e *identityError) bool { return isManaged(e) && e.status == http.StatusNotFound }), Says: endpointSays, Anchor: "identity-endpoint",
		Hint: endpointSays + " does not know this request: check IDENTITY_ENDPOINT"},
	{Is: of(func(e *identityError) bool { return isManaged(e) && advice.ConnectionRefused(e) }), Says: endpointSays, Anchor: "identity-endpoint",
		Hint: endpointSays + " is not running"},
	{Is: of(func(e *identityError) bool { return isManaged(e) && e.status == 0 && isUnanswered(e) }), Says: endpointSays, Anchor: "identity-endpoint",
		Hint: endpointSays + " does not answer: outside Azure, install the Azure CLI and sign in with az login"},
	{Is: of(func(e *identityError) bool { return isManaged(e) && e.status == 0 && len(e.causes) > 0 }), Says: endpointSays, Anchor: "identity-endpoint",
		Hint: endpointSays + " cannot be reached: check IDENTITY_ENDPOINT"},
}

// entraRules are about Microsoft Entra's errors for applications with a secret or certificate, and for people
// who sign in.
var entraRules = []advice.Rule{
	{Is: of(isApplication), Text: "AADSTS7000215", Anchor: "service-principal", Hint: "{CLIENTSECRET} must be the secret's value, not its ID"},
	{Is: of(isApplication), Text: "AADSTS7000222", Anchor: "service-principal", Hint: "the client secret has expired: make a new one and set {CLIENTSECRET}"},
	{Is: of(isApplication), Text: "AADSTS700016", Anchor: "service-principal", Hint: "no application with this {CLIENTID} is in the tenant: check {CLIENTID} and {TENANTID}"},
	{Is: of(isApplication), Text: "AADSTS700027", Anchor: "service-principal", Hint: "the certificate has expired or is not registered with the application"},
	{Is: ofKind(passwordless.WorkloadIdentity), Text: "AADSTS700024", Anchor: "workload-identity", Hint: "{the pod's token} has expired: check that AZURE_FEDERATED_TOKEN_FILE is still written, and the clock"},
	{Is: ofKind(passwordless.WorkloadIdentity), Text: "no such file|cannot find the file", Says: "no such file", Anchor: "workload-identity", Hint: "{the pod's token} is not there: check AZURE_FEDERATED_TOKEN_FILE, and the pod's label azure.workload.identity/use"},
	{Is: of(isApplication), Text: "AADSTS700024", Anchor: "service-principal", Hint: "the assertion is not valid at this time: check this machine's clock"},
	{Is: of(isNotManaged), Text: federationCodes, Says: "AADSTS70021|AADSTS700211|AADSTS7002138", Anchor: "workload-identity", Hint: noFederation + "{in a pod}"},
	{Is: of(isNotManaged), Text: "AADSTS90002", Anchor: "service-principal", Hint: "there is no such tenant in this cloud: check {TENANTID} and AZURE_AUTHORITY_HOST"},
	{Text: "AADSTS500011", Anchor: "cloud", Hint: "the tenant does not know what the token is for: check Options.Scope and Options.Cloud"},
	{Is: ofKind(passwordless.CustomCredential), Text: "AADSTS7000215|AADSTS7000222|AADSTS700016|AADSTS700027|AADSTS700024", Anchor: "service-principal", Hint: "Microsoft Entra refuses the application of Options.Credential, or its secret or certificate"},
	{Is: of(isPerson), Text: managedDevice, Says: "AADSTS50076", Anchor: "developer-sign-in", Hint: managedDeviceHint},
	{Is: of(isPerson), Text: "AADSTS", Says: "AADSTS50076|AADSTS50020|AADSTS700082", Anchor: "developer-sign-in", Hint: "sign in again, as an account of the tenant; check client_id and tenant_id if the connection has them"},
}

// wayRules are about the way to Microsoft Entra.
var wayRules = []advice.Rule{
	way(advice.Is[x509.UnknownAuthorityError], "certificate signed by unknown authority", "the certificate is signed by no one trusted here: install ca-certificates, or add the CA of a proxy that decrypts TLS to the system's roots (SSL_CERT_FILE)"),
	way(advice.Is[x509.HostnameError], "certificate is valid for", "the certificate is another host's: check AZURE_AUTHORITY_HOST, DNS and the proxy"),
	way(advice.Is[x509.CertificateInvalidError], "certificate has expired or is not yet valid", "the certificate is not valid now: check the clock of this machine"),
	way(isCertificate, "x509: ", "the certificate is not accepted"),
	way(advice.Is[tls.RecordHeaderError], "first record does not look like a TLS handshake", "what answers does not speak TLS: check AZURE_AUTHORITY_HOST and HTTPS_PROXY"),
	way(advice.Is[*net.DNSError], "no such host", "the name does not resolve here: check AZURE_AUTHORITY_HOST, DNS and HTTPS_PROXY"),
	way(advice.ConnectionRefused, "connection refused", "nothing listens there: check AZURE_AUTHORITY_HOST and HTTPS_PROXY"),
	way(func(err error) bool {
		e, ok := errors.AsType[*identityError](err)
		return ok && (e.page || strings.Contains(e.whole, "Proxy Authentication Required")) // a CONNECT's
	}, "not JSON but a web page", "a proxy or captive portal answers in its place: check HTTPS_PROXY and the firewall"),
	way(of(holdsNoToken), "expires_in and expires_on are both missing", "what answers gives no token: check AZURE_AUTHORITY_HOST and HTTPS_PROXY"),
	{Is: of(func(e *identityError) bool { return isNotManaged(e) && e.status >= http.StatusInternalServerError }), Says: "HTTP 503", Anchor: "way-to-microsoft-entra",
		Hint: "Microsoft Entra answers, but fails: try again"},
	{Is: of(func(e *identityError) bool {
		return isPerson(e) && e.status < 400 && isUnanswered(e) && len(e.causes) < 2
	}),
		Says: toolSays, Anchor: "developer-sign-in", Hint: "no one signed in in time"},
	way(func(err error) bool {
		e, ok := errors.AsType[*identityError](err)
		return ok && e.status == 0 && e.identity.Kind != passwordless.CustomCredential && isUnanswered(e)
	}, "i/o timeout", "no answer in time: check the firewall and HTTPS_PROXY"),
	way(func(err error) bool {
		e, ok := errors.AsType[*identityError](err)
		return ok && e.status == 0 && e.identity.Kind != passwordless.CustomCredential && len(e.causes) > 0 && !errors.Is(e, context.Canceled)
	}, "connection reset by peer", "the connection breaks: check the firewall and HTTPS_PROXY"),
}

var otherRules = []advice.Rule{
	{Is: of(func(e *identityError) bool { return e.status == http.StatusTooManyRequests }), Says: "HTTP 429",
		Anchor: "throttled", Hint: "the issuer is throttling: wait, and check how many processes ask at once"},
	{Text: "the answer holds no token", Anchor: "token-not-accepted", Hint: "check Options.Credential: it must return a token or an error"},
	{Err: ErrWrongAudience, Says: "the token is for ..., but the server needs one for ...", Anchor: "token-not-accepted", Hint: "check Options.Credential, Options.Scope and Options.Cloud"},
	{Text: toolSays, Anchor: "developer-sign-in", Hint: "sign in with {login}"},
	{Is: of(isPerson), Says: toolSays, Anchor: "developer-sign-in", Hint: "sign in again"},
}

// way is a rule for identities whose requests go to Microsoft Entra.
func way(failed func(error) bool, says, hint string) advice.Rule {
	return advice.Rule{Is: of(func(e *identityError) bool {
		return isNotManaged(e) && !isTool(e) && !strings.Contains(e.whole, "ManagedIdentityCredential") && (failed(e) || e.status == 0 && strings.Contains(e.whole, says))
	}), Says: "the way to Microsoft Entra", Anchor: "way-to-microsoft-entra", Hint: "on the way to Microsoft Entra: " + hint}
}

// of returns the condition that a token request failed so.
func of(so func(*identityError) bool) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*identityError](err)
		return ok && so(e)
	}
}

func ofKind(kind passwordless.IdentityKind) func(error) bool {
	return of(func(e *identityError) bool { return e.identity.Kind == kind })
}

func isTool(e *identityError) bool       { return toolOf(toolKind(e)).program != "" }
func isManaged(e *identityError) bool    { return identity.IsManaged(e.identity.Kind) }
func isNotManaged(e *identityError) bool { return !isManaged(e) }
func isPerson(e *identityError) bool     { return e.identity.OnDemand() }

// holdsNoToken reports whether the last answer should have held a token and did not.
func holdsNoToken(e *identityError) bool {
	return e.status == http.StatusOK && len(e.causes) == 0 && !errors.Is(e, ErrWrongAudience)
}

// toolKind is the kind of the tool that failed: Options.Credential may be azidentity's credential for one.
func toolKind(e *identityError) passwordless.IdentityKind {
	name, _, _ := strings.Cut(e.whole, ":")
	switch {
	case e.identity.Kind != passwordless.CustomCredential:
		return e.identity.Kind
	case name == "AzureCLICredential":
		return passwordless.AzureCLI
	case name == "AzureDeveloperCLICredential":
		return passwordless.AzureDeveloperCLI
	case name == "AzurePowerShellCredential":
		return passwordless.AzurePowerShell
	default:
		return e.identity.Kind
	}
}

// isApplication reports whether the connection, or the environment, has the credential of an application.
func isApplication(e *identityError) bool { return rebuilt(e.identity.Kind) }

// isUnanswered reports whether the request timed out.
func isUnanswered(e *identityError) bool {
	timeout, ok := errors.AsType[net.Error](error(e))
	return errors.Is(e, context.DeadlineExceeded) || ok && timeout.Timeout() || e.hidden == errRunning && len(e.causes) == 0
}

// unknownID returns the condition that the host's endpoint does not know such an identity.
func unknownID(such func(identity.Identity) bool) func(error) bool {
	return of(func(e *identityError) bool {
		return e.status == http.StatusBadRequest && isManaged(e) && such(e.identity) && !strings.Contains(e.whole, "AADSTS")
	})
}

// adviceFor returns the advice for e, whose text is said, with the details of its identity filled in.
func adviceFor(e *identityError, said string) advice.Advice {
	a, id := tokenRules.Advise(e), e.identity
	t := toolOf(toolKind(e))
	login := t.login
	if id.TenantID != "" {
		login += map[string]string{"az": " --tenant ", "azd": " --tenant-id ", "PowerShell": " -Tenant "}[t.program] + id.TenantID
	}
	words := []string{"{tool}", t.program, "{login}", cmp.Or(proposedCommand(said), login), "{principal}", t.principal, "{check}", t.check,
		"{the pod's token}", "the token in AZURE_FEDERATED_TOKEN_FILE", "{in a pod}", ""}
	if id.InPod {
		words[9], words[11] = "the pod's token", "; the subject is system:serviceaccount:<namespace>:<service account> of this pod"
	}
	for _, name := range [...]string{"CLIENTSECRET", "CLIENTID", "TENANTID"} {
		variable := name
		if id.Ambient {
			variable = map[string]string{"CLIENTSECRET": "AZURE_CLIENT_SECRET", "CLIENTID": "AZURE_CLIENT_ID", "TENANTID": "AZURE_TENANT_ID"}[name]
		}
		words = append(words, "{"+name+"}", variable)
	}
	a.Hint = strings.NewReplacer(words...).Replace(a.Hint)
	if id.InAzure && len(id.OnPath) > 0 && a.Anchor != "throttled" && !strings.Contains(a.Hint, "AZURE_TOKEN_CREDENTIALS") {
		a.Hint += "; to log in as the developer who is signed in on this machine, set AZURE_TOKEN_CREDENTIALS=dev"
	}
	return a
}

// AdviceOf returns what to do about the first failed token request in err's tree.
func AdviceOf(err error) advice.Advice {
	if e, ok := errors.AsType[*identityError](err); ok {
		return e.advice
	}
	return advice.Advice{}
}
