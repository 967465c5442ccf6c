package dsn

import (
	"errors"
	"strings"
)

// mySQLJDBCRules are the keys of Connector/J 8 and 9 (PropertyKey.java) and of
// MariaDB Connector/J 2 and 3 (Configuration.java) with their predecessors.
var mySQLJDBCRules = mySQLForeignRules.plus(azureRules).plus([]keyRule{
	{"connectTimeout", pass("timeout", durationInMilliseconds)}, {"socketTimeout", pass("readTimeout", durationInMilliseconds)},
	{"connectionCollation", pass("collation", nameList)},
	{"useUnicode", always},
	{"allowMultiQueries", pass("multiStatements", boolean)},
	{"useAffectedRows", pass("clientFoundRows", opposite)}, {"useCompression", pass("compress", boolean)},
	{"sessionVariables", sessionVariables},
	{"localSocket", refuse(errSocket)},
	{"serverSslCert", into(fieldRootCert)},
	{"transactionIsolation", drop("set transaction_isolation in sessionVariables")},
	{"initSql", drop("set session variables in sessionVariables")},
	{"useServerPrepStmts", drop("the driver prepares on the server: set interpolateParams=true for the other way")},
	{"disableSslHostnameVerification", unlessMode(raiseTLS(TLSVerifyCA))},
	{`authenticationPlugins, defaultAuthenticationPlugin, disabledAuthenticationPlugins, allowPublicKeyRetrieval, serverRSAPublicKeyFile,
		authenticationFidoCallbackHandler, authenticationWebAuthnCallbackHandler, authenticationOpenidConnectCallbackHandler, credentialType,
		restrictedAuth, password1, password2, password3, passwordCharacterEncoding, ldapServerHostname, ociConfigFile, ociConfigProfile,
		servicePrincipalName, disconnectOnExpiredPasswords, permitRedirect`, drop(loginHere)},
	{`trustCertificateKeyStoreUrl, trustCertificateKeyStoreType, trustCertificateKeyStorePassword, clientCertificateKeyStoreUrl,
		clientCertificateKeyStoreType, clientCertificateKeyStorePassword, fallbackToSystemTrustStore, fallbackToSystemKeyStore, trustStore,
		trustStoreType, trustStorePassword, keyStore, keyStoreType, keyStorePassword, keyPassword, tlsVersions, enabledTLSProtocols, tlsCiphersuites,
		enabledSSLCipherSuites, enabledSslProtocolSuites, tlsSocketType`, drop(tlsHere)},
	{`allowLoadLocalInfile, allowLocalInfile, allowLoadLocalInfileInPath, allowUrlInLocalInfile`, drop(filesHere)},
	{`serverTimezone, connectionTimeZone, forceConnectionTimeZoneToSession, preserveInstants, useLegacyDatetimeCode, useTimezone,
		useJDBCCompliantTimezoneShift, timezone, noDatetimeStringSync, cacheDefaultTimeZone, treatUtilDateAsTimestamp, yearIsDateType,
		zeroDateTimeBehavior`, drop(timesHere)},
	{`ha.loadBalanceStrategy, ha.enableJMX, loadBalanceStrategy, loadBalanceBlocklistTimeout, loadBalanceBlacklistTimeout, loadBalanceConnectionGroup,
		loadBalanceExceptionChecker, loadBalanceHostRemovalGracePeriod, loadBalancePingTimeout, loadBalanceSQLStateFailover,
		loadBalanceValidateConnectionOnSwapServer, failOverReadOnly, queriesBeforeRetrySource, queriesBeforeRetryMaster, secondsBeforeRetrySource,
		secondsBeforeRetryMaster, retriesAllDown, replicationConnectionGroup, allowReplicaDownConnections, allowSourceDownConnections,
		readFromSourceWhenNoReplicas, serverAffinityOrder, galeraAllowedState, assureReadOnly, dnsSrv`, drop(hostsHere)},
	{`socketFactory, localSocketAddress, socksProxyHost, socksProxyPort, socksProxyRemoteDns, namedPipePath, pipe`, drop(directHere)},
	{`allowNanAndInf, alwaysSendSetIsolation, autoClosePStmtStreams, autocommit, autoDeserialize, autoReconnect, autoReconnectForPools, autoSlowLog,
		blobSendChunkSize, blobsAreStrings, cacheCallableStmts, cachePrepStmts, cacheResultSetMetadata, cacheServerConfiguration,
		callableStmtCacheSize, characterSetResults, clobberStreamingResults, clobCharacterEncoding, compensateOnDuplicateKeyUpdateCounts,
		connectionLifecycleInterceptors, continueBatchOnError, createDatabaseIfNotExist, customCharsetMapping, databaseTerm, defaultFetchSize,
		detectCustomCollations, dontCheckOnDuplicateKeyUpdateInSQL, dontTrackOpenResources, dumpQueriesOnException, elideSetAutoCommits,
		emptyStringsConvertToZero, emulateLocators, emulateUnsupportedPstmts, enableEscapeProcessing, enablePacketDebug, enableQueryTimeouts,
		exceptionInterceptors, explainSlowQueries, functionsNeverReturnBlobs, gatherPerfMetrics, generateSimpleParameterMetadata,
		getProceduresReturnsFunctions, holdResultsOpenOverStatementClose, ignoreNonTxTables, includeInnodbStatusInDeadlockExceptions,
		includeThreadDumpInDeadlockExceptions, includeThreadNamesAsStatementComment, initialTimeout, interactiveClient, jdbcCompliantTruncation,
		largeRowSizeThreshold, locatorFetchBufferSize, logger, logSlowQueries, logXaCommands, maintainTimeStats, maxQuerySizeToLog, maxReconnects,
		maxRows, metadataCacheSize, netTimeoutForStreamingResults, noAccessToProcedureBodies, nullCatalogMeansCurrent, nullDatabaseMeansCurrent,
		nullNamePatternMatchesAll, overrideSupportsIntegrityEnhancementFacility, packetDebugBufferSize, padCharsWithSpace, paranoid,
		parseInfoCacheFactory, pedantic, permitMysqlScheme, pinGlobalTxToPhysicalConnection, pool, poolName, poolValidMinDelay, maxPoolSize,
		minPoolSize, maxIdleTime, registerJmxPool, useResetConnection, populateInsertRowWithDefaultValues, prepStmtCacheSize, prepStmtCacheSqlLimit,
		processEscapeCodesForPrepStmts, profilerEventHandler, profileSQL, propertiesTransform, queryInterceptors, queryTimeoutKillsConnection,
		readOnlyPropagatesToServer, reconnectAtTxEnd, resultSetSizeThreshold, rewriteBatchedStatements, rollbackOnPooledClose,
		scrollTolerantForwardOnly, sendFractionalSeconds, sendFractionalSecondsForTime, serverConfigCacheFactory, slowQueryThresholdMillis,
		slowQueryThresholdNanos, strictUpdates, tcpKeepAlive, tcpNoDelay, tcpRcvBuf, tcpSndBuf, tcpTrafficClass, tinyInt1isBit, traceProtocol,
		trackSessionState, transformedBitIsBoolean, ultraDevHack, useBulkStmts, useColumnNamesInFindColumn, useConfigs, useCursorFetch,
		useDynamicCharsetInfo, useHostsInPrivileges, useInformationSchema, useJvmCharsetConverters, useLocalSessionState, useLocalTransactionState,
		useMysqlMetadata, useNanosForElapsedTime, useOldAliasMetadataBehavior, useOnlyServerErrorMessages, usePipelineAuth, useReadAheadInput,
		useStreamLengthsInPrepStmts, useUnbufferedInput, useUsageAdvisor`, drop(notHere)},
})

// mySQLADORules are the keys of ADO.NET's two providers: MySqlConnector 2
// (MySqlConnectionStringBuilder.cs) and MySQL Connector/NET 8 and 9.
var mySQLADORules = mySQLForeignRules.plus([]keyRule{
	{"Connection Timeout, Connect Timeout", pass("timeout", durationInSeconds)},
	{"Use Affected Rows", pass("clientFoundRows", opposite)}, {"Use Compression", pass("compress", boolean)},
	{"Allow Batch", pass("multiStatements", boolean)},
	{"Allow User Variables", always},
	{"Application Name", pass("connectionAttributes", programName)},
	{"provider connection string", refuse(errEntity)},
	{`Integrated Security, Persist Security Info, Default Authentication Plugin, Allow Public Key Retrieval, Server RSA Public Key File, Server SPN,
		Kerberos Auth Mode, Password1, Password2, Password3, Pwd1, Pwd2, Pwd3, Oci Config File, Oci Config Profile, Server Redirection Mode,
		WebAuthn Action Requested, OpenID Identity Token`, drop(loginHere)},
	{`Certificate File, Certificate Password, Certificate Store Location, Certificate Thumbprint, Certificate Thumb Print, TLS Version,
		TLS Cipher Suites`, drop(tlsHere)},
	{"Allow Load Local Infile, Allow Load Local Infile In Path", drop(filesHere)},
	{"Allow Zero DateTime, Convert Zero DateTime, DateTime Kind", drop(timesHere)},
	{"Load Balance, DNS SRV, DNS Check Interval", drop(hostsHere)},
	{"Connection Protocol, Pipe Name, Pipe, Shared Memory Name, Memory Name, Use SSH", drop(directHere)},
	{`Auto Enlist, Blob As UTF8 Exclude Pattern, Blob As UTF8 Include Pattern, Cache Server Properties, Cancellation Timeout, Check Parameters,
		Command Interceptors, Command Timeout, Connection Idle Ping Time, Connection Idle Timeout, Connection Lifetime, Connection Reset,
		Default Command Timeout, Default Table Cache Age, Defer Connection Reset, Enlist, Exception Interceptors, Force Synchronous,
		Functions Return String, GUID Format, Ignore Command Transaction, Ignore Prepare, Include Security Asserts, Interactive Session, Interactive,
		Keepalive, Logging, Max Pool Size, Maximum Pool Size, Min Pool Size, Minimum Pool Size, No Backslash Escapes, Old Guids, Old Syntax,
		Pipelining, Pooling, Procedure Cache Size, Procedure Cache, Replication, Respect Binary Flags, Sql Server Mode, Table Cache, Table Caching,
		Treat BLOBs As UTF8, Treat Tiny As Boolean, Use Default Command Timeout For EF, Use Old Syntax, Use Performance Monitor, Use Procedure Bodies,
		Use Usage Advisor, Use XA Transactions`, drop(notHere)},
})

// programName makes Application Name the connection attribute that it is in ADO.NET.
func programName(value string) (string, error) {
	if strings.Contains(value, ",") || noPassword(value) != nil {
		return "", errors.New("want a name without a comma")
	}
	return "program_name:" + value, nil
}

// mySQLODBCRules are the keys of MySQL Connector/ODBC 8 and 9 and of MariaDB
// Connector/ODBC (the tables of connection parameters in their manuals).
var mySQLODBCRules = mySQLForeignRules.plus([]keyRule{
	{"Driver", accept},
	{"READTIMEOUT", pass("readTimeout", durationInSeconds)}, {"WRITETIMEOUT", pass("writeTimeout", durationInSeconds)},
	{"CONN_TIMEOUT, Connection Timeout", pass("timeout", durationInSeconds)},
	{"FOUND_ROWS", pass("clientFoundRows", boolean)}, {"MULTI_STATEMENTS", pass("multiStatements", boolean)},
	{"COMPRESSED_PROTO", pass("compress", boolean)}, {"FULL_COLUMN_NAMES", pass("columnsWithAlias", boolean)},
	{"FORCETLS", unlessMode(raiseTLS(TLSRequire))},
	{"initstmt", drop("run it when a connection is opened, or use the driver's own kind of string")},
	{"tlspeerfp", drop(tlsHere)},
	{`default_auth, plugin_dir, enable_cleartext_plugin, get_server_public_key, rsakey, can_handle_exp_pwd, authentication-kerberos-mode,
		oci_config_file, oci_config_profile, openid_token_file, password1, password2, password3, pwd1, pwd2, pwd3, webauthn_device_number`, drop(loginHere)},
	{`sslcapath, sslcipher, sslcrl, sslcrlpath, tls-versions, tls_ciphersuites, no_tls_1_0, no_tls_1_1, no_tls_1_2, no_tls_1_3, disable_ssl_default,
		ssl_enforce, tlspeerfplist, tlsversion, tlskeypwd`, drop(tlsHere)},
	{"enable_local_infile, load_data_local_dir", drop(filesHere)},
	{"multi_host, enable_dns_srv", drop(hostsHere)},
	{"named_pipe, tcpip, savefile, usemycnf", drop(directHere)},
	{`option, auto_reconnect, auto_increment_null_search, big_packets, column_size_s32, dflt_bigint_bind_str, dynamic_cursor,
		force_use_of_forward_only_cursors, forward_cursor, ignore_space, interactive, log_query, min_date_to_zero, no_bigint, no_binary_result,
		no_cache, no_catalog, no_date_overflow, no_default_cursor, no_i_s, no_information_schema, no_locale, no_prompt, no_schema, no_ssps,
		no_transactions, pad_char_to_full_length, pad_space, prefetch, prepareonclient, return_table_names, safe, zero_date_to_min, description,
		nocache, xaopt`, drop(notHere)},
})

// mySQLURLRules are the keys of a URL that mean the same to all clients, whereas the
// units of time-outs differ.
var mySQLURLRules = mySQLForeignRules.plus([]keyRule{
	{"sslaccept", acceptedTLS},
	{"allowMultiQueries", pass("multiStatements", boolean)},
	{"readTimeout, writeTimeout", durationWithUnit},
	{"sslidentity, connection_limit, pool_timeout", dropPrisma(notHere)},
	{`auth_method, get_server_public_key, server_public_key_path, allowPublicKeyRetrieval, auth_plugin`, drop(loginHere)},
	{`ssl_capath, ssl_crl, ssl_crlpath, ssl_cipher, tls_version, tls_versions, tls_ciphersuites, ssl_disabled, require_ssl, verify_ca,
		verify_identity, built_in_roots`, drop(tlsHere)},
	{"connect_timeout, connection_timeout", drop(unitUnclear + ": write timeout=10s")},
	{"socket_timeout", drop(unitUnclear + ": write readTimeout=30s")},
	{"serverTimezone, connectionTimeZone, timezone", drop(timesHere)},
	{"local_infile, allow_local_infile", drop(filesHere)},
	{`adapter, pool, pool_size, pool_recycle, pool_pre_ping, max_overflow, reconnect, prepared_statements, statement_cache_size,
		statement_cache_capacity, use_unicode, autocommit, init_command, read_default_file, compression, compression_algorithms, compression_level,
		conn_max_age, ssl_check_hostname, supportBigNumbers, bigNumberStrings, dateStrings, multipleStatements, debug, trace, queueLimit,
		waitForConnections, idleTimeout, maxIdle, enableKeepAlive, keepAliveInitialDelay, namedPlaceholders, decimalNumbers, flags,
		rowsAsArray, typeCast, nestTables, insecureAuth, stringifyObjects, dialect, logging, synchronize, serverVersion, driver, prefix,
		engine, module, echo, minsize, maxsize, use_pure, get_warnings, raise_on_warnings, conn_health_checks, atomic_requests,
		stmt_cache_size, prefer_socket, pool_min, pool_max, tcp_connect_timeout_ms, tcp_keepalive_time_ms, x-migrations-table, x-no-lock,
		x-statement-timeout`, drop(notHere)},
})

const unitUnclear = "its unit is not the same everywhere"

// durationWithUnit takes the driver's 30s. A plain number is another client's.
func durationWithUnit(b *builder, p pair) error {
	if isNumber(p.value) {
		b.ignore(p.name, unitUnclear+": write "+p.name+"=30s")
		return nil
	}
	return pass("", duration)(b, p)
}

// acceptedTLS reads Prisma's key.
func acceptedTLS(b *builder, p pair) error {
	b.prisma = true
	switch fold(p.value) {
	case "strict":
		return b.setTLS(TLSVerifyFull, "")
	case "acceptinvalidcerts":
		return b.setTLS(TLSSkipVerify, "")
	}
	return p.keyError(p.key, errors.New("want strict or accept_invalid_certs"))
}
