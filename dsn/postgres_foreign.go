package dsn

import "strings"

// This file holds what the foreign dialects' own keys become. The names are
// those of pgjdbc 42 (PGProperty.java), of Npgsql 9
// (NpgsqlConnectionStringBuilder.cs) with their predecessors, and of psqlodbc.

// jdbcRules are pgjdbc's keys.
var jdbcRules = ruleSet{}.and(azureRules).and(ruleSet{
	"pghost":             into(fieldHost),
	"pgport":             into(fieldPort),
	"pgdbname":           into(fieldDatabase),
	"ssl":                jdbcSSL,
	"sslfactory":         jdbcFactory,
	"applicationname":    pass("application_name"),
	"currentschema":      pass("search_path"),
	"options":            pass("options"),
	"connecttimeout":     passSeconds("connect_timeout"),
	"logintimeout":       passSeconds("connect_timeout"),
	"kerberosservername": pass("krbsrvname"),
	"sslnegotiation":     passWord("sslnegotiation", negotiations, "postgres or direct"),
	"targetservertype":   passWord("target_session_attrs", targetServers, "any, primary, secondary or preferSecondary"),
}).with(loginHere, "authenticationPluginClassName").with(notHere, `
	adaptiveFetch, adaptiveFetchMaximum, adaptiveFetchMinimum, allowEncodingChanges, assumeMinServerVersion,
	autosave, binaryTransfer, binaryTransferDisable, binaryTransferEnable, cancelSignalTimeout,
	cleanupSavepoints, databaseMetadataCacheFields, databaseMetadataCacheFieldsMiB, defaultRowFetchSize,
	disableColumnSanitiser, escapeSyntaxCallMode, groupStartupParameters, gssEncMode, gssLib,
	gssResponseTimeout, gssUseDefaultCreds, hideUnprivilegedObjects, hostRecheckSeconds,
	jaasApplicationName, jaasLogin, loadBalanceHosts, localSocketAddress, loggerFile, loggerLevel,
	logServerErrorDetail, logUnclosedConnections, maxResultBuffer, maxSendBufferSize, pemKeyAlgorithm,
	preferQueryMode, preparedStatementCacheQueries, preparedStatementCacheSizeMiB, prepareThreshold,
	protocolVersion, queryTimeout, quoteReturningIdentifiers, readOnly, readOnlyMode, receiveBufferSize,
	replication, reWriteBatchedInserts, sendBufferSize, socketFactory, socketFactoryArg, socketTimeout,
	sslAlias, sslFactoryArg, sslHostnameVerifier, sslPasswordCallback, sslResponseTimeout, sspiServiceClass,
	stringType, tcpKeepAlive, tcpNoDelay, unknownLength, useSpnego, xmlFactoryFactory, charSet, compatible,
	serverTimezone, useSSL`)

// npgsqlRules are Npgsql's keys.
var npgsqlRules = ruleSet{
	"applicationname":         pass("application_name"),
	"searchpath":              pass("search_path"),
	"options":                 pass("options"),
	"timezone":                pass("timezone"),
	"timeout":                 passSeconds("connect_timeout"),
	"connectiontimeout":       passSeconds("connect_timeout"),
	"connecttimeout":          passSeconds("connect_timeout"),
	"kerberosservicename":     pass("krbsrvname"),
	"krbsrvname":              pass("krbsrvname"),
	"sslnegotiation":          passWord("sslnegotiation", negotiations, "postgres or direct"),
	"targetsessionattributes": passWord("target_session_attrs", targetServers, "any, primary, standby, prefer-standby, read-write or read-only"),
	"targetsessionattrs":      passWord("target_session_attrs", targetServers, "any, primary, standby, prefer-standby, read-write or read-only"),
}.with(loginHere, "Integrated Security, Trusted Connection, Include Realm, Gss Encryption Mode").
	with(notHere, `Array Nullability Mode, Auto Prepare Min Usages, Backend Timeouts, Cancellation Timeout,
	Check Certificate Revocation, Client Encoding, Command Timeout, Connection Idle Lifetime, Connection Lifetime,
	Connection Pruning Interval, Convert Infinity DateTime, Encoding, Enlist, Entity Admin Database,
	Entity Template Database, EF Admin Database, EF Template Database, Host Recheck Seconds,
	Include Error Detail, Include Failed Batched Command, Internal Command Timeout, Keepalive,
	Load Balance Hosts, Load Balance Timeout, Load Table Composites, Log Parameters, Max Auto Prepare,
	Max Pool Size, Maximum Pool Size, Min Pool Size, Minimum Pool Size, Multiplexing,
	MultipleActiveResultSets, No Reset On Close, Packet Size, Persist Security Info, Pooling,
	Read Buffer Size, Replication Mode, Server Compatibility Mode, Socket Receive Buffer Size,
	Socket Send Buffer Size, Sync Notification, Tcp Keepalive, Tcp Keepalive Interval, Tcp Keepalive Time,
	Use Perf Counters, Use SSL Stream, Write Buffer Size, Write Coalescing Buffer Threshold Bytes`)

// targetServers are pgjdbc's targetServerType and Npgsql's Target Session
// Attributes in libpq's words. To prefer a primary has no equivalent there.
var targetServers = map[string]string{
	"any":             "any",
	"primary":         "primary",
	"master":          "primary",
	"secondary":       "standby",
	"slave":           "standby",
	"standby":         "standby",
	"prefersecondary": "prefer-standby",
	"preferslave":     "prefer-standby",
	"preferstandby":   "prefer-standby",
	"preferprimary":   "",
	"readwrite":       "read-write",
	"readonly":        "read-only",
}

var negotiations = map[string]string{"postgres": "postgres", "direct": "direct"}

// into takes a foreign key for a field of Config.
func into(f field) rule {
	return func(b *builder, p pair) error { return b.set(f, p) }
}

// jdbcSSL reads ssl as pgjdbc does (SslMode.java): true and the bare word mean
// verify-full, false means prefer, and sslmode overrides both.
func jdbcSSL(b *builder, p pair) error {
	on, err := truth(p.value)
	switch b.known++; {
	case err != nil && p.value != "":
		return p.fault("ssl", err)
	case b.mode:
	case on || p.value == "":
		b.config.TLS = TLSVerifyFull
	default:
		b.config.TLS = TLSPrefer
	}
	return nil
}

// jdbcFactory knows the one socket factory that says something about trust.
func jdbcFactory(b *builder, p pair) error {
	if strings.HasSuffix(p.value, "NonValidatingFactory") {
		b.known++
		b.unverified = true
		return nil
	}
	return drop("sslfactory", notHere)(b, p)
}

// psqlODBCRules are psqlodbc's keys (its page of configuration options).
var psqlODBCRules = ruleSet{"driver": odbcDriver}.with(notHere, `BatchSize, BI, BoolsAsChar, ByteaAsLongVarBinary,
	CancelAsFreeStmt, CommLog, ConnSettings, Debug, Description, DisallowPremature, ExtraSysTablePrefixes,
	FakeOidIndex, Fetch, FetchRefcursors, GssAuthUseGSS, IgnoreTimeout, KeepaliveInterval, KeepaliveTime,
	Ksqo, LFConversion, LowerCaseIdentifier, MaxLongVarcharSize, MaxVarcharSize, Optimizer, Parse, pqopt,
	ReadOnly, RowVersioning, ShowOidColumn, ShowSystemTables, Socket, TextAsLongVarchar, TrueIsMinus1,
	UnknownSizes, UnknownsAsLongVarchar, UpdatableCursors, UseDeclareFetch, UseServerSidePrepare, XaOpt`)
