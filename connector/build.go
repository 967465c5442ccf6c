package connector

import (
	"errors"
	"strings"

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

// missing is the error of an incomplete identity.
func missing(variable, problem string) error {
	return &SetupError{Variable: variable, Anchor: "incomplete-identity", Err: errors.New(problem)}
}

// refuseBoth is the error of a connection that could mean either.
func refuseBoth(r *request) (identity, error) {
	return identity{}, &SetupError{Anchor: "conflicting-settings",
		Err: errors.New("the connection has both a password and an identity: remove the one that is not meant")}
}

// password is a login without a token.
func password(r *request) (identity, error) {
	if !r.hasPassword() && r.certFile == "" {
		return identity{}, missing("PASSWORD", "the connection asks for a password login but has no password: set it, or name an identity")
	}
	return identity{kind: PasswordLogin, secret: r.password}, nil
}

// managed is the host's managed identity: the one that the connection names, by
// client ID before object ID before resource ID, or else the host's own.
// AZURE_CLIENT_ID does not redirect it.
func managed(r *request) (identity, error) {
	id := identity{kind: UserAssigned, tenantID: r.tenant()}
	switch {
	case r.ids.ClientID != "":
		id.clientID, id.eitherID = r.ids.ClientID, r.eitherID
	case r.ids.ObjectID != "":
		id.objectID = r.ids.ObjectID
	case r.ids.ResourceID != "":
		id.resourceID = r.ids.ResourceID
	default:
		id.kind = SystemAssigned
	}
	return id, nil
}

// workload is the identity behind Kubernetes' token file. The client ID is the
// connection's; AZURE_CLIENT_ID, which the webhook sets, stands in for it unless
// the connection names another identity in another way.
func workload(r *request) (identity, error) {
	file, ok := r.env.get(envFederatedTokenFile)
	if !ok {
		return identity{}, missing(envFederatedTokenFile, "not set, but workload identity needs it: label the pod azure.workload.identity/use")
	}
	client := r.ids.ClientID
	if client == "" && r.ids.ObjectID == "" && r.ids.ResourceID == "" {
		client, _ = r.env.get(envClientID)
	}
	if client == "" {
		return identity{}, missing("CLIENTID", "workload identity needs the client ID of the connection's identity: set CLIENTID (client_id in a connection string)")
	}
	tenant := r.tenantOrAmbient()
	if tenant == "" {
		return identity{}, missing(envTenantID, "not set, but workload identity needs it: set it, or TENANTID of the connection")
	}
	return identity{kind: WorkloadIdentity, clientID: client, tenantID: tenant, tokenFile: file}, nil
}

// principal is a service principal: the connection's client ID with its secret
// or certificate, or with the certificate of AZURE_CLIENT_CERTIFICATE_PATH. A SQL
// Server names its tenant, so that there it may be missing.
func principal(r *request) (identity, error) {
	id := identity{clientID: r.ids.ClientID, tenantID: r.tenantOrAmbient()}
	if id.clientID == "" {
		return identity{}, missing("CLIENTID", "the connection's service principal has no client ID: set CLIENTID (client_id in a connection string)")
	}
	if id.tenantID == "" && r.engine != dsn.SQLServer {
		return identity{}, missing("TENANTID", "the connection's service principal has no tenant: set TENANTID (tenant_id in a connection string), or Options.TenantID")
	}
	switch {
	case !r.ids.ClientSecret.IsZero() && r.ids.ClientCertificatePath != "":
		return identity{}, missing("CLIENTSECRET", "the connection has both a client secret and a client certificate: remove the one that is not meant")
	case !r.ids.ClientSecret.IsZero():
		id.kind, id.secret = ServicePrincipal, r.ids.ClientSecret
	case r.ids.ClientCertificatePath != "":
		id.setCertificate(r, "client_certificate_path", r.ids.ClientCertificatePath, r.ids.ClientCertificatePassword)
	case !id.setAmbientCertificate(r):
		return identity{}, missing("CLIENTSECRET", "the connection's service principal has no secret and no certificate: set CLIENTSECRET, client_certificate_path, or "+envCertificatePath)
	}
	return id, nil
}

// environment is the service principal that azidentity's EnvironmentCredential
// would read from the variables. Its user name and password flow is left out:
// Microsoft has withdrawn it.
func environment(r *request) (identity, error) {
	client, ok := r.env.get(envClientID)
	if !ok {
		return identity{}, missing(envClientID, "not set, but the connection's identity is the environment's")
	}
	tenant, ok := r.env.get(envTenantID)
	if !ok {
		return identity{}, missing(envTenantID, "not set, but the connection's identity is the environment's")
	}
	id := identity{clientID: client, tenantID: tenant}
	if secret, ok := r.env.get(envClientSecret); ok {
		id.kind, id.secret = ServicePrincipal, dsn.NewSecret(secret)
		return id, nil
	}
	if !id.setAmbientCertificate(r) {
		return identity{}, missing(envClientSecret, "not set, nor is "+envCertificatePath+": the environment's identity needs one of them")
	}
	return id, nil
}

// setAmbientCertificate makes id log in with the certificate of the SDKs'
// variables. It reports false if they name none.
func (id *identity) setAmbientCertificate(r *request) bool {
	path, ok := r.env.get(envCertificatePath)
	if !ok {
		return false
	}
	password, _ := r.env.get(envCertificatePassword)
	id.setCertificate(r, envCertificatePath, path, dsn.NewSecret(password))
	return true
}

// setCertificate makes id log in with the certificate that key names. The chain is
// sent along, which subject name and issuer authentication needs, if the variable
// of azidentity says so.
func (id *identity) setCertificate(r *request, key, path string, password dsn.Secret) {
	id.kind, id.certificateKey, id.certificatePath, id.certificatePassword = ServicePrincipalCertificate, key, path, password
	send, _ := r.env.get(envSendChain)
	id.sendChain = send == "1" || strings.EqualFold(send, "true")
}
