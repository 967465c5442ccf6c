package identity

import (
	"cmp"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

// request is everything that the rules may look at.
type request struct {
	engine   dsn.Engine
	ids      dsn.Identity // what the connection says about its identity
	user     string       // the connection's user name, unless it was read as an identity
	password dsn.Secret   // of a database login
	certFile string       // client certificate of a database login
	eitherID bool         // ids.ClientID may be an object ID: see readSQLUser
	env      environ.Vars
	host     HostInfo
	o        *passwordless.Options
}

func (r *request) hasCredential() bool { return r.o.Credential != nil }

func (r *request) hasPassword() bool { return !r.password.IsZero() }

func (r *request) hasID() bool {
	return r.ids.ClientID != "" || r.ids.ObjectID != "" || r.ids.ResourceID != ""
}

func (r *request) hasSecret() bool {
	return !r.ids.ClientSecret.IsZero() || r.ids.ClientCertificatePath != ""
}

func (r *request) inPod() bool {
	_, ok := r.env.Get(envFederatedTokenFile)
	return ok
}

// podAsManaged reports whether a pod's connection asks for managed identity.
func (r *request) podAsManaged() bool { return r.ids.Method == dsn.MethodManagedIdentity && r.inPod() }

// contradicts reports whether the connection has both a password and an identity, by key or by method.
func (r *request) contradicts() bool {
	switch r.ids.Method {
	case dsn.MethodPassword:
		return r.hasID() || r.hasSecret()
	case dsn.MethodUnset, dsn.MethodDefault:
		return r.hasPassword() && (r.hasID() || r.hasSecret())
	default:
		return r.hasPassword()
	}
}

func (r *request) tenant() string { return cmp.Or(r.ids.TenantID, r.o.TenantID) }

// tenantOrAmbient adds AZURE_TENANT_ID: a tenant is where to ask, not who asks.
func (r *request) tenantOrAmbient() string {
	if t := r.tenant(); t != "" {
		return t
	}
	t, _ := r.env.Get(envTenantID)
	return t
}
