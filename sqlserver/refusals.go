package sqlserver

// refusal is what a server says when it ends a login, and what to do.
type refusal struct {
	numbers []int32 // of the error
	text    string  // part of the message, in lower case; empty: any
	login   kind    // of logins that it applies to
	hint    string
	anchor  string // in TROUBLESHOOTING.md

	refused   bool // the login itself, which another token might change
	expired   bool // a new token may help at once
	elsewhere bool // the database is not in service here, and may be at the partner
}

// kind is a kind of login.
type kind uint8

const (
	anyLogin kind = iota
	byToken
	byPassword
)

// refusals are the errors of Azure SQL and of SQL Server itself that end a
// login, the more particular ones first. The numbers and texts are from
// Microsoft's "Database Engine events and errors", "Troubleshoot connectivity
// issues and other errors" and "Connectivity settings" for Azure SQL, and from
// public reports, such as dotnet/SqlClient#617, #2792 and #3245,
// microsoft/mssql-jdbc#1944 and azure-docs#43368.
var refusals = []refusal{
	{numbers: []int32{18456}, text: "token is expired", login: byToken, refused: true, expired: true, anchor: "token-expired",
		hint: "the token is replaced once by itself; if this comes again, check the clocks of this machine and of the token's issuer"},
	{numbers: []int32{37396}, login: byToken, refused: true, expired: true, anchor: "token-expired",
		hint: "the token is replaced once by itself; if this comes again, check the clocks of this machine and of the token's issuer"},
	{numbers: []int32{18456}, text: "not currently configured to accept this token", login: byToken, refused: true, anchor: "token-not-accepted",
		hint: "the identity is of another tenant or cloud than the server, or the server has no Microsoft Entra administrator: check the identity's tenant and set an administrator"},
	{numbers: []int32{18456}, text: `nt authority\anonymous logon`, login: byToken, refused: true, anchor: "no-database-user",
		hint: "the server knows nobody by this token: the database has no user for the identity, or the token is for another resource or cloud"},
	{numbers: []int32{4060}, refused: true, elsewhere: true, anchor: "no-database",
		hint: "there is no such database, or who logs in has no user in it: check the name, and make the user in that database"},
	{numbers: []int32{916}, refused: true, anchor: "no-privilege",
		hint: "who logs in has no user in the database: make one there"},
	{numbers: []int32{18470}, refused: true, anchor: "login-disabled",
		hint: "the login is disabled: ALTER LOGIN ... ENABLE, or use another"},
	{numbers: []int32{18486, 18487, 18488}, login: byPassword, refused: true, anchor: "wrong-password",
		hint: "the login is locked or its password has expired: set a new password"},
	{numbers: []int32{18452}, login: byPassword, refused: true, anchor: "wrong-password",
		hint: "the server took this for a Windows login: give a SQL login's name, without a domain"},
	{numbers: []int32{40532, 40531}, anchor: "wrong-server",
		hint: "the server was asked for by another name than its own: connect by its own name, or set Options.ServerName to it"},
	{numbers: []int32{40615, 40914}, anchor: "firewall",
		hint: "the server does not admit this address or subnet: check its firewall and virtual network rules"},
	{numbers: []int32{47073}, anchor: "no-public-access",
		hint: "the server has no public access: connect from its virtual network, through its private endpoint"},
	{numbers: []int32{47072, 18399}, anchor: "server-wants-tls",
		hint: "the server does not take this connection's TLS: its minimum version is another, or there is none"},
	{numbers: []int32{10928, 10929, 10936}, anchor: "too-many-connections",
		hint: "the database's limit of sessions or workers is reached: lower the size of the pools or raise the service tier"},
	{numbers: []int32{40501, 49918, 49919, 49920}, anchor: "server-busy",
		hint: "the service is busy: try again, after at least 10 seconds"},
	{numbers: []int32{40613, 40197, 40143, 4221, 18401, 17142, 6005, 33155}, elsewhere: true, anchor: "server-starting",
		hint: "the database is starting, resuming or failing over: try again after some seconds"},
	{numbers: []int32{978}, elsewhere: true, anchor: "not-in-service",
		hint: "this replica takes connections that only read: set ApplicationIntent=ReadOnly, or connect to the primary replica"},
	{numbers: []int32{922, 927, 954, 976, 979, 982, 983}, elsewhere: true, anchor: "not-in-service",
		hint: "the database is not in service at this server, which is a mirror, a secondary replica or restoring it: connect to the primary"},

	// "Login failed", which often follows a reason.
	{numbers: []int32{18456}, login: byToken, refused: true, anchor: "no-database-user",
		hint: "the database has no user for this identity: as the Microsoft Entra administrator run CREATE USER [name of the identity] FROM EXTERNAL PROVIDER in it"},
	{numbers: []int32{18456}, login: byPassword, refused: true, anchor: "wrong-password",
		hint: "wrong user name or password, or the server takes Microsoft Entra logins only"},
}
