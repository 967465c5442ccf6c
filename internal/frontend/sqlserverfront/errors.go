package sqlserverfront

import (
	"errors"
	"fmt"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/tokenerr"
	"github.com/azuredb/passwordless/internal/tds"
)

// Error is an error of SQL Server, as its clients get it:
//
//	Number    int32  // as in sys.messages
//	State     uint8  // tells apart the places that raise it
//	Class     uint8  // severity; default: 14 for a failed login; 20 and more end the connection
//	Message   string // one line
//	Procedure string // in which it was raised; "" outside
//	Line      int32  // in the batch or procedure; default: 1
type Error = tds.Error

// tokenUser is whom the errors name when a token was not accepted.
const tokenUser = "<token-identified principal>"

// The numbers, classes and texts are those of SQL Server's sys.messages and, for
// tokens, those that users of Azure SQL Database report. The states are not theirs:
// Azure has many, and documents none.
var (
	// microsoft/azuredatastudio#14497
	tokenExpired = tds.NewError(18456, 1, 14, "Login failed for user '"+tokenUser+"'. Token is expired.")

	// About tokens of other clouds and tenants, for other resources, and what is none
	// (microsoft/vscode-mssql#18966, Azure/azure-sdk-for-python#45216).
	tokenNotAccepted = tds.NewError(18456, 1, 14, "Login failed for user '"+tokenUser+"'. The server is not currently configured to accept this token.")

	noIntegrated = tds.NewError(18452, 1, 14, "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.")
	noEncryption = tds.NewError(17835, 1, 20, "Encryption is required to connect to this server but the client library does not support encryption; the connection has been closed. Please upgrade your client library.")
	badLogin     = tds.NewError(17832, 1, 20, "The login packet used to open the connection is structurally invalid; the connection has been closed. Please contact the vendor of the client library.")
	badPrelogin  = tds.NewError(17828, 1, 20, "The prelogin packet used to open the connection is structurally invalid; the connection has been closed. Please contact the vendor of the client library.")

	// The number is that of Azure SQL Database for a database that is not available at
	// the moment.
	noBackend = tds.NewError(40613, 1, 17, "azuretest: the ordinary server behind this front end cannot be reached")
)

// loginFailed is all that SQL Server says about a wrong password, an unknown
// login, or an identity without a user in the database (dotnet/SqlClient#1408).
func loginFailed(user string) *Error {
	return tds.NewError(18456, 1, 14, "Login failed for user '"+user+"'.")
}

// noDatabase is what SQL Server says before it says that the login failed.
func noDatabase(database string) *Error {
	return tds.NewError(4060, 1, 11, fmt.Sprintf("Cannot open database %q requested by the login. The login failed.", database))
}

// verify is the default of Options.Verify.
func verify(cloud *azuretest.Cloud, token string) (azuretest.Claims, error) {
	claims, err := cloud.Verify(token, azuretest.SQLAudience)
	switch {
	case errors.Is(err, tokenerr.ErrExpired):
		err = fmt.Errorf("%w: %w", tokenExpired, err)
	case errors.Is(err, tokenerr.ErrAudience), errors.Is(err, tokenerr.ErrIssuer), errors.Is(err, tokenerr.ErrMalformed):
		err = fmt.Errorf("%w: %w", tokenNotAccepted, err)
	}
	return claims, err
}

// errorsIn are the errors that a client is to be told about err, in their order;
// none if err is not meant for it.
func errorsIn(err error) []*Error {
	switch e := err.(type) {
	case *azuretest.ServerError:
		return []*Error{tds.NewError(int32(e.Number), 1, 0, e.Message)}
	case *Error:
		return []*Error{e}
	case interface{ Unwrap() error }:
		return errorsIn(e.Unwrap())
	case interface{ Unwrap() []error }:
		var all []*Error
		for _, wrapped := range e.Unwrap() {
			all = append(all, errorsIn(wrapped)...)
		}
		return all
	}
	return nil
}
