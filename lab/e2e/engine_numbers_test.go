package e2e_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// numbers are errors with which servers end a login, with Azure's texts as public reports have them.
var numbers = map[*engine][]answer{
	&mySQL: {
		{1045, "Access denied for user 'app'@'203.0.113.7' (using password: YES)", "no-database-user", "CREATE AADUSER"},
		{1044, "Access denied for user 'app'@'%' to database 'app'", "no-database", "privileges"},
		{1049, "Unknown database 'app'", "no-database", "check the name"},
		{3159, "Connections using insecure transport are prohibited while --require_secure_transport=ON.", "tls-disabled", "requires TLS"},
		{1045, "SSL connection is required. Please specify SSL options and retry.", "tls-disabled", "requires TLS"},
		{9102, "An unexpected error occurred while trying to validate user", "unknown-principal", "read the directory"},
		{9106, "Azure AD access token is not valid for user 'app' with OID '11111111-1111-1111-1111-111111111111'",
			"wrong-role", "the user made for this identity"},
		{9107, "The access token does not have a valid audience claim.", "token-not-accepted", "Options.Scope"},
		{9119, "The access token has expired. Please acquire a new token and retry.", "token-expired", "check the clocks"},
		{1130, "Host '203.0.113.7' is not allowed to connect to this MySQL server", "firewall", "firewall"},
		{9000, "Client with IP address '203.0.113.7' is not allowed to connect to this MySQL server.", "firewall", "firewall"},
		{1129, "Host '203.0.113.7' is blocked because of many connection errors", "firewall", "FLUSH HOSTS"},
		{1040, "Too many connections", "too-many-connections", "max_connections"},
		{1203, "User app already has more than 'max_user_connections' active connections", "too-many-connections", "max_user_connections"},
		{3118, "Access denied for user 'app'@'%'. Account is locked.", "login-disabled", "ACCOUNT UNLOCK"},
		{1053, "Server shutdown in progress", "server-unavailable", "try again"},
	},
	&sqlServer: {
		{18456, "Login failed for user '<token-identified principal>'.", "no-database-user", "FROM EXTERNAL PROVIDER"},
		{18456, "Login failed for user '<token-identified principal>'. Token is expired.", "token-expired", "check the clocks"},
		{18456, "Login failed for user '<token-identified principal>'. The server is not currently configured to accept this token.",
			"token-not-accepted", "administrator"},
		{18456, `Login failed for user 'NT AUTHORITY\ANONYMOUS LOGON'.`, "no-database-user", "no user for the identity"},
		{37396, "Query cannot be executed, access token is expired.", "token-expired", "check the clocks"},
		{4060, `Cannot open database "app" requested by the login. The login failed.`, "no-database", "create the user in that database"},
		{916, `The server principal "app" is not able to access the database "app" under the current security context.`, "no-database", "create one there"},
		{18470, "Login failed for user 'app'. Reason: The account is disabled.", "login-disabled", "ENABLE"},
		{40532, `Cannot open server "srv" requested by the login. The login failed.`, "wrong-server", "its own name"},
		{40531, "Server name cannot be determined.", "wrong-server", "its own name"},
		{40615, "Cannot open server 'srv' requested by the login. Client with IP address '203.0.113.7' is not allowed to access the server.",
			"firewall", "firewall"},
		{40914, "Cannot open server 'srv' requested by the login. Client is not allowed to access the server.", "firewall", "virtual network"},
		{47073, "An instance-specific error occurred while establishing a connection to SQL Server.", "firewall", "private endpoint"},
		{47072, "Login failed with invalid TLS version", "tls-disabled", "TLS"},
		{40613, "Database 'app' on server 'srv' is not currently available.", "server-unavailable", "try again"},
		{40197, "The service has encountered an error processing your request. Please try again.", "server-unavailable", "try again"},
		{4221, "Login to read-secondary failed due to long wait on 'HADR_DATABASE_WAIT_FOR_TRANSITION_TO_VERSIONING'.",
			"server-unavailable", "try again"},
		{40501, "The service is currently busy.", "server-unavailable", "10 seconds"},
		{49918, "Cannot process request. Not enough resources to process request.", "server-unavailable", "10 seconds"},
		{49919, "Cannot process create or update request. Too many create or update operations in progress.", "server-unavailable", "10 seconds"},
		{49920, "Cannot process request. Too many operations in progress.", "server-unavailable", "10 seconds"},
		{10928, "Resource ID : 1. The request limit for the database is 60 and has been reached.", "too-many-connections", "pools"},
		{10929, "Resource ID : 1. The request minimum guarantee is 0, maximum limit is 60.", "too-many-connections", "pools"},
		{978, "The target database ('app') is accessible for connections when the application intent is set to read only.",
			"server-unavailable", "ReadOnly"},
	},
}

func TestEngineNumbersAreExplained(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		id := b.userAssigned(t)
		token := b.mint(id)
		front := b.newFront(t)
		for _, want := range numbers[b.engine] {
			t.Run(fmt.Sprintf("%d %.60s", want.code, want.text), func(t *testing.T) {
				defer front.Inject(b.refuse(want.code, want.text))()
				before := len(front.Logins())
				err := b.db(t, b.toFront(front, id.Name), b.with(token)).PingContext(limited(t))
				refused := b.requireAnswer(t, err, want, token)
				requireNames(t, refused, front.Addr(), database, b.userName(id))
				require.Len(t, front.Logins(), before+1, "the same token is not sent again")
			})
		}
	})
}

// expired are the ways in which servers say that a token has expired.
var expired = map[*engine][]answer{
	&mySQL: {
		{code: 9119, text: "The access token has expired. Please acquire a new token and retry."},
		{code: 1045, text: "Azure AD authentication failed: Token is expired."},
	},
	&sqlServer: {
		{code: 18456, text: "Login failed for user '<token-identified principal>'. Token is expired."},
		{code: 37396, text: "Query cannot be executed, access token is expired."},
	},
}

func TestEngineEachWordForExpiredGetsANewToken(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		for _, say := range expired[b.engine] {
			id, front := b.userAssigned(t), b.newFront(t)
			refusal := b.refuse(say.code, say.text)
			refusal.Times = 1
			front.Inject(refusal)
			o := b.with(b.mint(id), b.mint(id))
			require.NoError(t, b.db(t, b.toFront(front, id.Name), o).PingContext(limited(t)), say.text)
			requireTwoTokens(t, front)
		}
	})
}
