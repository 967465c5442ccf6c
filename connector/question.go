package connector

import (
	"github.com/azuredb/passwordless/dsn"
)

// question is everything that the rules may look at.
type question struct {
	engine   dsn.Engine
	ids      dsn.Identity // what the connection says about its identity
	user     string       // the connection's user name, unless it was read as an identity
	password dsn.Secret   // of a database login
	certFile string       // client certificate of a database login
	eitherID bool         // ids.ClientID may be an object ID: see readSQLUser
	env      variables
	host     hostFacts
	o        *Options
}

// newQuestion gathers what the rules look at. With a credential of the caller's
// own nothing is read from the user name: no identity is looked for.
func newQuestion(c dsn.Config, env variables, host hostFacts, o *Options) (*question, error) {
	q := &question{engine: c.Engine, ids: c.Identity, user: c.User, password: c.Password,
		certFile: c.ClientCertFile, env: env, host: host, o: o}
	if c.Engine == dsn.SQLServer && !q.hasCredential() {
		if err := q.readSQLUser(); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func (q *question) hasCredential() bool { return q.o.Credential != nil }

func (q *question) hasPassword() bool { return !q.password.IsZero() }

// hasID reports whether the connection names a managed identity or application.
func (q *question) hasID() bool {
	return q.ids.ClientID != "" || q.ids.ObjectID != "" || q.ids.ResourceID != ""
}

// hasSecret reports whether the connection brings a service principal's proof.
func (q *question) hasSecret() bool {
	return !q.ids.ClientSecret.IsZero() || q.ids.ClientCertificatePath != ""
}

// inPod reports whether Kubernetes has given the process a workload identity.
func (q *question) inPod() bool {
	_, ok := q.env.get(envFederatedTokenFile)
	return ok
}

// contradicts reports whether the connection has both a password and an
// identity, by key or by word.
func (q *question) contradicts() bool {
	switch {
	case q.ids.Method == dsn.MethodPassword:
		return q.hasID() || q.hasSecret()
	case !q.hasPassword():
		return false
	case q.ids.Method == dsn.MethodUnset || q.ids.Method == dsn.MethodDefault:
		return q.hasID() || q.hasSecret()
	default:
		return true
	}
}

// tenant returns the connection's tenant, or else the Options'.
func (q *question) tenant() string {
	if q.ids.TenantID == "" {
		return q.o.TenantID
	}
	return q.ids.TenantID
}

// tenantOrAmbient returns the connection's tenant, the Options', or else
// AZURE_TENANT_ID: a tenant is where to ask, not who asks.
func (q *question) tenantOrAmbient() string {
	if t := q.tenant(); t != "" {
		return t
	}
	t, _ := q.env.get(envTenantID)
	return t
}
