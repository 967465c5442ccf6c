package identity

import (
	"errors"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

// readSQLUser takes over the identity that SQL Server's connection strings put into the user name and the
// password, as its drivers do: see the documentation of package passwordless.
//
// Where a managed identity is asked for by method the user name may be a client ID (Microsoft.Data.SqlClient
// since 3.0, go-mssqldb) or an object ID (ODBC; Service Connector's table for Python).
func (r *request) readSQLUser() error {
	switch r.ids.Method {
	case dsn.MethodServicePrincipal:
		if r.user == "" { // the client ID is in a key or variable
			return r.readSQLSecret()
		}
	case dsn.MethodUnset:
		if r.hasPassword() || !environ.NamesIdentity(r.user) {
			return nil // a database login, or nothing about the identity
		}
	case dsn.MethodDefault, dsn.MethodManagedIdentity, dsn.MethodWorkloadIdentity:
		if !environ.NamesIdentity(r.user) {
			return nil
		}
	default:
		return nil
	}
	if environ.IsResourceID(r.user) {
		r.ids.ResourceID, r.user = r.user, ""
		return nil
	}
	id, tenant, _ := strings.Cut(r.user, "@")
	r.user = ""
	if strings.EqualFold(id, r.ids.ObjectID) {
		return nil
	}
	r.eitherID = r.ids.Method == dsn.MethodManagedIdentity && r.ids.ClientID == ""
	if !environ.MergeID(&r.ids.ClientID, id) {
		return errTwice("CLIENTID", "the user name")
	}
	if tenant != "" && !environ.MergeID(&r.ids.TenantID, tenant) {
		return errTwice("TENANTID", "the tenant in the user name")
	}
	if r.ids.Method == dsn.MethodManagedIdentity || r.ids.Method == dsn.MethodWorkloadIdentity {
		return nil // a password in addition to these is refused by a rule
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
	if !environ.MergeSecret(credential, r.password.Reveal()) {
		return errTwice(key, "the password")
	}
	r.password = dsn.Secret{}
	return nil
}

func errTwice(variable, what string) error {
	return &passwordless.SetupError{Variable: variable, Anchor: "conflicting-settings",
		Err: errors.New("has another value than " + what + " of the same connection: remove one of the two")}
}

// unusedUser is the warning for a user name that SQL Server is not sent.
const unusedUser = "the user name is ignored: the token names the user in SQL Server"
