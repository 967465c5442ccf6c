package connector

import (
	"errors"
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// readSQLUser takes over the identity that SQL Server's connection strings put
// into the user name and the password, as its drivers do: a client ID, perhaps
// with its tenant as in "id@tenant", or a managed identity's resource ID; and the
// client secret, or the password of the client certificate. The token then names
// the database user, and no user name is sent.
//
// Where a managed identity is asked for by word the user name may be a client ID
// (Microsoft.Data.SqlClient since 3.0, go-mssqldb) or an object ID (the ODBC
// driver; the table that Service Connector's page has for Python). They look
// alike: it is tried as a client ID and, if the host knows none such, as an
// object ID.
func (q *question) readSQLUser() error {
	switch q.ids.Method {
	case dsn.MethodServicePrincipal:
		if q.user == "" {
			return q.readSQLSecret() // the client ID is in a key or variable
		}
	case dsn.MethodUnset:
		if q.hasPassword() || !namesIdentity(q.user) {
			return nil // a database login, or nothing about the identity
		}
	case dsn.MethodDefault, dsn.MethodManagedIdentity, dsn.MethodWorkloadIdentity:
		if !namesIdentity(q.user) {
			return nil
		}
	default:
		return nil
	}
	if isResourceID(q.user) {
		q.ids.ResourceID, q.user = q.user, ""
		return nil
	}
	id, tenant, _ := strings.Cut(q.user, "@")
	q.user = ""
	if strings.EqualFold(id, q.ids.ObjectID) {
		return nil
	}
	q.eitherID = q.ids.Method == dsn.MethodManagedIdentity && q.ids.ClientID == ""
	if !mergeID(&q.ids.ClientID, id) {
		return errTwice("CLIENTID", "the user name")
	}
	if tenant != "" && !mergeID(&q.ids.TenantID, tenant) {
		return errTwice("TENANTID", "the tenant in the user name")
	}
	if q.ids.Method == dsn.MethodManagedIdentity || q.ids.Method == dsn.MethodWorkloadIdentity {
		return nil // a password beside these is refused by a rule
	}
	return q.readSQLSecret()
}

// readSQLSecret takes the password as the service principal's proof.
func (q *question) readSQLSecret() error {
	if !q.hasPassword() {
		return nil
	}
	proof, key := &q.ids.ClientSecret, "CLIENTSECRET"
	if q.ids.ClientCertificatePath != "" && q.ids.ClientSecret.IsZero() {
		proof, key = &q.ids.ClientCertificatePassword, "client_certificate_password"
	}
	if !mergeSecret(proof, q.password.Reveal()) {
		return errTwice(key, "the password")
	}
	q.password = dsn.Secret{}
	return nil
}

// errTwice is the error for a variable that contradicts the connection string.
func errTwice(variable, what string) error {
	return &SetupError{Variable: variable, Anchor: "conflicting-settings",
		Err: errors.New("has another value than " + what + " of the same connection: remove one of the two")}
}

// unusedUser is the warning for a user name that SQL Server is not sent.
const unusedUser = "the user name does not count: the token names the user in SQL Server"

// namesIdentity reports whether a user name of SQL Server's is that of an
// identity: its ID, perhaps with a tenant, or its resource ID.
func namesIdentity(user string) bool {
	id, _, _ := strings.Cut(user, "@")
	return isGUID(id) || isResourceID(user)
}

// isResourceID reports whether s is the ID of a resource of Azure.
func isResourceID(s string) bool {
	const start = "/subscriptions/"
	return len(s) > len(start) && strings.EqualFold(s[:len(start)], start)
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
