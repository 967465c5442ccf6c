package mysqlfront

import (
	"errors"
	"fmt"
	"slices"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/tokenerr"
)

// state is the SQLSTATE that travels.
func state(e *azuretest.ServerError) string {
	if len(e.State) != 5 {
		return "HY000"
	}
	return e.State
}

// The numbers and texts are those of MySQL's error reference
// (https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html) and,
// for tokens, those that users of Azure Database for MySQL report.
var (
	TokenExpired      = newError(9119, "HY000", "The access token has expired. Please acquire a new token and retry.") // microsoft/azuredatastudio-mysql#222
	insecureTransport = newError(3159, "HY000", "Connections using insecure transport are prohibited while --require_secure_transport=ON.")
	badHandshake      = newError(1043, "08S01", "Bad handshake")
	oldClient         = newError(1251, "08004", "Client does not support authentication protocol requested by server; consider upgrading MySQL client")
	tooLong           = newError(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes")
	outOfOrder        = newError(1156, "08S01", "Got packets out of order")
	malformed         = newError(1835, "HY000", "Malformed communication packet.")
	noBackend         = newError(1429, "HY000", "azuretest: the ordinary server behind this front end cannot be reached")
)

// verify is the default of Options.Verify. What it does not say is said of unknown
// users, another's token and tokens that are not valid
// (MicrosoftDocs/azure-docs#121045, Azure/azure-service-operator#3344).
func verify(cloud *azuretest.Cloud, user, token string) error {
	claims, err := cloud.Verify(token, azuretest.OSSRDBMSAudience)
	switch {
	case errors.Is(err, tokenerr.ErrExpired):
		return fmt.Errorf("%w: %w", TokenExpired, err)
	case err == nil && !slices.Contains(claims.Names, user):
		return errors.New("azuretest: the token belongs to another identity")
	}
	return err
}

// accessDenied is the number of denied.
const accessDenied = 1045

// denied is all that MySQL says about unknown users and wrong passwords.
func denied(user, host string, password bool) *azuretest.ServerError {
	using := "NO"
	if password {
		using = "YES"
	}
	return newError(accessDenied, "28000", fmt.Sprintf("Access denied for user '%s'@'%s' (using password: %s)", user, host, using))
}

func newError(number int, state, message string) *azuretest.ServerError {
	return &azuretest.ServerError{Number: number, State: state, Message: message}
}
