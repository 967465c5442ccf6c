package identity

import (
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

// newRequest gathers what the rules look at. With a credential of the caller's
// own nothing is read from the user name: no identity is looked for.
func newRequest(c dsn.Config, env environ.Vars, host HostInfo, o *passwordless.Options) (*request, error) {
	r := &request{engine: c.Engine, ids: c.Identity, user: c.User, password: c.Password,
		certFile: c.ClientCertFile, env: env, host: host, o: o}
	if c.Engine == dsn.SQLServer && !r.hasCredential() {
		if err := r.readSQLUser(); err != nil {
			return nil, err
		}
	}
	return r, nil
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

// contradicts reports whether the connection has both a password and an
// identity, by key or by authentication method.
func (r *request) contradicts() bool {
	switch {
	case r.ids.Method == dsn.MethodPassword:
		return r.hasID() || r.hasSecret()
	case !r.hasPassword():
		return false
	case r.ids.Method == dsn.MethodUnset || r.ids.Method == dsn.MethodDefault:
		return r.hasID() || r.hasSecret()
	default:
		return true
	}
}

func (r *request) tenant() string {
	if r.ids.TenantID == "" {
		return r.o.TenantID
	}
	return r.ids.TenantID
}

// tenantOrAmbient returns the connection's tenant, the Options', or else
// AZURE_TENANT_ID: a tenant is where to ask, not who asks.
func (r *request) tenantOrAmbient() string {
	if t := r.tenant(); t != "" {
		return t
	}
	t, _ := r.env.Get(envTenantID)
	return t
}
