package azuretest

import (
	"errors"
	"fmt"
)

// MySQLError is an error of a MySQL server.
type MySQLError struct {
	Number  uint16 // such as 1045
	State   string // SQLSTATE, five characters; anything else: "HY000"
	Message string
}

// Error returns number, SQLSTATE and message.
func (e *MySQLError) Error() string {
	return fmt.Sprintf("%d (%s): %s", e.Number, e.state(), e.Message)
}

// state is the SQLSTATE that travels.
func (e *MySQLError) state() string {
	if len(e.State) != 5 {
		return "HY000"
	}
	return e.State
}

// The numbers and texts are those of MySQL's error reference
// (https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html) and,
// for tokens, those that users of Azure Database for MySQL report.

// verifyMySQL is the default of MySQLOptions.Verify.
func verifyMySQL(c *Cloud) func(user, token string) error {
	return func(user, token string) error {
		claims, err := c.Verify(token, OSSRDBMSAudience)
		switch {
		case err == nil && claims.Matches(user):
			return nil
		case err == nil:
			return errors.New("azuretest: the token belongs to another identity")
		case errors.Is(err, ErrExpired):
			return fmt.Errorf("%w: %w", mysqlTokenExpired(), err)
		default:
			// Reported for unknown users, another's token and tokens that are not valid
			// (MicrosoftDocs/azure-docs#121045, Azure/azure-service-operator#3344).
			return err
		}
	}
}

// mysqlTokenExpired: microsoft/azuredatastudio-mysql#222.
func mysqlTokenExpired() *MySQLError {
	return mysqlError(9119, "HY000", "The access token has expired. Please acquire a new token and retry.")
}

// mysqlDenied is all that MySQL says about unknown users and wrong passwords.
func mysqlDenied(user, host string, password bool) *MySQLError {
	using := "NO"
	if password {
		using = "YES"
	}
	return mysqlError(1045, "28000", fmt.Sprintf("Access denied for user '%s'@'%s' (using password: %s)", user, host, using))
}

// mysqlInsecureTransport is the refusal of a login without TLS.
func mysqlInsecureTransport() *MySQLError {
	return mysqlError(3159, "HY000", "Connections using insecure transport are prohibited while --require_secure_transport=ON.")
}

// mysqlUnknownDatabase is the refusal of a login for a database that is not there.
func mysqlUnknownDatabase(database string) *MySQLError {
	return mysqlError(1049, "42000", fmt.Sprintf("Unknown database '%s'", database))
}

func mysqlBadHandshake() *MySQLError { return mysqlError(1043, "08S01", "Bad handshake") }

func mysqlOldClient() *MySQLError {
	return mysqlError(1251, "08004", "Client does not support authentication protocol requested by server; consider upgrading MySQL client")
}

func mysqlTooLong() *MySQLError {
	return mysqlError(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes")
}

func mysqlOutOfOrder() *MySQLError { return mysqlError(1156, "08S01", "Got packets out of order") }

func mysqlMalformed() *MySQLError {
	return mysqlError(1835, "HY000", "Malformed communication packet.")
}

// mysqlNoBackend says that the ordinary server cannot be used.
func mysqlNoBackend() *MySQLError {
	return mysqlError(1429, "HY000", "azuretest: the ordinary server behind this front end cannot be reached")
}

func mysqlError(number uint16, state, message string) *MySQLError {
	return &MySQLError{Number: number, State: state, Message: message}
}
