package postgres

// refusal is one message with which a server ends a login, and what to do.
type refusal struct {
	code   string // SQLSTATE; empty: any
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

// refusals are the messages of Azure Database for PostgreSQL and of PostgreSQL
// itself, the more particular ones first. Azure does not document the SQLSTATE of
// its own messages, so those are known by their text, of which several versions
// are in use. The texts are from public reports, such as ora2pg#1851,
// azure-sdk-for-java#42632, azure-docs#120133 and #117206 and
// terraform-provider-postgresql#423 and #60.
var refusals = []refusal{
	{text: "access token has expired", login: byToken, expired: true, anchor: "token-expired",
		hint: "the token is replaced once by itself; if this comes again, check the clocks of this machine and of the token's issuer"},
	{text: "valid audience claim", login: byToken, anchor: "wrong-audience",
		hint: "the token is for another resource or cloud: set Options.Cloud or Options.Scope to those of the server"},
	{text: "access token has invalid format", login: byToken, anchor: "not-a-token",
		hint: "what was sent is not a Microsoft Entra access token: check Options.Credential"},
	{text: "error occurred while validating the access token", login: byToken, anchor: "token-refused",
		hint: "the token is damaged or not from a Microsoft Entra tenant and cloud that the server trusts: check the identity's tenant (TENANTID) and Options.Cloud"},
	{text: "cannot generate aad_auth_tokentype_app_user tokens", login: byToken, anchor: "role-of-another-kind",
		hint: "the role was made for an application or managed identity and the token is a person's: log in under the person's own role, without Options.User"},
	{text: "is neither an aad_auth_tokentype_app_user", login: byToken, anchor: "role-of-another-kind",
		hint: "the role was made for a person and the token is an application's or managed identity's: set user= to the role made for this identity"},
	{text: "oid mismatch", login: byToken, anchor: "role-of-another-object",
		hint: "the role belongs to another Entra object of this name, perhaps a deleted one, or was made with a client ID: make it again with this identity's object ID"},
	{text: "does not contain group id", login: byToken, anchor: "not-in-group",
		hint: "the role is a group's and the token does not name the group: add the identity to it, and allow up to a day for a managed identity's new token"},
	{text: "access token not valid for role", login: byToken, anchor: "wrong-role",
		hint: "the user name must be that of the role made for this identity"},
	{text: "could not validate aad user", login: byToken, anchor: "unknown-principal",
		hint: "the server's tenant does not know the identity: it must be of the same tenant, and the server be allowed to read the directory"},
	{text: "ldap authentication failed", login: byToken, anchor: "token-refused",
		hint: "the server's own check refused the token: if its audience, expiry and bearer are right, another tenant or cloud has signed it"},
	{code: "28P01", login: byPassword, anchor: "wrong-password",
		hint: "wrong user name or password, or the server takes Microsoft Entra logins only"},
	{code: "28P01", anchor: "no-entra-role",
		hint: "no Microsoft Entra role has this name (names are case-sensitive), or the server has Microsoft Entra authentication switched off"},
	{code: "28000", text: "no encryption", anchor: "server-wants-tls",
		hint: "the server takes no connection without TLS: remove sslmode=disable"},
	{code: "28000", text: "no pg_hba.conf entry", anchor: "firewall",
		hint: "the server admits no connection of this user to this database from this address: check its firewall and network rules"},
	{code: "28000", text: "does not exist", login: byToken, anchor: "no-entra-role",
		hint: "there is no such role (names are case-sensitive): make it with pgaadauth_create_principal"},
	{code: "28000", text: "is not permitted to log in", anchor: "role-without-login",
		hint: "the role has no LOGIN attribute: it is perhaps a group role of PostgreSQL's own"},
	{code: "3D000", anchor: "no-database",
		hint: "there is no such database: check the name, which is case-sensitive"},
	{code: "42501", anchor: "no-privilege",
		hint: "the role must be granted CONNECT on the database"},
	{code: "53300", anchor: "too-many-connections",
		hint: "the server has no connection left: lower the size of the pools or raise max_connections"},
	{code: "57P03", anchor: "server-starting",
		hint: "the server is starting, stopping or failing over: try again"},
}
