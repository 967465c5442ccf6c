package sqlserver

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
)

// tryElsewhere reports whether a login that failed so may succeed at the failover
// partner: the server could not be reached, or does not have the database in
// service, as a mirror says with "Cannot open database" (4060).
func (c *Connector) tryElsewhere(err error) bool {
	if len(answers(err)) == 0 {
		return unreachable(err)
	}
	rule, _, _ := table.Find(err, c.token)
	return rule.Elsewhere
}

// refused are the numbers of errors with which the server refuses the login itself.
var refused = []int32{916, 4060, 18452, 18456, 18470, 18486, 18487, 18488, 37396}

// answers lists what servers answered, often with several errors each, such as
// "cannot open database" and "login failed".
func answers(err error) []advice.Answer {
	var all []advice.Answer
	for _, last := range advice.All[mssql.Error](err) {
		sent := last.All
		if len(sent) == 0 {
			sent = []mssql.Error{last}
		}
		for _, e := range sent {
			all = append(all, advice.Answer{Code: strconv.Itoa(int(e.Number)), Message: e.Message, Refused: slices.Contains(refused, e.Number)})
		}
	}
	return all
}

// known is about an identity that has logged in before, which Azure SQL may refuse for a moment.
const known = "this identity has logged in before, so the database may be scaling or failing over: try again; if it stays, its user or permission has been removed"

// fabric is in place of the advice to create a user: Fabric's warehouses and SQL endpoints have no CREATE USER.
const fabric = "the identity has no access to this item of Fabric, or there is none of this name: give it a role in the workspace, or share the item with it (permission Read)"

// classify says what a failed login means.
func (c *Connector) classify(err error) connector.Classification {
	cl := table.Classify(err, c.token)
	ofFabric := slices.ContainsFunc(c.hosts, func(h dsn.Host) bool {
		return strings.HasSuffix(strings.TrimSuffix(strings.ToLower(h.Name), "."), ".fabric.microsoft.com")
	})
	if ofFabric && (cl.Anchor == "no-database-user" || cl.Anchor == "no-database") {
		cl.Hint = fabric
	}
	return cl
}

// isBroken reports whether the server gave up a session for an error of its own, or the connection broke inside a packet.
func isBroken(err error) bool {
	stream, ok := errors.AsType[mssql.StreamError](err)
	return advice.Is[mssql.ServerError](err) || ok && advice.Network.Classify(stream.InnerError, true).Temporary
}

// table has the errors of Azure SQL and SQL Server that end a login, from Microsoft's
// "Database Engine events and errors", "Troubleshoot connectivity issues and other
// errors" and "Connectivity settings" for Azure SQL, and from public reports such as
// dotnet/SqlClient#617, #2792 and #3245, mssql-jdbc#1944 and azure-docs#43368.
var table = advice.Register(advice.Table{
	Name:    "SQL Server",
	Answers: answers,
	Server: []advice.Rule{
		{Codes: "18456", Text: "Token is expired", Login: advice.WithToken, Expired: true, Temporary: true, Anchor: "token-expired", Hint: advice.ExpiredToken},
		{Codes: "37396", Login: advice.WithToken, Expired: true, Temporary: true, Anchor: "token-expired", Hint: advice.ExpiredToken},
		{Codes: "18456", Text: "not currently configured to accept this token", Login: advice.WithToken, Known: known, Anchor: "token-not-accepted",
			Hint: "the identity is of another tenant or cloud than the server, or the server has no Microsoft Entra administrator: check the identity's tenant and set an administrator"},
		{Codes: "18456", Text: `NT AUTHORITY\ANONYMOUS LOGON`, Login: advice.WithToken, Known: known, Anchor: "no-database-user",
			Hint: "no database user matches this token: the database has no user for the identity, or the token is for another resource or cloud"},
		{Codes: "4060", Says: "Cannot open database", Elsewhere: true, Known: known, Anchor: "no-database",
			Hint: "there is no such database, or the login has no user in it: check the name, and create the user in that database"},
		{Codes: "916", Anchor: "no-database", Hint: "the login has no user in the database: create one there"},
		{Codes: "18470", Says: "The account is disabled", Anchor: "login-disabled", Hint: "the login is disabled: ALTER LOGIN ... ENABLE, or use another"},
		{Codes: "18486|18487|18488", Login: advice.WithPassword, Anchor: "wrong-password", Hint: "the login is locked or its password has expired: set a new password"},
		{Codes: "18452", Login: advice.WithPassword, Anchor: "wrong-password", Hint: "the server took this for a Windows login: give a SQL login's name, without a domain"},
		{Codes: "40532|40531", Says: "Cannot open server", Anchor: "wrong-server",
			Hint: "the server was asked for by another name than its own: connect by its own name, or set Options.ServerName to it"},
		{Codes: "40615|40914", Says: "is not allowed to access the server", Anchor: "firewall",
			Hint: "the server does not admit this address or subnet: check its firewall and virtual network rules"},
		{Codes: "47073", Says: "The public network interface on this server is not accessible", Anchor: "firewall",
			Hint: "the server has no public access: connect from its virtual network, through its private endpoint"},
		{Codes: "47072|18399", Anchor: "tls-disabled", Hint: "the server does not take this connection's TLS: its minimum version is another, or there is none"},
		{Codes: "17809", Temporary: true, Anchor: "too-many-connections",
			Hint: "the server has as many connections as it may: lower the size of the pools or raise 'user connections'"},
		{Codes: "10928|10929|10936", Temporary: true, Anchor: "too-many-connections",
			Hint: "the database's limit of sessions or workers is reached: lower the size of the pools or raise the service tier"},
		{Codes: "42108", Temporary: true, Anchor: "server-unavailable", Hint: "the dedicated SQL pool is paused: resume it, or try again once it is"},
		{Codes: "42109", Temporary: true, Anchor: "server-unavailable", Hint: "the dedicated SQL pool is warming up: try again after a minute"},
		{Codes: "615", Temporary: true, Elsewhere: true, Anchor: "server-unavailable", Hint: "the database may be offline or moving: try again after some minutes"},
		{Codes: "40501|49918|49919|49920|49977|49983|40642|40648|40675|701|802|8645|8651|17189|17300", Temporary: true, Anchor: "server-unavailable",
			Hint: "the service is busy: try again, after at least 10 seconds"},
		{Codes: "1204|1205|1222|10922", Temporary: true, Anchor: "server-unavailable", Hint: "the session met another's locks: try again"},
		{Codes: "40613|40197|40143|40020|40166|40540|921|952|4221|17187|17188|17197|18401|17142|6005|33155", Temporary: true, Elsewhere: true, Anchor: "server-unavailable",
			Hint: "the database is starting, resuming or failing over: try again after some seconds"},
		{Codes: "978", Elsewhere: true, Anchor: "server-unavailable", Hint: "this replica takes connections that only read: set ApplicationIntent=ReadOnly, or connect to the primary replica"},
		{Codes: "922|927|954|976|979|982|983", Temporary: true, Elsewhere: true, Anchor: "server-unavailable",
			Hint: "the database is not in service at this server, which is a mirror, a secondary replica or restoring it: connect to the primary"},

		// "Login failed", which often follows a reason.
		{Codes: "18456", Says: "Login failed for user '<token-identified principal>'", Login: advice.WithToken, Known: known, Anchor: "no-database-user",
			Hint: "the database has no user for this identity: as the Microsoft Entra administrator run CREATE USER [name of the identity] FROM EXTERNAL PROVIDER in it"},
		{Codes: "18456", Says: "Login failed for user", Login: advice.WithPassword, Anchor: "wrong-password", Hint: advice.WrongPassword},
	},
	// Errors of this package, of which go-mssqldb may keep only the text, and its own without types.
	Client: []advice.Rule{
		{Is: isBroken, Says: "Invalid TDS stream", Temporary: true, Anchor: "server-unavailable", Hint: "the server ended the session, or the connection broke: try again"},
		{Text: "server does not support encryption|encrypt negotiation failed", Anchor: "server-without-tls", Hint: advice.NoTLS},
		{Err: errInsists, Anchor: "tls-disabled", Hint: "the server requires TLS: remove encrypt=disable"},
		{Text: handshakeFailed + "EOF", Anchor: "server-without-tls", Hint: "the server hangs up on TLS: with encrypt=strict it must be SQL Server 2022 or later, or Azure SQL"},
		{Text: "expected packet type 4|unexpected packet|invalid packet size|invalid empty PRELOGIN|the server's answer is malformed", Anchor: "wrong-server",
			Hint: "what answers there is not SQL Server: check host and port"},
		{Text: "federated authentication is not supported by the server", Anchor: "wrong-server",
			Hint: "the server does not know Microsoft Entra logins: it must be Azure SQL, or SQL Server 2022 or later with Microsoft Entra set up"},
		{Text: "redirects the login", Anchor: "wrong-server", Hint: "the server is not what it should be, or its routing is wrong"},
	},
})
