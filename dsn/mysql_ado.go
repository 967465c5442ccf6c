package dsn

// This file holds the keys of ADO.NET's two providers for MySQL: MySqlConnector 2
// (MySqlConnectionStringBuilder.cs) and MySQL Connector/NET 8 and 9.

var mySQLADORules = ruleSet{}.and(mySQLForeignRules).and(ruleSet{
	"connectiontimeout":  passSecondsAsDuration("timeout"),
	"connecttimeout":     passSecondsAsDuration("timeout"),
	"useaffectedrows":    passNot("clientFoundRows"),
	"usecompression":     passBoolean("compress"),
	"compress":           passBoolean("compress"),
	"allowbatch":         passBoolean("multiStatements"),
	"allowuservariables": always("Allow User Variables"),
	"applicationname":    programName,
}).
	with(loginHere, `Integrated Security, Persist Security Info, Default Authentication Plugin, Allow Public Key Retrieval,
	Server RSA Public Key File, Server SPN, Kerberos Auth Mode, Password1, Password2, Password3, Pwd1, Pwd2, Pwd3, Oci Config File, Oci Config Profile,
	Server Redirection Mode, WebAuthn Action Requested, OpenID Identity Token`).
	with(tlsHere, `Certificate File, Certificate Password, Certificate Store Location, Certificate Thumbprint,
	Certificate Thumb Print, TLS Version, TLS Cipher Suites`).
	with(filesHere, `Allow Load Local Infile, Allow Load Local Infile In Path`).
	with(timesHere, `Allow Zero DateTime, Convert Zero DateTime, DateTime Kind`).
	with(hostsHere, `Load Balance, DNS SRV, DNS Check Interval`).
	with(directHere, `Connection Protocol, Pipe Name, Pipe, Shared Memory Name, Memory Name, Use SSH`).
	with(notHere, `Auto Enlist, Blob As UTF8 Exclude Pattern, Blob As UTF8 Include Pattern, Cache Server Properties,
	Cancellation Timeout, Check Parameters, Command Interceptors, Command Timeout,
	Connection Idle Ping Time, Connection Idle Timeout, Connection Lifetime, Connection Reset,
	Default Command Timeout, Default Table Cache Age, Defer Connection Reset, Enlist, Exception Interceptors,
	Force Synchronous, Functions Return String, GUID Format, Ignore Command Transaction, Ignore Prepare,
	Include Security Asserts, Interactive Session, Interactive, Keepalive, Logging, Max Pool Size,
	Maximum Pool Size, Min Pool Size, Minimum Pool Size, No Backslash Escapes, Old Guids, Old Syntax,
	Pipelining, Pooling, Procedure Cache Size, Procedure Cache, Replication, Respect Binary Flags,
	Sql Server Mode, Table Cache, Table Caching, Treat BLOBs As UTF8, Treat Tiny As Boolean,
	Use Default Command Timeout For EF, Use Old Syntax, Use Performance Monitor, Use Procedure Bodies,
	Use Usage Advisor, Use XA Transactions`)
