package mysql

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func serverSays(number uint16, state, message string) error {
	e := &mysql.MySQLError{Number: number, Message: message}
	copy(e.SQLState[:], state)
	return failures{{host: "h:3306", err: e, login: connector.Login{IsToken: true}}}
}

// toPassword is what the server says to a login with a password.
func toPassword(number uint16, state, message string) error {
	failed := serverSays(number, state, message).(failures)
	failed[0].login.IsToken = false
	return failed
}

func TestJudge(t *testing.T) {
	for _, row := range []struct {
		name string
		err  error
		want connector.Verdict // Hint is not compared: Anchor stands for the row
	}{
		{"expired", serverSays(9119, "HY000", "The access token has expired. Please acquire a new token and retry."),
			connector.Verdict{Refused: true, Expired: true, Anchor: "token-expired"}},
		{"expired, other text and code", serverSays(1045, "28000", "Login failed. Token is expired."),
			connector.Verdict{Refused: true, Expired: true, Anchor: "token-expired"}},
		{"expired password", toPassword(1862, "HY000", "Your password has expired. To log in you must change it using a client that supports expired passwords."), connector.Verdict{}},
		{"audience", serverSays(9120, "HY000", "The access token does not have a valid audience claim."),
			connector.Verdict{Refused: true, Anchor: "wrong-audience"}},
		{"format", serverSays(9120, "HY000", "The access token has invalid format."), connector.Verdict{Refused: true, Anchor: "not-a-token"}},
		{"another's token", serverSays(9120, "HY000", "Azure AD access token is not valid for user 'app' with OID '1111'"),
			connector.Verdict{Refused: true, Anchor: "wrong-role"}},
		{"cannot validate", serverSays(9102, "HY000", "An unexpected error occurred while trying to validate user"),
			connector.Verdict{Refused: true, Anchor: "unknown-principal"}},
		{"denied", serverSays(1045, "28000", "Access denied for user 'app'@'10.0.0.1' (using password: YES)"),
			connector.Verdict{Refused: true, Anchor: "no-entra-role"}},
		{"denied by password", toPassword(1045, "28000", "Access denied for user 'app'@'10.0.0.1' (using password: YES)"),
			connector.Verdict{Refused: true, Anchor: "wrong-password"}},
		{"denied without password", serverSays(1698, "28000", "Access denied for user 'root'@'localhost'"),
			connector.Verdict{Refused: true, Anchor: "no-entra-role"}},
		{"denied without password, to one", toPassword(1698, "28000", "Access denied for user 'root'@'localhost'"),
			connector.Verdict{Refused: true, Anchor: "wrong-password"}},
		{"unknown refusal", serverSays(9999, "28000", "something new"), connector.Verdict{Refused: true}},
		{"unknown token text", serverSays(9999, "HY000", "The Access Token is odd."), connector.Verdict{Refused: true}},
		{"before TLS", failures{{err: unverified{&mysql.MySQLError{Number: 9119, Message: "The access token has expired."}}, login: connector.Login{IsToken: true}}},
			connector.Verdict{Anchor: "token-expired"}},
		{"database", serverSays(1044, "42000", "Access denied for user 'app'@'%' to database 'orders'"), connector.Verdict{Anchor: "no-privilege"}},
		{"no database", serverSays(1049, "42000", "Unknown database 'orders'"), connector.Verdict{Anchor: "no-database"}},
		{"insecure transport", toPassword(3159, "HY000", "Connections using insecure transport are prohibited while --require_secure_transport=ON."),
			connector.Verdict{Anchor: "server-wants-tls"}},
		{"insecure transport, single server", toPassword(9002, "28000", "SSL connection is required. Please specify SSL options and retry."),
			connector.Verdict{Refused: true, Anchor: "server-wants-tls"}},
		{"firewall, single server", serverSays(9000, "HY000", "Client with IP address '10.0.0.1' is not allowed to connect to this MySQL server."),
			connector.Verdict{Anchor: "firewall"}},
		{"host", serverSays(1130, "HY000", "Host '10.0.0.1' is not allowed to connect to this MySQL server"), connector.Verdict{Anchor: "firewall"}},
		{"host, MariaDB", serverSays(1130, "HY000", "Host '10.0.0.1' is not allowed to connect to this MariaDB server"), connector.Verdict{Anchor: "firewall"}},
		{"blocked", serverSays(1129, "HY000", "Host '10.0.0.1' is blocked because of many connection errors"), connector.Verdict{Anchor: "host-blocked"}},
		{"full", serverSays(1040, "08004", "Too many connections"), connector.Verdict{Anchor: "too-many-connections"}},
		{"user full", serverSays(1203, "42000", "User app already has more than 'max_user_connections' active connections"), connector.Verdict{Anchor: "too-many-connections"}},
		{"limit", serverSays(1226, "42000", "User 'app' has exceeded the 'max_user_connections' resource (current value: 1)"), connector.Verdict{Anchor: "too-many-connections"}},
		{"old protocol", serverSays(1251, "08004", "Client does not support authentication protocol requested by server"), connector.Verdict{Anchor: "role-with-password"}},
		{"old password", serverSays(1275, "HY000", "Server is running in --secure-auth mode"), connector.Verdict{Anchor: "role-with-password"}},
		{"no plugin", serverSays(1524, "HY000", "Plugin 'aad_auth' is not loaded"), connector.Verdict{Anchor: "role-with-password"}},
		{"plugin", serverSays(2059, "HY000", "Authentication plugin 'x' cannot be loaded"), connector.Verdict{Anchor: "role-with-password"}},
		{"locked", serverSays(3118, "HY000", "Access denied for user 'app'@'%'. Account is locked."), connector.Verdict{Anchor: "role-without-login"}},
		{"no such variable", serverSays(1193, "HY000", "Unknown system variable 'serverTimezone'"), connector.Verdict{Anchor: "parameters"}},
		{"wrong value", serverSays(1231, "42000", "Variable 'sql_mode' can't be set to the value of 'x'"), connector.Verdict{Anchor: "parameters"}},
		{"shutdown", serverSays(1053, "08S01", "Server shutdown in progress"), connector.Verdict{Anchor: "server-starting"}},
		{"offline", serverSays(3032, "HY000", "The server is currently in offline mode"), connector.Verdict{Anchor: "server-starting"}},
		{"other server error", serverSays(1105, "HY000", "Unknown error"), connector.Verdict{}},
		{"without a state", serverSays(1043, "", "Bad handshake"), connector.Verdict{}},
		{"one host of two unreachable", failures{
			{err: &net.DNSError{Err: "no such host", Name: "h"}, login: connector.Login{IsToken: true}},
			serverSays(1045, "28000", "Access denied").(failures)[0],
		}, connector.Verdict{Refused: true, Anchor: "no-entra-role"}},

		{"no TLS", mysql.ErrNoTLS, connector.Verdict{Anchor: "server-without-tls"}},
		{"guard", interrupted{mysql.ErrInvalidConn, errNotTLS}, connector.Verdict{Anchor: "server-without-tls"}},
		{"clear text", mysql.ErrCleartextPassword, connector.Verdict{Anchor: "server-wants-tls"}},
		{"native forbidden", mysql.ErrNativePassword, connector.Verdict{Anchor: "role-with-password"}},
		{"oldest", mysql.ErrOldPassword, connector.Verdict{Anchor: "role-with-password"}},
		{"unknown plugin", mysql.ErrUnknownPlugin, connector.Verdict{Anchor: "role-with-password"}},
		{"read timeout", interrupted{mysql.ErrInvalidConn, os.ErrDeadlineExceeded}, connector.Verdict{Anchor: "no-answer"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			drivertest.EqualVerdict(t, row.want, judge(row.err))
		})
	}
	drivertest.JudgesNetwork(t, judge)
}

// TestTables checks what every row promises.
func TestTables(t *testing.T) {
	for _, row := range refusals {
		drivertest.GoodAdvice(t, row.hint, row.anchor)
		assert.Equal(t, strings.ToLower(row.text), row.text)
		assert.True(t, row.number != 0 || row.text != "", row.hint)
	}
	for _, row := range faults {
		drivertest.GoodAdvice(t, row.hint, row.anchor)
		assert.Error(t, row.is)
	}
}
