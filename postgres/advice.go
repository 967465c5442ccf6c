package postgres

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/advice"
)

// classify says what a failed login means. Of the errors of several hosts, which
// pgx joins, the one that stands first in the table counts.
func classify(err error) connector.Classification { return table.Classify(err, withToken(err)) }

// withToken tells a login with a token by what this package has pinned for it. A
// lone server error is taken for a token's.
func withToken(err error) bool {
	failed, ok := errors.AsType[*pgconn.ConnectError](err)
	return !ok || failed.Config.RequireAuth == tokenAuth
}

// answers lists what servers answered. A login itself is refused by errors of class
// 28 (invalid authorization), and by messages of Azure's of another class.
func answers(err error) []advice.Answer {
	var all []advice.Answer
	for _, e := range advice.All[*pgconn.PgError](err) {
		code := e.Code
		if code == protocolViolation {
			code = codeOf(e.Message)
		}
		refused := strings.HasPrefix(code, "28") || strings.Contains(strings.ToLower(e.Message), "access token")
		all = append(all, advice.Answer{Code: code, Message: e.Message, Refused: refused})
	}
	return all
}

// protocolViolation is the code of every error that ends a login at PgBouncer, also of the server's, which it passes on.
const protocolViolation = "08P01"

// pooled are the codes that the server's and PgBouncer's messages have otherwise.
var pooled = []struct{ text, code string }{
	{"authentication failed", "28P01"},
	{"pg_hba.conf", "28000"}, {"is not permitted to log in", "28000"},
	{"permission denied for database", "42501"},
	{"too many", "53300"}, {"no more connections allowed", "53300"}, {"remaining connection slots", "53300"},
	{"the database system is", "57P03"},
	{`database "`, "3D000"}, {"no such database", "3D000"},
	{"does not exist", "28000"},
}

func codeOf(message string) string {
	message = strings.ToLower(message)
	for _, p := range pooled {
		if strings.Contains(message, p.text) {
			return p.code
		}
	}
	return protocolViolation
}

// isOtherRole reports whether a server is a primary where a standby is wanted, or the other way round.
func isOtherRole(err error) bool {
	return slices.ContainsFunc([]error{
		pgconn.ErrReadOnlyConnection, pgconn.ErrReadWriteConnection, pgconn.ErrPrimaryConnection, pgconn.ErrStandbyConnection,
	}, func(target error) bool { return errors.Is(err, target) })
}

// table has the messages of Azure Database for PostgreSQL and of PostgreSQL itself.
// Azure does not document the SQLSTATE of its own, so those are known by their
// texts, from public reports such as ora2pg#1851, azure-sdk-for-java#42632,
// azure-docs#120133 and #117206 and terraform-provider-postgresql#423 and #60.
var table = advice.Register(advice.Table{
	Name:    "PostgreSQL",
	Answers: answers,
	Server: []advice.Rule{
		{Text: "access token has expired", Login: advice.WithToken, Expired: true, Temporary: true, Anchor: "token-expired", Hint: advice.ExpiredToken},
		{Text: "valid audience claim", Login: advice.WithToken, Anchor: "token-not-accepted", Hint: advice.OtherResource},
		{Text: "access token has invalid format", Login: advice.WithToken, Anchor: "token-not-accepted", Hint: advice.NotAToken},
		{Text: "error occurred while validating the access token", Login: advice.WithToken, Anchor: "token-not-accepted",
			Hint: "the token is damaged or not from a Microsoft Entra tenant and cloud that the server trusts: check the identity's tenant (TENANTID) and Options.Cloud"},
		{Text: "cannot generate AAD_AUTH_TOKENTYPE_APP_USER tokens", Login: advice.WithToken, Anchor: "wrong-role",
			Hint: "the role was made for an application or managed identity and the token is a person's: log in under the person's own role, without Options.User"},
		{Text: "is neither an AAD_AUTH_TOKENTYPE_APP_USER", Login: advice.WithToken, Anchor: "wrong-role",
			Hint: "the role was made for a person and the token is an application's or managed identity's: set user= to the role made for this identity"},
		{Text: "oid mismatch", Login: advice.WithToken, Anchor: "wrong-role",
			Hint: "the role belongs to another Entra object of this name, perhaps a deleted one, or was made with a client ID: make it again with this identity's object ID"},
		{Text: "does not contain group ID", Login: advice.WithToken, Anchor: "wrong-role",
			Hint: "the role is a group's and the token does not name the group: add the identity to it, and allow up to a day for a managed identity's new token"},
		{Text: "access token not valid for role", Login: advice.WithToken, Anchor: "wrong-role", Hint: "the user name must be that of the role made for this identity"},
		{Text: "Could not validate AAD user", Login: advice.WithToken, Anchor: "unknown-principal",
			Hint: "the server's tenant does not know the identity: it must be of the same tenant, and the server be allowed to read the directory"},
		{Text: "LDAP authentication failed", Login: advice.WithToken, Anchor: "token-not-accepted",
			Hint: "the server's own check refused the token: if its audience, expiry and bearer are right, another tenant or cloud has signed it"},
		{Codes: "28P01", Login: advice.WithPassword, Says: "password authentication failed for user", Anchor: "wrong-password", Hint: advice.WrongPassword},
		{Codes: "28P01", Says: "password authentication failed for user", Anchor: "no-database-user",
			Hint: "no Microsoft Entra role has this name (names are case-sensitive), or the server has Microsoft Entra authentication switched off"},
		{Codes: "28000", Text: "no encryption", Anchor: "tls-disabled", Hint: "the server requires TLS: remove sslmode=disable"},
		{Codes: "28000", Text: "no pg_hba.conf entry|pg_hba.conf rejects", Anchor: "firewall",
			Hint: "the server admits no connection of this user to this database from this address: check its firewall and network rules"},
		{Codes: "28000", Text: "does not exist", Login: advice.WithToken, Anchor: "no-database-user",
			Hint: "there is no such role (names are case-sensitive): make it with pgaadauth_create_principal"},
		{Codes: "28000", Text: "is not permitted to log in", Anchor: "login-disabled", Hint: "the role has no LOGIN attribute: it is perhaps a group role of PostgreSQL's own"},
		{Codes: "3D000", Says: `database "..." does not exist`, Anchor: "no-database", Hint: "there is no such database: check the name, which is case-sensitive"},
		{Codes: "42501", Says: "permission denied for database", Anchor: "no-database", Hint: "the role must be granted CONNECT on the database"},
		{Codes: "53300", Text: "too many connections for", Temporary: true, Anchor: "too-many-connections",
			Hint: "the role or the database has as many connections as it may: lower the size of the pools or raise its CONNECTION LIMIT"},
		{Codes: "53300", Says: "sorry, too many clients already", Temporary: true, Anchor: "too-many-connections", Hint: advice.NoConnectionLeft},
		{Codes: "57P03|57P01|57P02|08000|08001|08003|08004|08006", Says: "the database system is starting up", Temporary: true, Anchor: "server-unavailable", Hint: advice.Restarting},
		{Codes: "53000|53100|53200|53400|57014|58000|58030", Temporary: true, Anchor: "server-unavailable", Hint: "the server is short of memory, disk or time: try again"},

		{Codes: protocolViolation, Text: "client sent partial pkt in startup phase", Login: advice.WithToken, Anchor: "pgbouncer",
			Hint: "the token is too long for PgBouncer: connect to the server itself, port 5432, or shorten the token, as by an identity of fewer groups"},
		{Codes: protocolViolation, Text: "unsupported startup parameter", Anchor: "pgbouncer",
			Hint: "PgBouncer does not take this parameter of the connection: remove it, or have it added to ignore_startup_parameters"},
		{Codes: protocolViolation, Text: "SSL required|TLS connection required", Anchor: "tls-disabled", Hint: "PgBouncer requires TLS: remove sslmode=disable"},
		{Codes: protocolViolation, Text: "query_wait_timeout|server_login_retry|cannot connect to server|client_login_timeout|shutting down", Temporary: true, Anchor: "server-unavailable",
			Hint: "PgBouncer has had no connection to the server in time: try again; if it stays, look at its log and the size of its pool"},
		{Codes: "42P05|26000", Says: "prepared statement ... already exists", Anchor: "pgbouncer",
			Hint: "a pooler in transaction mode does not keep prepared statements: set default_query_exec_mode=exec"},
	},
	Client: []advice.Rule{
		{Is: isOtherRole, Says: "ValidateConnect failed", Temporary: true, Anchor: "server-unavailable",
			Hint: "no host is what target_session_attrs asks for, as while the primary changes: try again"},
		// pgconn's own errors have no types.
		{Text: "server refused TLS connection", Anchor: "server-without-tls", Hint: advice.NoTLS},
		{Text: "server did not complete authentication", Anchor: "wrong-server", Hint: "the server lets this user in without asking for the token, so it is not what it should be"},
		{Text: "authentication method requirement", Anchor: "role-with-password",
			Hint: "the server asks for SCRAM or MD5, so the role is not a Microsoft Entra role, or there is none: make it with pgaadauth_create_principal"},
	},
})
