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

// refuseBoth is the outcome of a connection that could mean either.
func refuseBoth(q *question) (identity, error) {
	return identity{}, &SetupError{Anchor: "conflicting-settings",
		Err: errors.New("the connection has both a password and an identity: remove the one that is not meant")}
}

// password is a login without a token.
func password(q *question) (identity, error) {
	if !q.hasPassword() && q.certFile == "" {
		return identity{}, missing("PASSWORD", "the connection asks for a password login but has no password: set it, or name an identity")
	}
	return identity{kind: PasswordLogin, secret: q.password}, nil
}

// managed is the host's managed identity: the one that the connection names, by
// client ID before object ID before resource ID, or else the host's own.
// AZURE_CLIENT_ID does not redirect it.
func managed(q *question) (identity, error) {
	id := identity{kind: UserAssigned, tenantID: q.tenant()}
	switch {
	case q.ids.ClientID != "":
		id.clientID, id.eitherID = q.ids.ClientID, q.eitherID
	case q.ids.ObjectID != "":
		id.objectID = q.ids.ObjectID
	case q.ids.ResourceID != "":
		id.resourceID = q.ids.ResourceID
	default:
		id.kind = SystemAssigned
	}
	return id, nil
}

// workload is the identity behind Kubernetes' token file. The client ID is the
// connection's; AZURE_CLIENT_ID, which the webhook sets, stands in for it unless
// the connection names another identity in another way.
func workload(q *question) (identity, error) {
	file, ok := q.env.get(envFederatedTokenFile)
	if !ok {
		return identity{}, missing(envFederatedTokenFile, "not set, but workload identity needs it: label the pod azure.workload.identity/use")
	}
	client := q.ids.ClientID
	if client == "" && q.ids.ObjectID == "" && q.ids.ResourceID == "" {
		client, _ = q.env.get(envClientID)
	}
	if client == "" {
		return identity{}, missing("CLIENTID", "workload identity needs the client ID of the connection's identity: set CLIENTID (client_id in a connection string)")
	}
	tenant := q.tenantOrAmbient()
	if tenant == "" {
		return identity{}, missing(envTenantID, "not set, but workload identity needs it: set it, or TENANTID of the connection")
	}
	return identity{kind: WorkloadIdentity, clientID: client, tenantID: tenant, tokenFile: file}, nil
}

// principal is a service principal: the connection's client ID with its secret
// or certificate, or with the certificate of AZURE_CLIENT_CERTIFICATE_PATH. A SQL
// Server names its tenant, so that there it may be missing.
func principal(q *question) (identity, error) {
	id := identity{clientID: q.ids.ClientID, tenantID: q.tenantOrAmbient()}
	if id.clientID == "" {
		return identity{}, missing("CLIENTID", "the connection's service principal has no client ID: set CLIENTID (client_id in a connection string)")
	}
	if id.tenantID == "" && q.engine != dsn.SQLServer {
		return identity{}, missing("TENANTID", "the connection's service principal has no tenant: set TENANTID (tenant_id in a connection string), or Options.TenantID")
	}
	switch {
	case !q.ids.ClientSecret.IsZero() && q.ids.ClientCertificatePath != "":
		return identity{}, missing("CLIENTSECRET", "the connection has both a client secret and a client certificate: remove the one that is not meant")
	case !q.ids.ClientSecret.IsZero():
		id.kind, id.secret = ServicePrincipal, q.ids.ClientSecret
	case q.ids.ClientCertificatePath != "":
		id.setCertificate(q, "client_certificate_path", q.ids.ClientCertificatePath, q.ids.ClientCertificatePassword)
	case !id.setAmbientCertificate(q):
		return identity{}, missing("CLIENTSECRET", "the connection's service principal has no secret and no certificate: set CLIENTSECRET, client_certificate_path, or "+envCertificatePath)
	}
	return id, nil
}

// environment is the service principal that azidentity's EnvironmentCredential
// would read from the variables. Its user name and password flow is left out:
// Microsoft has withdrawn it.
func environment(q *question) (identity, error) {
	client, ok := q.env.get(envClientID)
	if !ok {
		return identity{}, missing(envClientID, "not set, but the connection's identity is the environment's")
	}
	tenant, ok := q.env.get(envTenantID)
	if !ok {
		return identity{}, missing(envTenantID, "not set, but the connection's identity is the environment's")
	}
	id := identity{clientID: client, tenantID: tenant}
	if secret, ok := q.env.get(envClientSecret); ok {
		id.kind, id.secret = ServicePrincipal, dsn.NewSecret(secret)
		return id, nil
	}
	if !id.setAmbientCertificate(q) {
		return identity{}, missing(envClientSecret, "not set, nor is "+envCertificatePath+": the environment's identity needs one of them")
	}
	return id, nil
}

// setAmbientCertificate makes id log in with the certificate of the SDKs'
// variables. It reports false if they name none.
func (id *identity) setAmbientCertificate(q *question) bool {
	path, ok := q.env.get(envCertificatePath)
	if !ok {
		return false
	}
	password, _ := q.env.get(envCertificatePassword)
	id.setCertificate(q, envCertificatePath, path, dsn.NewSecret(password))
	return true
}

// setCertificate makes id log in with the certificate that key names. The chain is
// sent along, which subject name and issuer authentication needs, if the variable
// of azidentity says so.
func (id *identity) setCertificate(q *question, key, path string, password dsn.Secret) {
	id.kind, id.certificateKey, id.certificatePath, id.certificatePassword = ServicePrincipalCertificate, key, path, password
	send, _ := q.env.get(envSendChain)
	id.sendChain = send == "1" || strings.EqualFold(send, "true")
}
