package dsn

import (
	"errors"
	"math"
)

// goMSSQLParameters are the names in Params.
const goMSSQLParameters = `app name, workstation id, dial timeout, connection timeout, keepalive, packet size, applicationintent,
	multisubnetfailover, columnencryption, encrypt, log, disableretry, guid conversion, timezone, notraceid`

// goMSSQLOnly are the keys, folded, that go-mssqldb has and SqlClient has not.
var goMSSQLOnly = listSet(fold(`app name, dial timeout, keepalive, log, disableretry, guid conversion, timezone, notraceid, port,
	failoverport, protocol, pipe, certificate, tlsmin, change password, epa enabled, fedauth, applicationclientid, clientcertpath,
	tokenfilepath, additionallyallowedtenants, disableinstancediscovery, sendcertificatechain, serviceconnectionid, systemtoken,
	clientassertion, userassertion, authenticator`))

// sqlServerRules are the keys that all of SQL Server's dialects have.
var sqlServerRules = ruleSet{}.plus([]keyRule{
	{"encrypt", setEncrypt},
	{"Trust Server Certificate", setTrust},
	{"Application Name, App, app name", pass("app name", publicText)},
	{"Application Intent", pass("applicationintent", applicationIntent)},
	{"Workstation ID, WSID", pass("workstation id", publicText)},
	{"packet size", pass("", packetSize)},
	{"multisubnetfailover", pass("", onOff)},
	{"columnencryption, Column Encryption Setting", pass("columnencryption", onOff)},
	{"Failover Partner", keep(func(b *builder) *pair { return &b.sqlServer.partner })},
	{"failoverport", keep(func(b *builder) *pair { return &b.sqlServer.partnerPorts })},
	{"Integrated Security, Trusted_Connection", refuseWindows},
	{"Network, Network Library, Net, protocol", refuseNetwork},
	{"DSN, FILEDSN", refuse(errDataSource)},
	{"Driver", accept},
	{"accessToken", refuse(errToken)},
	{"ClientCertificate", drop(loginHere)},
	{"ServerSPN, FailoverPartnerSPN, domain", drop(noWindows)},
	{"trustServerCertificateCA", into(fieldRootCert)}, // Prisma and tiberius
	{foreignSQLServer, drop(notHere)},
})

// foreignSQLServer are keys of Prisma, node-mssql, TypeORM, Sequelize, Rails, SQLAlchemy, Laravel, golang-migrate and
// OLE DB.
const foreignSQLServer = `schema, connectionLimit, poolTimeout, isolationLevel, requestTimeout, pool.max, pool.min,
	pool.idleTimeoutMillis, dialect, synchronize, azure, mode, adapter, encoding, charset, tds_version, autocommit, fast_executemany,
	x-migrations-table, prefix, serverVersion, Provider, Use Encryption for Data`

// goMSSQLRules are go-mssqldb's keys (msdsn/conn_str.go, package azuread, and the
// providers of integrated authentication).
var goMSSQLRules = sqlServerRules.plus([]keyRule{
	{"dial timeout, keepalive", pass("", seconds)},
	{"Connection Timeout, Connect Timeout, Timeout", pass("connection timeout", seconds)},
	{"log", pass("", whole("", math.MaxUint64))},
	{"disableretry, guid conversion, notraceid", pass("", onOff)},
	{"timezone", pass("", nameList)},
	{"certificate", into(fieldRootCert)}, {"applicationclientid", into(fieldClientID)},
	{"clientcertpath", into(fieldCertificatePath)},
	{"authenticator", refuse(errWindows)},
	{"change password", drop("passwords are not changed while connecting")},
	{"tlsmin", drop("TLS 1.2 is the lowest version")},
	{"pipe", drop("connections are made over TCP with TLS")},
	{`epa enabled, krb5-configfile, krb5-keytabfile, krb5-credcachefile, krb5-realm, krb5-dnslookupkdc, krb5-udppreferencelimit`, drop(noWindows)},
	{"tokenfilepath", drop("AZURE_FEDERATED_TOKEN_FILE names the file")},
	{`additionallyallowedtenants, disableinstancediscovery, sendcertificatechain, serviceconnectionid, systemtoken, clientassertion, userassertion`,
		drop(loginHere)},
})

// sqlClientRules are the keys of Microsoft.Data.SqlClient 6 (DbConnectionStringKeywords.cs,
// DbConnectionStringSynonyms.cs). Its connection timeout is for the login as a whole,
// go-mssqldb's of that name for every read and write.
var sqlClientRules = sqlServerRules.plus([]keyRule{
	{"Connect Timeout, Connection Timeout, Timeout", pass("dial timeout", seconds)},
	{"provider connection string", refuse(errEntity)},
	{`Pooling, Max Pool Size, Min Pool Size, Load Balance Timeout, Connection Lifetime, Connection Idle Timeout, Connection Reset,
		Pool Blocking Period, Command Timeout`, drop(setByApp)},
	{`Persist Security Info, Multiple Active Result Sets, Asynchronous Processing, Async, Enlist, Replication, AttachDbFilename, Initial File Name,
		Extended Properties, User Instance, Context Connection, Current Language, Language, Connect Retry Count, Connect Retry Interval,
		Type System Version, Transaction Binding, Transparent Network IP Resolution, IP Address Preference, Attestation Protocol,
		Enclave Attestation Url`, drop(notHere)},
})

// mssqlJDBCRules are the keys of mssql-jdbc 13 (SQLServerDriver.java).
var mssqlJDBCRules = sqlServerRules.plus([]keyRule{
	{"loginTimeout, connectTimeout", pass("dial timeout", seconds)},
	{"packetSize", pass("packet size", jdbcPacketSize)},
	{"instanceName", keep(func(b *builder) *pair { return &b.sqlServer.instance })},
	{"AADSecurePrincipalId", into(fieldClientID)}, {"AADSecurePrincipalSecret", into(fieldClientSecret)},
	{"clientCertificate", into(fieldCertificatePath)}, {"clientKeyPassword", into(fieldCertificatePassword)},
	{"clientKey", drop("put the key into the certificate's file")},
	{"accessTokenCallbackClass, gsscredential", drop(loginHere)},
	{`authenticationScheme, domainName, realm, jaasConfigurationName, useDefaultJaasConfig, useDefaultGSSCredential`, drop(noWindows)},
	{`trustStore, trustStorePassword, trustStoreType, trustManagerClass, trustManagerConstructorArg`,
		drop("add the roots with sslrootcert or Options.RootCAs")},
	{"queryTimeout, cancelQueryTimeout, disableStatementPooling, statementPoolingCacheSize", drop(setByApp)},
	{`bulkCopyForBatchInsertAllowEncryptedValueModifications, bulkCopyForBatchInsertBatchSize, bulkCopyForBatchInsertCheckConstraints,
		bulkCopyForBatchInsertFireTriggers, bulkCopyForBatchInsertKeepIdentity, bulkCopyForBatchInsertKeepNulls, bulkCopyForBatchInsertTableLock,
		cacheBulkCopyMetadata, calcBigDecimalPrecision, concatNullYieldsNull, connectRetryCount, connectRetryInterval, datetimeParameterType,
		defaultTransactionIsolation, delayLoadingLobs, enablePrepareOnFirstPreparedStatementCall, enclaveAttestationProtocol, enclaveAttestationUrl,
		fips, fipsProvider, ignoreOffsetOnDateTimeOffsetConversion, iPAddressPreference, keyStoreAuthentication, keyStoreLocation,
		keyStorePrincipalId, keyStoreSecret, keyVaultProviderClientId, keyVaultProviderClientKey, lastUpdateCount, lockTimeout, maxResultBuffer,
		prepareMethod, quotedIdentifier, quotedId, replication, responseBuffering, retryConn, retryExec, scopeTempTablesToConnection, selectMethod,
		sendStringParametersAsUnicode, sendTemporalDataTypesAsStringForBulkCopy, sendTimeAsDatetime, serverNameAsACE,
		serverPreparedStatementDiscardThreshold, socketFactoryClass, socketFactoryConstructorArg, socketTimeout, sslProtocol,
		transparentNetworkIPResolution, useBulkCopyForBatchInsert, useFmtOnly, vectorTypeSupport, xopenStates`, drop(notHere)},
})

// msODBCRules are the keys of ODBC Driver 18 with FreeTDS' few, and SqlClient's
// Connection Timeout, which Azure's portal writes.
var msODBCRules = sqlServerRules.plus([]keyRule{
	{"Connect Timeout, Connection Timeout, Timeout, LoginTimeout", pass("dial timeout", seconds)},
	{"KeepAlive", pass("keepalive", seconds)},
	{"ClientKey", drop(loginHere)}, {"Pooling", drop(setByApp)},
	{`AnsiNPW, AttachDBFileName, AutoTranslate, ClientCharset, ConcatNullYieldsNull, ConnectRetryCount, ConnectRetryInterval, Description,
		GetDataExtensions, IpAddressPreference, KeepAliveInterval, KeystoreAuthentication, KeystoreLocation, KeystorePrincipalId, KeystoreSecret,
		Language, LongAsMax, MARS_Connection, MultipleActiveResultSets, QueryLog_On, QueryLogFile, QueryLogTime, QuotedId, Regional, Replication,
		RetryExec, SaveFile, StatsLog_On, StatsLogFile, TDS_Version, TransparentNetworkIPResolution, UseFMTONLY, VectorTypeSupport`, drop(notHere)},
})

var (
	packetSize        = whole("", math.MaxUint16)
	applicationIntent = oneOf("ReadOnly or ReadWrite", map[string]string{"readonly": "ReadOnly", "readwrite": "ReadWrite"})
)

// jdbcPacketSize knows mssql-jdbc's -1 and 0, the server's default.
func jdbcPacketSize(value string) (string, error) {
	if value == "-1" || value == "0" {
		return "", nil
	}
	return packetSize(value)
}

// setEncrypt keeps "strict" for the driver: TDS 8.0 is more than a mode of TLS.
func setEncrypt(b *builder, p pair) error {
	mode, err := b.rules.tls.mode(p.value)
	if err != nil {
		return p.keyError("encrypt", errors.New("unknown word: want "+b.rules.tls.known))
	}
	b.config.TLS = mode
	word := fold(trimBlanks(p.value))
	if word != "strict" {
		word = ""
	}
	b.param("encrypt", word)
	return nil
}

func setTrust(b *builder, p pair) error {
	on, err := truth(p.value)
	if err != nil && p.value != "" {
		return p.keyError("trust server certificate", err)
	}
	b.unverified, b.sqlServer.verified = on, !on && p.value != ""
	return nil
}

var (
	//lint:ignore ST1005 Windows is a name
	errWindows    = errors.New(noWindows + ": use a Microsoft Entra identity or a SQL login, as in Authentication=Active Directory Default")
	errDataSource = errors.New("ODBC data sources are not read: write Server=... in the string")
	errToken      = errors.New("an access token is not accepted: leave it out, the library requests its own")
)

func refuseWindows(b *builder, p pair) error {
	on, err := truth(p.value)
	if on || fold(p.value) == "sspi" {
		err = errWindows
	}
	if err == nil || p.value == "" {
		return nil
	}
	return p.keyError(p.key, err)
}

// refuseNetwork takes the names of TCP.
func refuseNetwork(b *builder, p pair) error {
	if f := fold(p.value); f == "tcp" || f == "dbmssocn" {
		return nil
	}
	return refuse(errTCPOnly)(b, p)
}
