package dsn

import (
	"errors"
	"strings"
)

// This file reads the JDBC URLs of MySQL Connector/J and MariaDB Connector/J. The
// names are those of Connector/J 8 and 9 (PropertyKey.java) and of MariaDB
// Connector/J 2 and 3 (Configuration.java) with their predecessors.

const (
	tlsHere    = "TLS is the library's own: give certificates as PEM files in sslrootcert, sslcert and sslkey"
	filesHere  = "a server must not read the client's files"
	timesHere  = "how times are read is set by parseTime and loc"
	hostsHere  = "the hosts are tried in their order"
	directHere = "connections are made over TCP with TLS"
)

func isMySQLJDBC(s string) bool {
	n := urlScheme(s, "jdbc:mysql", "jdbc:mariadb")
	return n > 0 && n < len(s) && (s[n] == ':' || s[n] == '+')
}

// splitMySQLJDBC cuts the form of splitJDBC, in which a user and a password may
// also stand in front of the host.
func splitMySQLJDBC(s string) ([]pair, error) {
	start := urlScheme(s, "jdbc:mysql://", "jdbc:mariadb://")
	if start == 0 {
		return nil, at(0, "want jdbc:mysql:// or jdbc:mariadb:// and a list of hosts, which are tried in order: load balancing, replication and DNS SRV are not supported")
	}
	authority, path, query := cutURL(s, start)
	if strings.ContainsAny(path.value, "/@") {
		return nil, at(path.pos, `a "/" or "@" in the database's name: write it as %2F or %40, also in a user name or password`)
	}
	u := urlReader{decode: decodeForm}
	if i := strings.LastIndexByte(authority.value, '@'); i >= 0 {
		u.userinfo(authority.value[:i], start)
		authority = pair{value: authority.value[i+1:], pos: start + i + 1}
	}
	if strings.ContainsAny(authority.value, "()") {
		return nil, authority.fault("host", errors.New("address=(...) and (key=value) are not supported: write host:port"))
	}
	return u.read(authority, path, query)
}

var mySQLJDBCRules = ruleSet{}.and(mySQLForeignRules).and(azureRules).and(ruleSet{
	"connecttimeout":                 passMilliseconds("timeout"),
	"sockettimeout":                  passMilliseconds("readTimeout"),
	"connectioncollation":            passName("collation"),
	"useunicode":                     always("useUnicode"),
	"allowmultiqueries":              passBoolean("multiStatements"),
	"useaffectedrows":                passNot("clientFoundRows"),
	"usecompression":                 passBoolean("compress"),
	"sessionvariables":               sessionVariables,
	"localsocket":                    refuseSocket,
	"serversslcert":                  into(fieldRootCert),
	"transactionisolation":           drop("transactionIsolation", "set transaction_isolation in sessionVariables"),
	"initsql":                        drop("initSql", "set session variables in sessionVariables"),
	"useserverprepstmts":             drop("useServerPrepStmts", "the driver prepares on the server: set interpolateParams=true for the other way"),
	"disablesslhostnameverification": raiseTLS(TLSVerifyCA),
}).
	with(loginHere, `authenticationPlugins, defaultAuthenticationPlugin, disabledAuthenticationPlugins,
	allowPublicKeyRetrieval, serverRSAPublicKeyFile, authenticationFidoCallbackHandler,
	authenticationWebAuthnCallbackHandler, authenticationOpenidConnectCallbackHandler, credentialType,
	restrictedAuth, password1, password2, password3, passwordCharacterEncoding, ldapServerHostname,
	ociConfigFile, ociConfigProfile, servicePrincipalName, disconnectOnExpiredPasswords, permitRedirect`).
	with(tlsHere, `trustCertificateKeyStoreUrl, trustCertificateKeyStoreType, trustCertificateKeyStorePassword,
	clientCertificateKeyStoreUrl, clientCertificateKeyStoreType, clientCertificateKeyStorePassword,
	fallbackToSystemTrustStore, fallbackToSystemKeyStore, trustStore, trustStoreType, trustStorePassword,
	keyStore, keyStoreType, keyStorePassword, keyPassword, tlsVersions, enabledTLSProtocols, tlsCiphersuites,
	enabledSSLCipherSuites, enabledSslProtocolSuites, tlsSocketType`).
	with(filesHere, `allowLoadLocalInfile, allowLocalInfile, allowLoadLocalInfileInPath, allowUrlInLocalInfile`).
	with(timesHere, `serverTimezone, connectionTimeZone, forceConnectionTimeZoneToSession, preserveInstants,
	useLegacyDatetimeCode, useTimezone, useJDBCCompliantTimezoneShift, timezone, noDatetimeStringSync,
	cacheDefaultTimeZone, treatUtilDateAsTimestamp, yearIsDateType, zeroDateTimeBehavior`).
	with(hostsHere, `ha.loadBalanceStrategy, ha.enableJMX, loadBalanceStrategy, loadBalanceBlocklistTimeout,
	loadBalanceBlacklistTimeout, loadBalanceConnectionGroup, loadBalanceExceptionChecker,
	loadBalanceHostRemovalGracePeriod, loadBalancePingTimeout, loadBalanceSQLStateFailover,
	loadBalanceValidateConnectionOnSwapServer, failOverReadOnly, queriesBeforeRetrySource,
	queriesBeforeRetryMaster, secondsBeforeRetrySource, secondsBeforeRetryMaster, retriesAllDown,
	replicationConnectionGroup, allowReplicaDownConnections, allowSourceDownConnections,
	readFromSourceWhenNoReplicas, serverAffinityOrder, galeraAllowedState, assureReadOnly, dnsSrv`).
	with(directHere, `socketFactory, localSocketAddress, socksProxyHost, socksProxyPort, socksProxyRemoteDns,
	namedPipePath, pipe`).
	with(notHere, `allowNanAndInf, alwaysSendSetIsolation, autoClosePStmtStreams, autocommit, autoDeserialize,
	autoReconnect, autoReconnectForPools, autoSlowLog, blobSendChunkSize, blobsAreStrings, cacheCallableStmts,
	cachePrepStmts, cacheResultSetMetadata, cacheServerConfiguration, callableStmtCacheSize,
	characterSetResults, clobberStreamingResults, clobCharacterEncoding,
	compensateOnDuplicateKeyUpdateCounts, connectionLifecycleInterceptors, continueBatchOnError,
	createDatabaseIfNotExist, customCharsetMapping, databaseTerm, defaultFetchSize, detectCustomCollations,
	dontCheckOnDuplicateKeyUpdateInSQL, dontTrackOpenResources, dumpQueriesOnException, elideSetAutoCommits,
	emptyStringsConvertToZero, emulateLocators, emulateUnsupportedPstmts, enableEscapeProcessing,
	enablePacketDebug, enableQueryTimeouts, exceptionInterceptors, explainSlowQueries,
	functionsNeverReturnBlobs, gatherPerfMetrics, generateSimpleParameterMetadata,
	getProceduresReturnsFunctions, holdResultsOpenOverStatementClose, ignoreNonTxTables,
	includeInnodbStatusInDeadlockExceptions, includeThreadDumpInDeadlockExceptions,
	includeThreadNamesAsStatementComment, initialTimeout, interactiveClient, jdbcCompliantTruncation,
	largeRowSizeThreshold, locatorFetchBufferSize, logger, logSlowQueries, logXaCommands, maintainTimeStats,
	maxQuerySizeToLog, maxReconnects, maxRows, metadataCacheSize, netTimeoutForStreamingResults,
	noAccessToProcedureBodies, nullCatalogMeansCurrent, nullDatabaseMeansCurrent, nullNamePatternMatchesAll,
	overrideSupportsIntegrityEnhancementFacility, packetDebugBufferSize, padCharsWithSpace, paranoid,
	parseInfoCacheFactory, pedantic, permitMysqlScheme, pinGlobalTxToPhysicalConnection, pool, poolName,
	poolValidMinDelay, maxPoolSize, minPoolSize, maxIdleTime, registerJmxPool, useResetConnection,
	populateInsertRowWithDefaultValues, prepStmtCacheSize, prepStmtCacheSqlLimit,
	processEscapeCodesForPrepStmts, profilerEventHandler, profileSQL, propertiesTransform,
	queryInterceptors, queryTimeoutKillsConnection, readOnlyPropagatesToServer, reconnectAtTxEnd,
	resultSetSizeThreshold, rewriteBatchedStatements, rollbackOnPooledClose, scrollTolerantForwardOnly,
	sendFractionalSeconds, sendFractionalSecondsForTime, serverConfigCacheFactory,
	slowQueryThresholdMillis, slowQueryThresholdNanos, strictUpdates, tcpKeepAlive, tcpNoDelay, tcpRcvBuf,
	tcpSndBuf, tcpTrafficClass, tinyInt1isBit, traceProtocol, trackSessionState, transformedBitIsBoolean,
	ultraDevHack, useBulkStmts, useColumnNamesInFindColumn, useConfigs, useCursorFetch,
	useDynamicCharsetInfo, useHostsInPrivileges, useInformationSchema, useJvmCharsetConverters,
	useLocalSessionState, useLocalTransactionState, useMysqlMetadata, useNanosForElapsedTime,
	useOldAliasMetadataBehavior, useOnlyServerErrorMessages, usePipelineAuth, useReadAheadInput,
	useStreamLengthsInPrepStmts, useUnbufferedInput, useUsageAdvisor`)
