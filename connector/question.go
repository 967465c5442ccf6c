package connector

import (
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// question is everything that the rules may look at.
type question struct {
	ids      dsn.Identity // what the connection says about its identity
	password dsn.Secret   // of a database login
	certFile string       // client certificate of a database login
	env      variables
	host     hostFacts
	o        *Options
}

func newQuestion(c dsn.Config, env variables, host hostFacts, o *Options) *question {
	q := &question{ids: c.Identity, password: c.Password, certFile: c.ClientCertFile, env: env, host: host, o: o}
	if c.Engine == dsn.SQLServer {
		q.readSQLUser(c.User)
	}
	return q
}

// readSQLUser takes over the identity that SQL Server's connection strings put
// into the user name (a client ID, "id@tenant", or a managed identity's resource
// ID) and into the password (a client secret).
func (q *question) readSQLUser(user string) {
	id, tenant, _ := strings.Cut(user, "@")
	switch q.ids.Method {
	case dsn.MethodServicePrincipal:
	case dsn.MethodDefault, dsn.MethodManagedIdentity:
		if q.ids.ResourceID == "" && strings.HasPrefix(strings.ToLower(user), "/subscriptions/") {
			q.ids.ResourceID = user
			return
		}
		if !isGUID(id) {
			return
		}
	default:
		return
	}
	if q.ids.ClientID == "" {
		q.ids.ClientID = id
	}
	if q.ids.TenantID == "" {
		q.ids.TenantID = tenant
	}
	if q.ids.Method != dsn.MethodManagedIdentity && q.ids.ClientSecret.IsZero() {
		q.ids.ClientSecret, q.password = q.password, dsn.Secret{}
	}
}

// isGUID reports whether s has the form of an ID of Microsoft Entra, such as
// 6f9619ff-8b86-d011-b42d-00c04fc964ff.
func isGUID(s string) bool {
	groups := strings.Split(s, "-")
	if len(groups) != 5 {
		return false
	}
	for i, length := range [...]int{8, 4, 4, 4, 12} {
		if len(groups[i]) != length || strings.Trim(groups[i], "0123456789abcdefABCDEF") != "" {
			return false
		}
	}
	return true
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
