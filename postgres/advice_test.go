package postgres

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func serverSays(code, message string) error {
	return fmt.Errorf("127.0.0.1:5432 (h): server error: %w", &pgconn.PgError{Severity: "FATAL", Code: code, Message: message})
}

// classifyCases are the rows of TestClassify.
var classifyCases = []struct {
	name string
	err  error
	want connector.Classification // Hint is a part of it
}{
	{"expired, older text", serverSays("28000", "The access token has expired. Please acquire a new token and retry."),
		connector.Classification{Refused: true, Expired: true, Anchor: "token-expired"}},
	{"expired, newer text, other code", serverSays("XX000", "The access token has expired. Acquire a new token and try again."),
		connector.Classification{Refused: true, Expired: true, Anchor: "token-expired"}},
	{"audience", serverSays("28P01", `The access token does not have a valid audience claim. Please acquire a new token for the resource "https://ossrdbms-aad.database.windows.net".`),
		connector.Classification{Refused: true, Anchor: "token-not-accepted", Hint: "another resource or cloud"}},
	{"format", serverSays("28P01", "The access token has invalid format. Please ensure the token is passed exactly as returned by the token issuer."),
		connector.Classification{Refused: true, Anchor: "token-not-accepted", Hint: "not a Microsoft Entra access token"}},
	{"validation", serverSays("28000", "An error occurred while validating the access token. Please acquire a new token and retry"),
		connector.Classification{Refused: true, Anchor: "token-not-accepted", Hint: "damaged"}},
	{"role of an application", serverSays("28000", "Service Principals cannot generate AAD_AUTH_TOKENTYPE_APP_USER tokens for role[app]"),
		connector.Classification{Refused: true, Anchor: "wrong-role", Hint: "the token is a person's"}},
	{"role of a person", serverSays("28000", `Microsoft Entra user token for role "ann@contoso.com" is neither an AAD_AUTH_TOKENTYPE_APP_USER or an AAD_AUTH_TOKENTYPE_APP_OBO token.`),
		connector.Classification{Refused: true, Anchor: "wrong-role", Hint: "made for a person"}},
	{"object id", serverSays("28000", "Service Principal oid mismatch for role[app]"),
		connector.Classification{Refused: true, Anchor: "wrong-role", Hint: "another Entra object"}},
	{"group", serverSays("28P01", "Azure AD access token not valid for role g (does not contain group ID 1111)"),
		connector.Classification{Refused: true, Anchor: "wrong-role", Hint: "the role is a group's"}},
	{"wrong role", serverSays("28P01", "Azure AD access token not valid for role app"),
		connector.Classification{Refused: true, Anchor: "wrong-role", Hint: "the role made for this identity"}},
	{"principal", serverSays("28000", "Could not validate AAD user 1111 because its name is not found in the tenant 2222"),
		connector.Classification{Refused: true, Anchor: "unknown-principal"}},
	{"LDAP", serverSays("28000", `LDAP authentication failed for user "app"`),
		connector.Classification{Refused: true, Anchor: "token-not-accepted", Hint: "own check"}},
	{"password", serverSays("28P01", `password authentication failed for user "app"`),
		connector.Classification{Refused: true, Anchor: "no-database-user", Hint: "no Microsoft Entra role has this name"}},
	{"pg_hba", serverSays("28000", `no pg_hba.conf entry for host "10.0.0.1", user "app", database "orders", SSL encryption`),
		connector.Classification{Refused: true, Anchor: "firewall"}},
	{"pg_hba without TLS", serverSays("28000", `no pg_hba.conf entry for host "10.0.0.1", user "app", database "orders", no encryption`),
		connector.Classification{Refused: true, Anchor: "tls-disabled"}},
	{"pg_hba, rejected", serverSays("28000", `pg_hba.conf rejects connection for host "10.0.0.1", user "app", database "orders", SSL encryption`),
		connector.Classification{Refused: true, Anchor: "firewall"}},
	{"no role", serverSays("28000", `role "app" does not exist`), connector.Classification{Refused: true, Anchor: "no-database-user", Hint: "there is no such role"}},
	{"no login", serverSays("28000", `role "app" is not permitted to log in`), connector.Classification{Refused: true, Anchor: "login-disabled"}},
	{"unknown refusal", serverSays("28000", "something new"), connector.Classification{Refused: true}},
	{"no database", serverSays("3D000", `database "orders" does not exist`), connector.Classification{Anchor: "no-database", Hint: "there is no such database"}},
	{"no privilege", serverSays("42501", `permission denied for database "orders"`), connector.Classification{Anchor: "no-database", Hint: "granted CONNECT"}},
	{"full", serverSays("53300", "sorry, too many clients already"), connector.Classification{Anchor: "too-many-connections"}},
	{"role full", serverSays("53300", `too many connections for role "app"`), connector.Classification{Anchor: "too-many-connections", Hint: "CONNECTION LIMIT"}},
	{"starting", serverSays("57P03", "the database system is starting up"), connector.Classification{Anchor: "server-unavailable"}},
	{"PgBouncer's refusal", serverSays("08P01", "password authentication failed"), connector.Classification{Refused: true, Anchor: "no-database-user", Hint: "no Microsoft Entra role has this name"}},
	{"PgBouncer's refusal, of another case", serverSays("08P01", "Password Authentication Failed"), connector.Classification{Refused: true, Anchor: "no-database-user"}},
	{"PgBouncer, a long token", serverSays("08P01", "client sent partial pkt in startup phase"), connector.Classification{Anchor: "pgbouncer", Hint: "too long for PgBouncer"}},
	{"PgBouncer, a parameter", serverSays("08P01", "unsupported startup parameter: search_path"), connector.Classification{Anchor: "pgbouncer", Hint: "ignore_startup_parameters"}},
	{"PgBouncer, no server", serverSays("08P01", "query_wait_timeout"), connector.Classification{Anchor: "server-unavailable", Hint: "its log"}},
	{"PgBouncer without TLS", serverSays("08P01", "SSL required"), connector.Classification{Anchor: "tls-disabled"}},
	{"PgBouncer, full", serverSays("08P01", "no more connections allowed (max_client_conn)"), connector.Classification{Anchor: "too-many-connections"}},
	{"PgBouncer, transaction mode", serverSays("42P05", `prepared statement "s" already exists`), connector.Classification{Anchor: "pgbouncer", Hint: "default_query_exec_mode=exec"}},
	{"through PgBouncer: LDAP", serverSays("08P01", `LDAP authentication failed for user "app"`), connector.Classification{Refused: true, Anchor: "token-not-accepted"}},
	{"through PgBouncer: no login", serverSays("08P01", `role "app" is not permitted to log in`), connector.Classification{Refused: true, Anchor: "login-disabled"}},
	{"through PgBouncer: no role", serverSays("08P01", `role "app" does not exist`), connector.Classification{Refused: true, Anchor: "no-database-user"}},
	{"through PgBouncer: no database", serverSays("08P01", `database "orders" does not exist`), connector.Classification{Anchor: "no-database", Hint: "there is no such database"}},
	{"through PgBouncer: no privilege", serverSays("08P01", `permission denied for database "orders"`), connector.Classification{Anchor: "no-database", Hint: "granted CONNECT"}},
	{"through PgBouncer: limit", serverSays("08P01", `too many connections for role "app"`), connector.Classification{Anchor: "too-many-connections"}},
	{"through PgBouncer: pg_hba", serverSays("08P01", `no pg_hba.conf entry for host "h", user "app", database "orders", SSL encryption`), connector.Classification{Refused: true, Anchor: "firewall"}},
	{"protocol violation", serverSays("08P01", "oops"), connector.Classification{}},
	{"other server error", serverSays("XX000", "oops"), connector.Classification{}},
	{"several hosts", errors.Join(serverSays("28000", `no pg_hba.conf entry for host "h"`), serverSays("28000", "The access token has expired.")),
		connector.Classification{Refused: true, Expired: true, Anchor: "token-expired"}},
	{"one host of two unreachable", errors.Join(&net.DNSError{Err: "no such host", Name: "h"}, serverSays("28P01", "password authentication failed")),
		connector.Classification{Refused: true, Anchor: "no-database-user", Hint: "no Microsoft Entra role has this name"}},

	{"no TLS", errors.New("tls error: server refused TLS connection"), connector.Classification{Anchor: "server-without-tls"}},
	{"SCRAM", errors.New(`authentication method requirement "password" failed: server requested scram-sha-256 authentication`), connector.Classification{Anchor: "role-with-password"}},
	{"trust", errors.New(`authentication method requirement "password" failed: server did not complete authentication`), connector.Classification{Anchor: "wrong-server"}},
}

func TestClassify(t *testing.T) {
	for _, row := range classifyCases {
		t.Run(row.name, func(t *testing.T) {
			drivertest.EqualClassification(t, row.want, classify(row.err))
		})
	}
}

// The classes 08 (connection), 53 (resources), 57P (operator) and 58 (system), with pgx's errors that are safe to retry.
func TestTemporary(t *testing.T) {
	for codes, want := range map[string]bool{
		"08000 08001 08003 08004 08006 53000 53100 53200 53300 53400 57014 57P01 57P02 57P03 58000 58030": true,
		"08P01 28000 28P01 3D000 42501 42P05 42601 57P04 0A000 XX000":                                     false,
	} {
		for code := range strings.FieldsSeq(codes) {
			assert.Equal(t, want, classify(serverSays(code, "oops")).Temporary, code)
		}
	}
	for message, want := range map[string]bool{
		"query_wait_timeout": true, "client_login_timeout": true, "server login has been failing, try again later (server_login_retry)": true,
		"pgbouncer cannot connect to server": true, "no more connections allowed (max_client_conn)": true,
		"the database system is starting up": true, "terminating connection, the database system is shutting down": true,
		"password authentication failed": false, "client sent partial pkt in startup phase": false, "unsupported startup parameter: x": false,
	} {
		assert.Equal(t, want, classify(serverSays("08P01", message)).Temporary, message)
	}
	for _, err := range []error{pgconn.ErrReadOnlyConnection, pgconn.ErrStandbyConnection, pgconn.ErrPrimaryConnection, pgconn.ErrReadWriteConnection} {
		assert.True(t, classify(fmt.Errorf("ValidateConnect failed: %w", err)).Temporary, "%v", err)
	}
}
