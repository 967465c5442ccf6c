package azuretest

import (
	"cmp"
	"errors"
	"fmt"
)

// The numbers, classes and texts are those of SQL Server's sys.messages and, for
// tokens, those that users of Azure SQL Database report. The states are not theirs:
// Azure has many, and documents none.

// sqlTokenUser is whom the errors name when a token was refused.
const sqlTokenUser = "<token-identified principal>"

// verifySQLServer is the default of SQLServerOptions.Verify.
func verifySQLServer(c *Cloud) func(token string) (Claims, error) {
	return func(token string) (Claims, error) {
		claims, err := c.Verify(token, SQLAudience)
		switch {
		case err == nil:
		case errors.Is(err, ErrExpired):
			err = fmt.Errorf("%w: %w", sqlTokenExpired(), err)
		case errors.Is(err, ErrAudience), errors.Is(err, ErrIssuer), errors.Is(err, ErrMalformed):
			err = fmt.Errorf("%w: %w", sqlTokenNotAccepted(), err)
		default:
			err = fmt.Errorf("%w: %w", sqlLoginFailed(sqlTokenUser), err)
		}
		return claims, err
	}
}

// sqlLoginFailed is all that SQL Server says about a wrong password, an unknown
// login, or an identity without a user in the database (dotnet/SqlClient#1408).
func sqlLoginFailed(user string) *SQLServerError {
	return sqlError(18456, 1, 14, "Login failed for user '"+user+"'.")
}

// sqlTokenExpired: microsoft/azuredatastudio#14497.
func sqlTokenExpired() *SQLServerError {
	return sqlError(18456, 1, 14, "Login failed for user '"+sqlTokenUser+"'. Token is expired.")
}

// sqlTokenNotAccepted is about tokens of other clouds and tenants, for other
// resources, and what is none (microsoft/vscode-mssql#18966,
// Azure/azure-sdk-for-python#45216).
func sqlTokenNotAccepted() *SQLServerError {
	return sqlError(18456, 1, 14, "Login failed for user '"+sqlTokenUser+"'. The server is not currently configured to accept this token.")
}

// sqlNoIntegrated is the refusal of Windows authentication.
func sqlNoIntegrated() *SQLServerError {
	return sqlError(18452, 1, 14, "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.")
}

// sqlNoDatabase is what SQL Server says before it says that the login failed.
func sqlNoDatabase(database string) *SQLServerError {
	return sqlError(4060, 1, 11, fmt.Sprintf("Cannot open database %q requested by the login. The login failed.", database))
}

// sqlNoEncryption is the refusal of a login without TLS.
func sqlNoEncryption() *SQLServerError {
	return sqlError(17835, 1, 20, "Encryption is required to connect to this server but the client library does not support encryption; the connection has been closed. Please upgrade your client library.")
}

// sqlBadLogin is the refusal of a LOGIN7 that cannot be read.
func sqlBadLogin() *SQLServerError {
	return sqlError(17832, 1, 20, "The login packet used to open the connection is structurally invalid; the connection has been closed. Please contact the vendor of the client library.")
}

// sqlBadPrelogin is the refusal of a PRELOGIN that cannot be read.
func sqlBadPrelogin() *SQLServerError {
	return sqlError(17828, 1, 20, "The prelogin packet used to open the connection is structurally invalid; the connection has been closed. Please contact the vendor of the client library.")
}

// sqlRefusal completes the error of a Refuse fault.
func sqlRefusal(err error) error {
	e, _ := errors.AsType[*SQLServerError](err) // Inject takes no other
	refusal := *e
	refusal.Class, refusal.Line = cmp.Or(e.Class, 14), cmp.Or(e.Line, 1)
	return &refusal
}

// sqlErrors are the errors that a client is to be told about err, in their order;
// none if err is not meant for it.
func sqlErrors(err error) []*SQLServerError {
	switch e := err.(type) {
	case *SQLServerError:
		return []*SQLServerError{e}
	case interface{ Unwrap() error }:
		return sqlErrors(e.Unwrap())
	case interface{ Unwrap() []error }:
		var all []*SQLServerError
		for _, wrapped := range e.Unwrap() {
			all = append(all, sqlErrors(wrapped)...)
		}
		return all
	}
	return nil
}
