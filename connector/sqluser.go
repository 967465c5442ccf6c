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
// Where a managed identity is asked for by authentication method the user name may be a client ID
// (Microsoft.Data.SqlClient since 3.0, go-mssqldb) or an object ID (the ODBC
// driver; the table that Service Connector's page has for Python). They look
// alike: it is tried as a client ID and, if the host knows none such, as an
// object ID.
func (r *request) readSQLUser() error {
	switch r.ids.Method {
	case dsn.MethodServicePrincipal:
		if r.user == "" {
			return r.readSQLSecret() // the client ID is in a key or variable
		}
	case dsn.MethodUnset:
		if r.hasPassword() || !namesIdentity(r.user) {
			return nil // a database login, or nothing about the identity
		}
	case dsn.MethodDefault, dsn.MethodManagedIdentity, dsn.MethodWorkloadIdentity:
		if !namesIdentity(r.user) {
			return nil
		}
	default:
		return nil
	}
	if isResourceID(r.user) {
		r.ids.ResourceID, r.user = r.user, ""
		return nil
	}
	id, tenant, _ := strings.Cut(r.user, "@")
	r.user = ""
	if strings.EqualFold(id, r.ids.ObjectID) {
		return nil
	}
	r.eitherID = r.ids.Method == dsn.MethodManagedIdentity && r.ids.ClientID == ""
	if !mergeID(&r.ids.ClientID, id) {
		return errTwice("CLIENTID", "the user name")
	}
	if tenant != "" && !mergeID(&r.ids.TenantID, tenant) {
		return errTwice("TENANTID", "the tenant in the user name")
	}
	if r.ids.Method == dsn.MethodManagedIdentity || r.ids.Method == dsn.MethodWorkloadIdentity {
		return nil // a password beside these is refused by a rule
	}
	return r.readSQLSecret()
}

// readSQLSecret takes the password as the service principal's credential.
func (r *request) readSQLSecret() error {
	if !r.hasPassword() {
		return nil
	}
	credential, key := &r.ids.ClientSecret, "CLIENTSECRET"
	if r.ids.ClientCertificatePath != "" && r.ids.ClientSecret.IsZero() {
		credential, key = &r.ids.ClientCertificatePassword, "client_certificate_password"
	}
	if !mergeSecret(credential, r.password.Reveal()) {
		return errTwice(key, "the password")
	}
	r.password = dsn.Secret{}
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
