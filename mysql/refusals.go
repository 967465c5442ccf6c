package mysql

import "github.com/go-sql-driver/mysql"

// refusal is one message with which a server ends a login, and what to do.
type refusal struct {
	number uint16 // MySQL's error number; 0: any
	text   string // part of the message, in lower case; empty: any
	login  kind   // of logins that it applies to
	hint   string
	anchor string // in TROUBLESHOOTING.md

	expired bool // a new token may help at once
}

// kind is a kind of login.
type kind uint8

const (
	anyLogin kind = iota
	byToken
	byPassword
)

// cannotValidate is Azure's "An unexpected error occurred while trying to
// validate user" (terraform-provider-mysql#79).
const cannotValidate = 9102

const expiredHint = "the token is replaced once by itself; if this comes again, check the clocks of this machine and of the token's issuer"

// refusals are the messages of Azure Database for MySQL and of MySQL itself, the
// more particular ones first. Azure does not document its own, so those are known
// by their text, of which several versions are in use. Numbers are those of
// MySQL's error reference; Azure's texts are from public reports, such as
// azuredatastudio-mysql#222, azure-sdk-for-java#38281 and azure-docs#121045.
var refusals = []refusal{
	{text: "access token has expired", login: byToken, expired: true, anchor: "token-expired",
		hint: expiredHint},
	{text: "token is expired", login: byToken, expired: true, anchor: "token-expired",
		hint: expiredHint},
	{text: "audience", login: byToken, anchor: "wrong-audience",
		hint: "the token is for another resource or cloud: set Options.Cloud or Options.Scope to those of the server"},
	{text: "access token has invalid format", login: byToken, anchor: "not-a-token",
		hint: "what was sent is not a Microsoft Entra access token: check Options.Credential"},
	{text: "access token is not valid for user", login: byToken, anchor: "wrong-role",
		hint: "the user name must be that of the user made for this identity"},
	{number: cannotValidate, login: byToken, anchor: "unknown-principal",
		hint: "the server could not look up the user in Microsoft Entra: the identity given to the server must be allowed to read the directory"},
	{text: "ssl connection is required", anchor: "server-wants-tls",
		hint: "the server takes no connection without TLS: remove what disables it"},
	{number: 3159, anchor: "server-wants-tls",
		hint: "the server takes no connection without TLS: remove what disables it"},
	{text: "is not allowed to connect to this mysql server", anchor: "firewall",
		hint: "the server admits no connection from this address: check its firewall and network rules"},
	{number: 1130, anchor: "firewall",
		hint: "the server admits no connection from this address: check its firewall and network rules, and the host part of the user's name"},
	{number: 1129, anchor: "host-blocked",
		hint: "the server has blocked this address after many failed connections: find what makes them, then have an administrator run FLUSH HOSTS"},
	{number: 1045, login: byPassword, anchor: "wrong-password",
		hint: "wrong user name or password, or the server takes Microsoft Entra logins only"},
	{number: 1045, anchor: "no-entra-role",
		hint: "no user of this name was made for Microsoft Entra (CREATE AADUSER), or the token is not this user's, or the server has Microsoft Entra authentication switched off"},
	{number: 1698, login: byPassword, anchor: "wrong-password",
		hint: "wrong user name or password"},
	{number: 1698, anchor: "no-entra-role",
		hint: "the user is not one for Microsoft Entra: have it made with CREATE AADUSER"},
	{number: 1044, anchor: "no-privilege",
		hint: "the user must be granted privileges on the database"},
	{number: 1049, anchor: "no-database",
		hint: "there is no such database: check the name, which may be case-sensitive"},
	{number: 1040, anchor: "too-many-connections",
		hint: "the server has no connection left: lower the size of the pools or raise max_connections"},
	{number: 1203, anchor: "too-many-connections",
		hint: "the user has as many connections as it may: lower the size of the pools or raise max_user_connections"},
	{number: 1226, anchor: "too-many-connections",
		hint: "the user has used up one of its limits, which the message names: lower the size of the pools or raise the limit"},
	{number: 1251, anchor: "role-with-password",
		hint: "the server wants a way to log in that the driver does not know: the user is perhaps not one for Microsoft Entra"},
	{number: 1275, anchor: "role-with-password",
		hint: "the server's user has a password in MySQL's oldest format: have it made anew"},
	{number: 1524, anchor: "role-with-password",
		hint: "the server lacks the plugin that the user logs in with: have the user made anew"},
	{number: 2059, anchor: "role-with-password",
		hint: "the user logs in with a plugin that is not there: the user is perhaps not one for Microsoft Entra"},
	{number: 3118, anchor: "role-without-login",
		hint: "the user is locked: have an administrator run ALTER USER ... ACCOUNT UNLOCK"},
	{number: 1193, anchor: "parameters",
		hint: "a parameter that the driver does not know is set as a system variable, and the server has none of this name: check the parameter's spelling"},
	{number: 1231, anchor: "parameters",
		hint: "a system variable that the connection sets does not take this value"},
	{number: 1053, anchor: "server-starting",
		hint: "the server is starting, stopping or failing over: try again"},
	{number: 3032, anchor: "server-starting",
		hint: "the server is in offline mode: try again"},
}

// fault is one of the driver's own errors, and what to do.
type fault struct {
	is     error
	hint   string
	anchor string // in TROUBLESHOOTING.md
}

// faults count when no server's answer does. Package neterr knows those of the
// network and of TLS.
var faults = []fault{
	{is: mysql.ErrNoTLS, anchor: "server-without-tls",
		hint: "the server does not offer TLS, without which nothing is sent that logs in"},
	{is: errNotTLS, anchor: "server-without-tls",
		hint: "what answers there does not do as MySQL servers do"},
	{is: errGreeting, anchor: "server-without-tls",
		hint: "what answers there is not a MySQL server, or something on the way to it interferes: check host and port"},
	{is: mysql.ErrCleartextPassword, anchor: "server-wants-tls",
		hint: "the server asks for the password in clear text, which is not sent without TLS: remove what disables it"},
	{is: mysql.ErrNativePassword, anchor: "role-with-password",
		hint: "the server asks for a native password, which the connection forbids: remove allowNativePasswords"},
	{is: mysql.ErrOldPassword, anchor: "role-with-password",
		hint: "the server asks for a password in MySQL's oldest way: the user is not one for Microsoft Entra, have it made with CREATE AADUSER"},
	{is: mysql.ErrUnknownPlugin, anchor: "role-with-password",
		hint: "the server asks for a way to log in that the driver does not know: the user is not one for Microsoft Entra, have it made with CREATE AADUSER"},
}
