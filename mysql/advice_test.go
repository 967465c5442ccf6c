package mysql

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/redact"
)

func serverSays(number uint16, state, message string) error {
	e := &mysql.MySQLError{Number: number, Message: message}
	copy(e.SQLState[:], state)
	return redact.NewError("h:3306", e, e.Error(), "", true)
}

// refusedPassword is an answer to a login with a password.
type refusedPassword struct{ error }

// toPassword is what the server says to a login with a password.
func toPassword(number uint16, state, message string) error {
	return refusedPassword{serverSays(number, state, message)}
}

// The numbers of MySQL's, MariaDB's and proxies' errors that pass by themselves, and of some that do not.
func TestTemporary(t *testing.T) {
	for numbers, want := range map[string]bool{
		"1037 1038 1040 1041 1053 1077 1079 1135 1152 1158 1159 1160 1161 1184 1203 1205 1213 1226 1927 2003 2006 2013 3032 3168": true,
		"1043 1044 1045 1049 1105 1129 1130 1193 1231 1251 1275 1524 1698 2059 3118 3159 4151 9102":                               false,
	} {
		for number := range strings.FieldsSeq(numbers) {
			n, err := strconv.ParseUint(number, 10, 16)
			require.NoError(t, err)
			assert.Equal(t, want, classify(serverSays(uint16(n), "HY000", "oops"), true).Temporary, number)
		}
	}
}

// classifyCases are the rows of TestClassify.
var classifyCases = []struct {
	name string
	err  error
	want connector.Classification // Hint is a part of it
}{
	{"expired", serverSays(9119, "HY000", "The access token has expired. Please acquire a new token and retry."),
		connector.Classification{Refused: true, Expired: true, Anchor: "token-expired"}},
	{"expired, other text and code", serverSays(1045, "28000", "Login failed. Token is expired."),
		connector.Classification{Refused: true, Expired: true, Anchor: "token-expired"}},
	{"expired password", toPassword(1862, "HY000", "Your password has expired. To log in you must change it using a client that supports expired passwords."), connector.Classification{}},
	{"audience", serverSays(9120, "HY000", "The access token does not have a valid audience claim."),
		connector.Classification{Refused: true, Anchor: "token-not-accepted", Hint: "another resource or cloud"}},
	{"format", serverSays(9120, "HY000", "The access token has invalid format."), connector.Classification{Refused: true, Anchor: "token-not-accepted", Hint: "not a Microsoft Entra access token"}},
	{"another's token", serverSays(9120, "HY000", "Azure AD access token is not valid for user 'app' with OID '1111'"),
		connector.Classification{Refused: true, Anchor: "wrong-role"}},
	{"cannot validate", serverSays(9102, "HY000", "An unexpected error occurred while trying to validate user"),
		connector.Classification{Refused: true, Anchor: "unknown-principal"}},
	{"denied", serverSays(1045, "28000", "Access denied for user 'app'@'10.0.0.1' (using password: YES)"),
		connector.Classification{Refused: true, Anchor: "no-database-user"}},
	{"denied by password", toPassword(1045, "28000", "Access denied for user 'app'@'10.0.0.1' (using password: YES)"),
		connector.Classification{Refused: true, Anchor: "wrong-password"}},
	{"denied without password", serverSays(1698, "28000", "Access denied for user 'root'@'localhost'"),
		connector.Classification{Refused: true, Anchor: "no-database-user"}},
	{"denied without password, to one", toPassword(1698, "28000", "Access denied for user 'root'@'localhost'"),
		connector.Classification{Refused: true, Anchor: "wrong-password"}},
	{"unknown refusal", serverSays(9999, "28000", "something new"), connector.Classification{Refused: true}},
	{"unknown token text", serverSays(9999, "HY000", "The Access Token is odd."), connector.Classification{Refused: true}},
	{"before TLS", unverified{serverSays(9119, "", "The access token has expired.")},
		connector.Classification{Anchor: "token-expired"}},
	{"database", serverSays(1044, "42000", "Access denied for user 'app'@'%' to database 'orders'"), connector.Classification{Anchor: "no-database", Hint: "granted privileges"}},
	{"no database", serverSays(1049, "42000", "Unknown database 'orders'"), connector.Classification{Anchor: "no-database", Hint: "there is no such database"}},
	{"insecure transport", toPassword(3159, "HY000", "Connections using insecure transport are prohibited while --require_secure_transport=ON."),
		connector.Classification{Anchor: "tls-disabled"}},
	{"insecure transport, single server", toPassword(9002, "28000", "SSL connection is required. Please specify SSL options and retry."),
		connector.Classification{Refused: true, Anchor: "tls-disabled"}},
	{"firewall, single server", serverSays(9000, "HY000", "Client with IP address '10.0.0.1' is not allowed to connect to this MySQL server."),
		connector.Classification{Anchor: "firewall"}},
	{"host", serverSays(1130, "HY000", "Host '10.0.0.1' is not allowed to connect to this MySQL server"), connector.Classification{Anchor: "firewall", Hint: "network rules"}},
	{"host, MariaDB", serverSays(1130, "HY000", "Host '10.0.0.1' is not allowed to connect to this MariaDB server"), connector.Classification{Anchor: "firewall", Hint: "network rules"}},
	{"blocked", serverSays(1129, "HY000", "Host '10.0.0.1' is blocked because of many connection errors"), connector.Classification{Anchor: "firewall", Hint: "FLUSH HOSTS"}},
	{"full", serverSays(1040, "08004", "Too many connections"), connector.Classification{Anchor: "too-many-connections"}},
	{"user full", serverSays(1203, "42000", "User app already has more than 'max_user_connections' active connections"), connector.Classification{Anchor: "too-many-connections"}},
	{"limit", serverSays(1226, "42000", "User 'app' has exceeded the 'max_user_connections' resource (current value: 1)"), connector.Classification{Anchor: "too-many-connections"}},
	{"old protocol", serverSays(1251, "08004", "Client does not support authentication protocol requested by server"), connector.Classification{Anchor: "role-with-password"}},
	{"old password", serverSays(1275, "HY000", "Server is running in --secure-auth mode"), connector.Classification{Anchor: "role-with-password"}},
	{"no plugin", serverSays(1524, "HY000", "Plugin 'aad_auth' is not loaded"), connector.Classification{Anchor: "role-with-password"}},
	{"plugin", serverSays(2059, "HY000", "Authentication plugin 'x' cannot be loaded"), connector.Classification{Anchor: "role-with-password"}},
	{"locked, MariaDB", serverSays(4151, "HY000", "Access denied, this account is locked"), connector.Classification{Anchor: "login-disabled"}},
	{"locked", serverSays(3118, "HY000", "Access denied for user 'app'@'%'. Account is locked."), connector.Classification{Anchor: "login-disabled"}},
	{"no such variable", serverSays(1193, "HY000", "Unknown system variable 'serverTimezone'"), connector.Classification{Anchor: "parameters"}},
	{"wrong value", serverSays(1231, "42000", "Variable 'sql_mode' can't be set to the value of 'x'"), connector.Classification{Anchor: "parameters"}},
	{"shutdown", serverSays(1053, "08S01", "Server shutdown in progress"), connector.Classification{Anchor: "server-unavailable"}},
	{"offline", serverSays(3032, "HY000", "The server is currently in offline mode"), connector.Classification{Anchor: "server-unavailable"}},
	{"other server error", serverSays(1105, "HY000", "Unknown error"), connector.Classification{}},
	{"without a state", serverSays(1043, "", "Bad handshake"), connector.Classification{}},
	{"one host of two unreachable", errors.Join(&net.DNSError{Err: "no such host", Name: "h"}, serverSays(1045, "28000", "Access denied")), connector.Classification{Refused: true, Anchor: "no-database-user"}},

	{"no TLS", mysql.ErrNoTLS, connector.Classification{Anchor: "server-without-tls"}},
	{"not TLS", interrupted{mysql.ErrInvalidConn, errNotTLS}, connector.Classification{Anchor: "server-without-tls"}},
	{"clear text", mysql.ErrCleartextPassword, connector.Classification{Anchor: "tls-disabled"}},
	{"native forbidden", mysql.ErrNativePassword, connector.Classification{Anchor: "role-with-password"}},
	{"oldest", mysql.ErrOldPassword, connector.Classification{Anchor: "role-with-password"}},
	{"unknown plugin", mysql.ErrUnknownPlugin, connector.Classification{Anchor: "role-with-password"}},
	{"read timeout", interrupted{mysql.ErrInvalidConn, os.ErrDeadlineExceeded}, connector.Classification{Anchor: "no-answer", Hint: "no answer in time"}},
}

func TestClassify(t *testing.T) {
	for _, row := range classifyCases {
		t.Run(row.name, func(t *testing.T) {
			token, err := true, row.err
			if refused, ok := err.(refusedPassword); ok {
				token, err = false, refused.error
			}
			drivertest.EqualClassification(t, row.want, classify(err, token))
		})
	}
}
