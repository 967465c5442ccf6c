package identity

import (
	"errors"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

// The ambient variables of the Azure SDKs, by the names the SDKs give them.
const (
	envTenantID            = "AZURE_TENANT_ID"
	envClientID            = "AZURE_CLIENT_ID"
	envClientSecret        = "AZURE_CLIENT_SECRET"
	envCertificatePath     = "AZURE_CLIENT_CERTIFICATE_PATH"
	envCertificatePassword = "AZURE_CLIENT_CERTIFICATE_PASSWORD"
	envSendChain           = "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"
	envFederatedTokenFile  = "AZURE_FEDERATED_TOKEN_FILE"
	envTokenCredentials    = "AZURE_TOKEN_CREDENTIALS"
)

func missing(variable, problem string) error {
	return &passwordless.SetupError{Variable: variable, Anchor: "incomplete-identity", Err: errors.New(problem)}
}

// refuseBoth is the error of a connection that could mean either.
func refuseBoth(r *request) (Identity, error) {
	return Identity{}, &passwordless.SetupError{Anchor: "conflicting-settings",
		Err: errors.New("the connection has both a password and an identity: remove the one that is not meant")}
}

func password(r *request) (Identity, error) {
	if !r.hasPassword() && r.certFile == "" {
		return Identity{}, missing("PASSWORD", "the connection asks for a password login but has no password: set it, or name an identity")
	}
	return Identity{Kind: passwordless.PasswordLogin, Secret: r.password}, nil
}

// managed is the managed identity that the connection names, or else the host's own. AZURE_CLIENT_ID
// does not redirect it.
func managed(r *request) (Identity, error) {
	id := Identity{Kind: passwordless.UserAssigned, TenantID: r.tenant()}
	switch {
	case r.ids.ClientID != "":
		id.ClientID, id.EitherID = r.ids.ClientID, r.eitherID
	case r.ids.ObjectID != "":
		id.ObjectID = r.ids.ObjectID
	case r.ids.ResourceID != "":
		id.ResourceID = r.ids.ResourceID
	default:
		id.Kind = passwordless.SystemAssigned
	}
	return id, nil
}

// workload is the identity behind Kubernetes' token file. AZURE_CLIENT_ID, which the webhook sets, counts
// unless the connection names an identity.
func workload(r *request) (Identity, error) {
	file, ok := r.env.Get(envFederatedTokenFile)
	if !ok {
		return Identity{}, missing(envFederatedTokenFile, "not set, but workload identity needs it: label the pod azure.workload.identity/use")
	}
	client := r.ids.ClientID
	if !r.hasID() {
		client, _ = r.env.Get(envClientID)
	}
	if client == "" {
		return Identity{}, missing("CLIENTID", "workload identity needs the client ID of the connection's identity: set CLIENTID (client_id in a connection string)")
	}
	tenant := r.tenantOrAmbient()
	if tenant == "" {
		return Identity{}, missing(envTenantID, "not set, but workload identity needs it: set it, or TENANTID of the connection")
	}
	return Identity{Kind: passwordless.WorkloadIdentity, ClientID: client, TenantID: tenant, TokenFile: file,
		InPod: r.host.Kubernetes || strings.HasPrefix(file, "/var/run/secrets/")}, nil
}

// principal is the connection's service principal. A SQL Server names its tenant, so that there it may be missing.
func principal(r *request) (Identity, error) {
	id := Identity{ClientID: r.ids.ClientID, TenantID: r.tenantOrAmbient()}
	if id.ClientID == "" {
		return Identity{}, missing("CLIENTID", "the connection's service principal has no client ID: set CLIENTID (client_id in a connection string)")
	}
	if id.TenantID == "" && r.engine != dsn.SQLServer {
		return Identity{}, missing("TENANTID", "the connection's service principal has no tenant: set TENANTID (tenant_id in a connection string), or Options.TenantID")
	}
	switch {
	case !r.ids.ClientSecret.IsZero() && r.ids.ClientCertificatePath != "":
		return Identity{}, missing("CLIENTSECRET", "the connection has both a client secret and a client certificate: remove the one that is not meant")
	case !r.ids.ClientSecret.IsZero():
		id.Kind, id.Secret = passwordless.ServicePrincipal, r.ids.ClientSecret
	case r.ids.ClientCertificatePath != "":
		id.setCertificate(r, "client_certificate_path", r.ids.ClientCertificatePath, r.ids.ClientCertificatePassword)
	case !id.setAmbientCertificate(r):
		return Identity{}, missing("CLIENTSECRET", "the connection's service principal has no secret and no certificate: set CLIENTSECRET, client_certificate_path, or "+envCertificatePath)
	}
	return id, nil
}

// environment is the service principal that azidentity's EnvironmentCredential would read, without its
// user name and password flow: Microsoft has withdrawn that.
func environment(r *request) (Identity, error) {
	for _, name := range [...]string{envClientID, envTenantID} {
		if _, ok := r.env.Get(name); !ok {
			return Identity{}, missing(name, "not set, but the connection's identity is the environment's")
		}
	}
	id := Identity{Ambient: true}
	id.ClientID, _ = r.env.Get(envClientID)
	id.TenantID, _ = r.env.Get(envTenantID)
	if secret, ok := r.env.Get(envClientSecret); ok {
		id.Kind, id.Secret = passwordless.ServicePrincipal, dsn.NewSecret(secret)
		return id, nil
	}
	if !id.setAmbientCertificate(r) {
		return Identity{}, missing(envClientSecret, "not set, nor is "+envCertificatePath+": the environment's identity needs one of them")
	}
	return id, nil
}

// setAmbientCertificate makes id log in with the certificate of the SDKs' variables, if they name one.
func (id *Identity) setAmbientCertificate(r *request) bool {
	path, ok := r.env.Get(envCertificatePath)
	if !ok {
		return false
	}
	password, _ := r.env.Get(envCertificatePassword)
	id.setCertificate(r, envCertificatePath, path, dsn.NewSecret(password))
	return true
}

// setCertificate makes id log in with the certificate that key names. Subject name and issuer
// authentication needs its chain.
func (id *Identity) setCertificate(r *request, key, path string, password dsn.Secret) {
	id.Kind, id.CertificateKey, id.CertificatePath, id.CertificatePassword = passwordless.ServicePrincipalCertificate, key, path, password
	send, _ := r.env.Get(envSendChain)
	id.SendChain = send == "1" || strings.EqualFold(send, "true")
}
