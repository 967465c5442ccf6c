package dsn

// This file holds the keys of the other drivers for SQL Server: those of
// Microsoft.Data.SqlClient 6 (DbConnectionStringKeywords.cs,
// DbConnectionStringSynonyms.cs), of mssql-jdbc 13 (SQLServerDriver.java) and of
// ODBC Driver 18 with FreeTDS' few.

const setByApp = "set it where the application opens its pool"

// sqlClientRules are SqlClient's keys. Its connection timeout is for the login as
// a whole, go-mssqldb's of that name for every read and write.
var sqlClientRules = sqlServerRules().and(ruleSet{
	"connecttimeout":    passSeconds("dial timeout"),
	"connectiontimeout": passSeconds("dial timeout"),
	"timeout":           passSeconds("dial timeout"),
}).with(setByApp, `Pooling, Max Pool Size, Min Pool Size, Load Balance Timeout, Connection Lifetime,
	Connection Idle Timeout, Connection Reset, Pool Blocking Period, Command Timeout`).
	with(notHere, `Persist Security Info, Multiple Active Result Sets, Asynchronous Processing, Async, Enlist, Replication,
	AttachDbFilename, Initial File Name, Extended Properties, User Instance, Context Connection,
	Current Language, Language, Connect Retry Count, Connect Retry Interval, Type System Version,
	Transaction Binding, Transparent Network IP Resolution, IP Address Preference,
	Attestation Protocol, Enclave Attestation Url`)

// mssqlJDBCRules are mssql-jdbc's keys.
var mssqlJDBCRules = sqlServerRules().and(ruleSet{
	"logintimeout":             passSeconds("dial timeout"),
	"connecttimeout":           passSeconds("dial timeout"),
	"packetsize":               jdbcPacketSize,
	"instancename":             setInstance,
	"aadsecureprincipalid":     into(fieldClientID),
	"aadsecureprincipalsecret": into(fieldClientSecret),
	"clientcertificate":        into(fieldCertificatePath),
	"clientkeypassword":        into(fieldCertificatePassword),
}).with("put the key into the certificate's file", "clientKey").
	with(loginHere, "accessTokenCallbackClass, gsscredential").
	with(noWindows, `authenticationScheme, domainName, realm, jaasConfigurationName, useDefaultJaasConfig,
	useDefaultGSSCredential`).
	with("add the roots with sslrootcert or Options.RootCAs", `trustStore, trustStorePassword, trustStoreType,
	trustManagerClass, trustManagerConstructorArg`).
	with(setByApp, "queryTimeout, cancelQueryTimeout, disableStatementPooling, statementPoolingCacheSize").
	with(notHere, `bulkCopyForBatchInsertAllowEncryptedValueModifications, bulkCopyForBatchInsertBatchSize,
	bulkCopyForBatchInsertCheckConstraints, bulkCopyForBatchInsertFireTriggers,
	bulkCopyForBatchInsertKeepIdentity, bulkCopyForBatchInsertKeepNulls,
	bulkCopyForBatchInsertTableLock, cacheBulkCopyMetadata, calcBigDecimalPrecision,
	concatNullYieldsNull, connectRetryCount, connectRetryInterval, datetimeParameterType,
	defaultTransactionIsolation, delayLoadingLobs, enablePrepareOnFirstPreparedStatementCall,
	enclaveAttestationProtocol, enclaveAttestationUrl, fips, fipsProvider,
	ignoreOffsetOnDateTimeOffsetConversion, iPAddressPreference, keyStoreAuthentication,
	keyStoreLocation, keyStorePrincipalId, keyStoreSecret, keyVaultProviderClientId,
	keyVaultProviderClientKey, lastUpdateCount, lockTimeout, maxResultBuffer, prepareMethod,
	quotedIdentifier, quotedId, replication, responseBuffering, retryConn, retryExec,
	scopeTempTablesToConnection, selectMethod, sendStringParametersAsUnicode,
	sendTemporalDataTypesAsStringForBulkCopy, sendTimeAsDatetime,
	serverNameAsACE, serverPreparedStatementDiscardThreshold, socketFactoryClass,
	socketFactoryConstructorArg, socketTimeout, sslProtocol, transparentNetworkIPResolution,
	useBulkCopyForBatchInsert, useFmtOnly, vectorTypeSupport, xopenStates`)

// msODBCRules are the keys of Microsoft's ODBC driver. Azure's portal writes
// SqlClient's Connection Timeout into them.
var msODBCRules = sqlServerRules().and(ruleSet{
	"connecttimeout":    passSeconds("dial timeout"),
	"connectiontimeout": passSeconds("dial timeout"),
	"timeout":           passSeconds("dial timeout"),
	"logintimeout":      passSeconds("dial timeout"),
	"keepalive":         passSeconds("keepalive"),
}).with(loginHere, "ClientKey").
	with(setByApp, "Pooling").
	with(notHere, `AnsiNPW, AttachDBFileName, AutoTranslate, ClientCharset, ConcatNullYieldsNull, ConnectRetryCount,
	ConnectRetryInterval, Description, GetDataExtensions, IpAddressPreference, KeepAliveInterval,
	KeystoreAuthentication, KeystoreLocation, KeystorePrincipalId, KeystoreSecret, Language, LongAsMax,
	MARS_Connection, MultipleActiveResultSets, QueryLog_On, QueryLogFile, QueryLogTime, QuotedId, Regional,
	Replication, RetryExec, SaveFile, StatsLog_On, StatsLogFile, TDS_Version,
	TransparentNetworkIPResolution, UseFMTONLY, VectorTypeSupport`)

// jdbcPacketSize knows mssql-jdbc's -1 and 0, the server's default.
func jdbcPacketSize(b *builder, p pair) error {
	if p.value == "-1" || p.value == "0" {
		p.value = ""
	}
	return passUint("packet size", 16)(b, p)
}

func setInstance(b *builder, p pair) error {
	b.known++
	b.sqlServer.instance = p
	return nil
}
