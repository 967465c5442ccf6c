package dsn

import "strings"

// nativeParameters are those to which pgx and its pool give a meaning of their own, and
// those of the server that are set most often. They are passed on in this spelling; every
// other setting of the server is passed on as written.
const nativeParameters = `application_name, connect_timeout, options, target_session_attrs, sslnegotiation, sslcertmode,
	min_protocol_version, max_protocol_version, krbsrvname, krbspn, default_query_exec_mode, statement_cache_capacity,
	description_cache_capacity, pool_max_conns, pool_min_conns, pool_min_idle_conns, pool_max_conn_lifetime, pool_max_conn_lifetime_jitter,
	pool_max_conn_idle_time, pool_health_check_period, pool_ping_timeout, search_path, timezone, datestyle, intervalstyle,
	statement_timeout, lock_timeout, idle_in_transaction_session_timeout, idle_session_timeout, extra_float_digits, role, work_mem,
	default_transaction_isolation, default_transaction_read_only, client_encoding, replication`

// libpqOnly are keywords that pgx does not know: it would send them to the server, which
// refuses the login.
const libpqOnly = `gssencmode, gsslib, gssdelegation, requirepeer, requiressl, sslcompression, sslcrl, sslcrldir, sslsni,
	ssl_min_protocol_version, ssl_max_protocol_version, sslkeylogfile, keepalives, keepalives_idle, keepalives_interval, keepalives_count,
	tcp_user_timeout, load_balance_hosts, oauth_issuer, oauth_client_id, oauth_client_secret, oauth_scope, scram_client_key,
	scram_server_key, tty, authtype`

var postgresParameters = listSet(nativeParameters)

// libpqWords are libpq's keywords (section 34.1.2 of the PostgreSQL manual), as
// libpq spells them.
var libpqWords = listSet(`host, hostaddr, port, dbname, user, password, passfile, require_auth, channel_binding, connect_timeout,
	client_encoding, options, application_name, fallback_application_name, target_session_attrs, sslmode, sslnegotiation, sslcert, sslkey,
	sslpassword, sslcertmode, sslrootcert, min_protocol_version, max_protocol_version, krbsrvname, replication, service, servicefile, ` + libpqOnly)

var nativeRules = ruleSet{}.plus([]keyRule{
	{nativeParameters, pass("", anything)},
	{"client_encoding", pass("", encoding)},
	{"fallback_application_name", passFallbackName},
	{libpqOnly, drop("pgx has no such parameter")},
	{foreignKeys, drop(notPostgres)}, {prismaKeys, dropPrisma(notPostgres)},
})

// encoding leaves out libpq's "auto", which the server does not know.
func encoding(value string) (string, error) {
	if fold(value) == "auto" {
		return "", nil
	}
	return value, nil
}

// passFallbackName takes over the name for applications that set no other.
func passFallbackName(b *builder, p pair) error {
	if _, ok := b.config.Params["application_name"]; !ok {
		b.param("application_name", p.value)
	}
	return nil
}

// jdbcRules are the keys of pgjdbc 42 (PGProperty.java) and its predecessors.
var jdbcRules = ruleSet{}.plus(azureRules).plus([]keyRule{
	{"PGHOST", into(fieldHost)}, {"PGPORT", into(fieldPort)}, {"PGDBNAME", into(fieldDatabase)},
	{"ssl", jdbcSSL},
	{"sslfactory", jdbcFactory},
	{"ApplicationName", pass("application_name", anything)}, {"currentSchema", pass("search_path", anything)},
	{"options", pass("", anything)},
	{"connectTimeout, loginTimeout", pass("connect_timeout", seconds)},
	{"kerberosServerName", pass("krbsrvname", anything)},
	{"sslnegotiation", pass("", negotiation)},
	{"targetServerType", pass("target_session_attrs", targetServer("any, primary, secondary or preferSecondary"))},
	{"prepareThreshold", unprepared}, {"preferQueryMode", simpleQueries},
	{"authenticationPluginClassName", drop(loginHere)},
	{`adaptiveFetch, adaptiveFetchMaximum, adaptiveFetchMinimum, allowEncodingChanges, assumeMinServerVersion, autosave, binaryTransfer,
		binaryTransferDisable, binaryTransferEnable, cancelSignalTimeout, cleanupSavepoints, databaseMetadataCacheFields,
		databaseMetadataCacheFieldsMiB, defaultRowFetchSize, disableColumnSanitiser, escapeSyntaxCallMode, groupStartupParameters, gssEncMode, gssLib,
		gssResponseTimeout, gssUseDefaultCreds, hideUnprivilegedObjects, hostRecheckSeconds, jaasApplicationName, jaasLogin, loadBalanceHosts,
		localSocketAddress, loggerFile, loggerLevel, logServerErrorDetail, logUnclosedConnections, maxResultBuffer, maxSendBufferSize,
		pemKeyAlgorithm, preparedStatementCacheQueries, preparedStatementCacheSizeMiB, protocolVersion,
		queryTimeout, quoteReturningIdentifiers, readOnly, readOnlyMode, receiveBufferSize, replication, reWriteBatchedInserts, sendBufferSize,
		socketFactory, socketFactoryArg, socketTimeout, sslAlias, sslFactoryArg, sslHostnameVerifier, sslPasswordCallback, sslResponseTimeout,
		sspiServiceClass, stringType, tcpKeepAlive, tcpNoDelay, unknownLength, useSpnego, xmlFactoryFactory, charSet, compatible, serverTimezone,
		useSSL`, drop(notHere)},
})

// npgsqlRules are the keys of Npgsql 9 (NpgsqlConnectionStringBuilder.cs) and its
// predecessors.
var npgsqlRules = ruleSet{}.plus([]keyRule{
	{"Application Name", pass("application_name", anything)}, {"Search Path", pass("search_path", anything)},
	{"options, timezone, krbsrvname", pass("", anything)},
	{"Timeout, Connection Timeout, Connect Timeout", pass("connect_timeout", seconds)},
	{"Kerberos Service Name", pass("krbsrvname", anything)},
	{"sslnegotiation", pass("", negotiation)},
	{"Target Session Attributes, target_session_attrs", pass("target_session_attrs",
		targetServer("any, primary, standby, prefer-standby, read-write or read-only"))},
	{"provider connection string", refuse(errEntity)},
	{"Integrated Security, Trusted Connection, Include Realm, Gss Encryption Mode", drop(loginHere)},
	{`Array Nullability Mode, Auto Prepare Min Usages, Backend Timeouts, Cancellation Timeout, Check Certificate Revocation, Client Encoding,
		Command Timeout, Connection Idle Lifetime, Connection Lifetime, Connection Pruning Interval, Convert Infinity DateTime, Encoding, Enlist,
		Entity Admin Database, Entity Template Database, EF Admin Database, EF Template Database, Host Recheck Seconds, Include Error Detail,
		Include Failed Batched Command, Internal Command Timeout, Keepalive, Load Balance Hosts, Load Balance Timeout, Load Table Composites,
		Log Parameters, Max Auto Prepare, Max Pool Size, Maximum Pool Size, Min Pool Size, Minimum Pool Size, Multiplexing, MultipleActiveResultSets,
		No Reset On Close, Packet Size, Persist Security Info, Pooling, Read Buffer Size, Replication Mode, Server Compatibility Mode,
		Socket Receive Buffer Size, Socket Send Buffer Size, Sync Notification, Tcp Keepalive, Tcp Keepalive Interval, Tcp Keepalive Time,
		Use Perf Counters, Use SSL Stream, Write Buffer Size, Write Coalescing Buffer Threshold Bytes`, drop(notHere)},
})

// psqlODBCRules are psqlodbc's keys (its page of configuration options).
var psqlODBCRules = ruleSet{}.plus([]keyRule{
	{"Driver", accept}, {"UseServerSidePrepare", unprepared},
	{`BatchSize, BI, BoolsAsChar, ByteaAsLongVarBinary, CancelAsFreeStmt, CommLog, ConnSettings, Debug, Description, DisallowPremature,
		ExtraSysTablePrefixes, FakeOidIndex, Fetch, FetchRefcursors, GssAuthUseGSS, IgnoreTimeout, KeepaliveInterval, KeepaliveTime, Ksqo,
		LFConversion, LowerCaseIdentifier, MaxLongVarcharSize, MaxVarcharSize, Optimizer, Parse, pqopt, ReadOnly, RowVersioning, ShowOidColumn,
		ShowSystemTables, Socket, TextAsLongVarchar, TrueIsMinus1, UnknownSizes, UnknownsAsLongVarchar, UpdatableCursors, UseDeclareFetch,
		XaOpt`, drop(notHere)},
})

// queryMode is pgx's parameter for how statements are run.
const queryMode = "default_query_exec_mode"

// unprepared reads the 0 of settings for poolers in transaction mode, which keep no prepared statements.
func unprepared(b *builder, p pair) error {
	if p.value != "0" {
		return drop(notHere)(b, p)
	}
	if b.config.Params[queryMode] == "" { // preferQueryMode=simple says more
		b.param(queryMode, "exec")
	}
	return nil
}

func simpleQueries(b *builder, p pair) error {
	if fold(p.value) != "simple" {
		return drop(notHere)(b, p)
	}
	b.param(queryMode, "simple_protocol")
	return nil
}

var negotiation = oneOf("postgres or direct", map[string]string{"postgres": "postgres", "direct": "direct"})

// targetServer takes pgjdbc's targetServerType and Npgsql's Target Session
// Attributes in libpq's words. To prefer a primary has no equivalent there.
func targetServer(known string) func(string) (string, error) {
	return oneOf(known, map[string]string{
		"any": "any", "readwrite": "read-write", "readonly": "read-only",
		"primary": "primary", "master": "primary", "preferprimary": "",
		"standby": "standby", "secondary": "standby", "slave": "standby",
		"preferstandby": "prefer-standby", "prefersecondary": "prefer-standby", "preferslave": "prefer-standby",
	})
}

// jdbcSSL reads ssl as pgjdbc does (SslMode.java): true and the bare word mean
// verify-full, false means prefer, and sslmode overrides both.
func jdbcSSL(b *builder, p pair) error {
	on, err := truth(p.value)
	switch {
	case err != nil && p.value != "":
		return p.keyError("ssl", err)
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
	if !strings.HasSuffix(p.value, "NonValidatingFactory") {
		return drop(notHere)(b, p)
	}
	b.unverified = true
	return nil
}
