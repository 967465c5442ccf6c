package mysql

import (
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/advice"
)

// classify says what a failed login means. An answer in clear text gives a hint but
// does not count against the token: anyone on the way may have written it.
func classify(err error, token bool) connector.Classification {
	c := table.Classify(err, token)
	if advice.Is[unverified](err) {
		c.Refused, c.Expired = false, false
	}
	return c
}

// answers lists what servers answered. A login itself is refused by errors of class
// 28 (invalid authorization), and by messages of Azure's of another class.
func answers(err error) []advice.Answer {
	var all []advice.Answer
	for _, e := range advice.All[*mysql.MySQLError](err) {
		code := strconv.Itoa(int(e.Number))
		refused := string(e.SQLState[:2]) == "28" || code == cannotValidate || strings.Contains(strings.ToLower(e.Message), "access token")
		all = append(all, advice.Answer{Code: code, Message: e.Message, Refused: refused})
	}
	return all
}

// cannotValidate is Azure's "An unexpected error occurred while trying to
// validate user" (terraform-provider-mysql#79).
const cannotValidate = "9102"

// table has the messages of Azure Database for MySQL and of MySQL itself. Numbers
// are those of MySQL's error reference. Azure does not document its texts: they are
// from public reports, such as azuredatastudio-mysql#222, azure-sdk-for-java#38281
// and azure-docs#121045.
var table = advice.Register(advice.Table{
	Name:    "MySQL",
	Answers: answers,
	Server: []advice.Rule{
		{Text: "access token has expired|token is expired", Login: advice.WithToken, Expired: true, Temporary: true, Anchor: "token-expired", Hint: advice.ExpiredToken},
		{Text: "audience", Login: advice.WithToken, Anchor: "token-not-accepted", Hint: advice.OtherResource},
		{Text: "access token has invalid format", Login: advice.WithToken, Anchor: "token-not-accepted", Hint: advice.NotAToken},
		{Text: "access token is not valid for user", Login: advice.WithToken, Anchor: "wrong-role", Hint: "the user name must be that of the user made for this identity"},
		{Codes: cannotValidate, Says: "trying to validate user", Login: advice.WithToken, Anchor: "unknown-principal",
			Hint: "the server could not look up the user in Microsoft Entra: the identity given to the server must be allowed to read the directory"},
		{Text: "SSL connection is required", Anchor: "tls-disabled", Hint: advice.TLSRequired},
		{Codes: "3159", Says: "insecure transport", Anchor: "tls-disabled", Hint: advice.TLSRequired},
		{Text: "is not allowed to connect to this MySQL server", Anchor: "firewall", Hint: "the server admits no connection from this address: check its firewall and network rules"},
		{Codes: "1130", Says: "is not allowed to connect to this MySQL server", Anchor: "firewall",
			Hint: "the server admits no connection from this address: check its firewall and network rules, and the host part of the user's name"},
		{Codes: "1129", Says: "is blocked because of many connection errors", Anchor: "firewall",
			Hint: "the server has blocked this address after many failed connections: find what makes them, then have an administrator run FLUSH HOSTS"},
		{Codes: "1045", Says: "Access denied for user", Login: advice.WithPassword, Anchor: "wrong-password", Hint: advice.WrongPassword},
		{Codes: "1045", Says: "Access denied for user", Anchor: "no-database-user",
			Hint: "no user of this name was made for Microsoft Entra (CREATE AADUSER), or the token is not this user's, or the server has Microsoft Entra authentication switched off"},
		{Codes: "1698", Says: "Access denied for user", Login: advice.WithPassword, Anchor: "wrong-password", Hint: "wrong user name or password"},
		{Codes: "1698", Says: "Access denied for user", Anchor: "no-database-user", Hint: "the user is not one for Microsoft Entra: have it made with CREATE AADUSER"},
		{Codes: "1044", Says: "Access denied for user ... to database", Anchor: "no-database", Hint: "there is no such database, or the user must be granted privileges on it"},
		{Codes: "1049", Says: "Unknown database", Anchor: "no-database", Hint: "there is no such database: check the name, which may be case-sensitive"},
		{Codes: "1040", Temporary: true, Anchor: "too-many-connections", Hint: advice.NoConnectionLeft},
		{Codes: "1203", Temporary: true, Anchor: "too-many-connections", Hint: "the user has as many connections as it may: lower the size of the pools or raise max_user_connections"},
		{Codes: "1226", Temporary: true, Anchor: "too-many-connections",
			Hint: "the user has used up one of its limits, which the message names: lower the size of the pools or raise the limit"},
		{Codes: "1251", Anchor: "role-with-password", Hint: "the server wants a way to log in that the driver does not know: the user is perhaps not one for Microsoft Entra"},
		{Codes: "1275", Anchor: "role-with-password", Hint: "the server's user has a password in MySQL's oldest format: have it made anew"},
		{Codes: "1524", Anchor: "role-with-password", Hint: "the server lacks the plugin that the user logs in with: have the user made anew"},
		{Codes: "2059", Anchor: "role-with-password", Hint: "the user logs in with a plugin that is not there: the user is perhaps not one for Microsoft Entra"},
		{Codes: "3118|4151", Says: "Account is locked", Anchor: "login-disabled", Hint: "the user is locked: have an administrator run ALTER USER ... ACCOUNT UNLOCK"},
		{Codes: "1193", Anchor: "parameters",
			Hint: "a parameter that the driver does not know is set as a system variable, and the server has none of this name: check the parameter's spelling"},
		{Codes: "1231", Anchor: "parameters", Hint: "a system variable that the connection sets does not take this value"},
		{Codes: "1053|1077|1079|1152|1158|1159|1160|1161|1184|1927|2003|2006|2013|3168", Temporary: true, Anchor: "server-unavailable", Hint: advice.Restarting},
		{Codes: "1037|1038|1041|1135|1205|1213", Temporary: true, Anchor: "server-unavailable", Hint: "the server is short of memory, threads or locks: try again"},
		{Codes: "3032", Temporary: true, Anchor: "server-unavailable", Hint: "the server is in offline mode: try again"},
	},
	Client: []advice.Rule{
		{Err: mysql.ErrNoTLS, Anchor: "server-without-tls", Hint: advice.NoTLS},
		{Err: errNotTLS, Anchor: "server-without-tls", Hint: "what answers there does not do as MySQL servers do"},
		{Err: errGreeting, Anchor: "server-without-tls", Hint: "what answers there is not a MySQL server, or something on the way to it interferes: check host and port"},
		{Err: mysql.ErrCleartextPassword, Anchor: "tls-disabled", Hint: "the server asks for the password in clear text, which is not sent without TLS: remove what disables it"},
		{Err: mysql.ErrNativePassword, Anchor: "role-with-password", Hint: "the server asks for a native password, which the connection forbids: remove allowNativePasswords"},
		// MySQL asks also for the password of a user that does not exist.
		{Err: errMethod, Anchor: "role-with-password",
			Hint: "the user is not one for Microsoft Entra, or there is none of this name: make it with CREATE AADUSER"},
		{Err: mysql.ErrOldPassword, Anchor: "role-with-password",
			Hint: "the server asks for a password in MySQL's oldest way: the user is not one for Microsoft Entra, have it made with CREATE AADUSER"},
		{Err: mysql.ErrUnknownPlugin, Anchor: "role-with-password",
			Hint: "the server asks for a way to log in that the driver does not know: the user is not one for Microsoft Entra, have it made with CREATE AADUSER"},
	},
})
