package dsn

import "errors"

// This file holds the keys of SQL Server's dialects: those of go-mssqldb
// (msdsn/conn_str.go with its synonyms, package azuread, and the providers of
// integrated authentication), of Microsoft.Data.SqlClient 6
// (DbConnectionStringKeywords.cs, DbConnectionStringSynonyms.cs), of mssql-jdbc 13
// (SQLServerDriver.java) and of ODBC Driver 18 with FreeTDS' few. Parameters are named
// as in go-mssqldb.

// goMSSQLParameters are the names in Params.
const goMSSQLParameters = `app name, workstation id, dial timeout, connection timeout, keepalive, packet size,
	applicationintent, multisubnetfailover, columnencryption, encrypt, log, disableretry, guid conversion,
	timezone, notraceid`

// goMSSQLOnly are the keys, folded, by which go-mssqldb's own pairs are known:
// SqlClient has none of them. (client_id and similar keys may stand in any dialect.)
var goMSSQLOnly = listSet(`app name, dial timeout, keepalive, log, disableretry, guid conversion, timezone, notraceid,
	port, failoverport, protocol, pipe, certificate, tlsmin, change password, epa enabled, fedauth,
	applicationclientid, clientcertpath, tokenfilepath, additionallyallowedtenants, disableinstancediscovery,
	sendcertificatechain, serviceconnectionid, systemtoken, clientassertion, userassertion, authenticator`, fold)

// sqlServerRules are the keys that all of SQL Server's dialects have.
var sqlServerRules = ruleSet{}.plus([]keyRule{
	{"encrypt", setEncrypt},
	{"Trust Server Certificate", setTrust},
	{"Application Name, App, app name", pass("app name", publicText)},
	{"Application Intent", pass("applicationintent", applicationIntent)},
	{"Workstation ID, WSID", pass("workstation id", publicText)},
	{"packet size", pass("", number(16))},
	{"multisubnetfailover", pass("", onOff)},
	{"columnencryption, Column Encryption Setting", pass("columnencryption", onOff)},
	{"Failover Partner", keep(func(k *sqlServerKeys) *pair { return &k.partner })},
	{"failoverport", keep(func(k *sqlServerKeys) *pair { return &k.partnerPorts })},
	{"Integrated Security, Trusted_Connection", refuseWindows},
	{"Network, Network Library, Net, protocol", refuseNetwork},
	{"DSN, FILEDSN", refuse("ODBC data sources are not read: write Server=... in the string")},
	{"Driver", accept},
	{"accessToken", refuse("an access token is not accepted: leave it out, the library requests its own")},
	{"ClientCertificate", drop(loginHere)},
	{"ServerSPN, FailoverPartnerSPN, domain", drop(noWindows)},
})

// goMSSQLRules are go-mssqldb's keys.
var goMSSQLRules = sqlServerRules.plus([]keyRule{
	{"dial timeout, keepalive", pass("", seconds)},
	{"Connection Timeout, Connect Timeout, Timeout", pass("connection timeout", seconds)},
	{"log", pass("", number(64))},
	{"disableretry, guid conversion, notraceid", pass("", onOff)},
	{"timezone", pass("", nameList)},
	{"certificate", into(fieldRootCert)},
	{"applicationclientid", into(fieldClientID)},
	{"clientcertpath", into(fieldCertificatePath)},
	{"authenticator", refuseAuthenticator},
	{"change password", drop("passwords are not changed while connecting")},
	{"tlsmin", drop("TLS 1.2 is the lowest version")},
	{"pipe", drop("connections are made over TCP with TLS")},
	{`epa enabled, krb5-configfile, krb5-keytabfile, krb5-credcachefile, krb5-realm, krb5-dnslookupkdc,
		krb5-udppreferencelimit`, drop(noWindows)},
	{"tokenfilepath", drop("AZURE_FEDERATED_TOKEN_FILE names the file")},
	{`additionallyallowedtenants, disableinstancediscovery, sendcertificatechain, serviceconnectionid, systemtoken,
		clientassertion, userassertion`, drop(loginHere)},
})

// sqlClientRules are SqlClient's keys. Its connection timeout is for the login as
// a whole, go-mssqldb's of that name for every read and write.
var sqlClientRules = sqlServerRules.plus([]keyRule{
	{"Connect Timeout, Connection Timeout, Timeout", pass("dial timeout", seconds)},
	{`Pooling, Max Pool Size, Min Pool Size, Load Balance Timeout, Connection Lifetime, Connection Idle Timeout,
		Connection Reset, Pool Blocking Period, Command Timeout`, drop(setByApp)},
	{`Persist Security Info, Multiple Active Result Sets, Asynchronous Processing, Async, Enlist, Replication,
		AttachDbFilename, Initial File Name, Extended Properties, User Instance, Context Connection, Current Language,
		Language, Connect Retry Count, Connect Retry Interval, Type System Version, Transaction Binding,
		Transparent Network IP Resolution, IP Address Preference, Attestation Protocol, Enclave Attestation Url`, drop(notHere)},
})

// mssqlJDBCRules are mssql-jdbc's keys.
var mssqlJDBCRules = sqlServerRules.plus([]keyRule{
	{"loginTimeout, connectTimeout", pass("dial timeout", seconds)},
	{"packetSize", pass("packet size", jdbcPacketSize)},
	{"instanceName", keep(func(k *sqlServerKeys) *pair { return &k.instance })},
	{"AADSecurePrincipalId", into(fieldClientID)},
	{"AADSecurePrincipalSecret", into(fieldClientSecret)},
	{"clientCertificate", into(fieldCertificatePath)},
	{"clientKeyPassword", into(fieldCertificatePassword)},
	{"clientKey", drop("put the key into the certificate's file")},
	{"accessTokenCallbackClass, gsscredential", drop(loginHere)},
	{`authenticationScheme, domainName, realm, jaasConfigurationName, useDefaultJaasConfig, useDefaultGSSCredential`, drop(noWindows)},
	{`trustStore, trustStorePassword, trustStoreType, trustManagerClass, trustManagerConstructorArg`, drop("add the roots with sslrootcert or Options.RootCAs")},
	{"queryTimeout, cancelQueryTimeout, disableStatementPooling, statementPoolingCacheSize", drop(setByApp)},
	{`bulkCopyForBatchInsertAllowEncryptedValueModifications, bulkCopyForBatchInsertBatchSize,
		bulkCopyForBatchInsertCheckConstraints, bulkCopyForBatchInsertFireTriggers, bulkCopyForBatchInsertKeepIdentity,
		bulkCopyForBatchInsertKeepNulls, bulkCopyForBatchInsertTableLock, cacheBulkCopyMetadata, calcBigDecimalPrecision,
		concatNullYieldsNull, connectRetryCount, connectRetryInterval, datetimeParameterType, defaultTransactionIsolation,
		delayLoadingLobs, enablePrepareOnFirstPreparedStatementCall, enclaveAttestationProtocol, enclaveAttestationUrl,
		fips, fipsProvider, ignoreOffsetOnDateTimeOffsetConversion, iPAddressPreference, keyStoreAuthentication,
		keyStoreLocation, keyStorePrincipalId, keyStoreSecret, keyVaultProviderClientId, keyVaultProviderClientKey,
		lastUpdateCount, lockTimeout, maxResultBuffer, prepareMethod, quotedIdentifier, quotedId, replication,
		responseBuffering, retryConn, retryExec, scopeTempTablesToConnection, selectMethod, sendStringParametersAsUnicode,
		sendTemporalDataTypesAsStringForBulkCopy, sendTimeAsDatetime, serverNameAsACE,
		serverPreparedStatementDiscardThreshold, socketFactoryClass, socketFactoryConstructorArg, socketTimeout,
		sslProtocol, transparentNetworkIPResolution, useBulkCopyForBatchInsert, useFmtOnly, vectorTypeSupport, xopenStates`, drop(notHere)},
})

// msODBCRules are the keys of Microsoft's ODBC driver. Azure's portal writes
// SqlClient's Connection Timeout into them.
var msODBCRules = sqlServerRules.plus([]keyRule{
	{"Connect Timeout, Connection Timeout, Timeout, LoginTimeout", pass("dial timeout", seconds)},
	{"KeepAlive", pass("keepalive", seconds)},
	{"ClientKey", drop(loginHere)},
	{"Pooling", drop(setByApp)},
	{`AnsiNPW, AttachDBFileName, AutoTranslate, ClientCharset, ConcatNullYieldsNull, ConnectRetryCount,
		ConnectRetryInterval, Description, GetDataExtensions, IpAddressPreference, KeepAliveInterval,
		KeystoreAuthentication, KeystoreLocation, KeystorePrincipalId, KeystoreSecret, Language, LongAsMax, MARS_Connection,
		MultipleActiveResultSets, QueryLog_On, QueryLogFile, QueryLogTime, QuotedId, Regional, Replication, RetryExec,
		SaveFile, StatsLog_On, StatsLogFile, TDS_Version, TransparentNetworkIPResolution, UseFMTONLY, VectorTypeSupport`, drop(notHere)},
})

var applicationIntent = oneOf("ReadOnly or ReadWrite", map[string]string{"readonly": "ReadOnly", "readwrite": "ReadWrite"})

// jdbcPacketSize knows mssql-jdbc's -1 and 0, the server's default.
func jdbcPacketSize(value string) (string, error) {
	if value == "-1" || value == "0" {
		return "", nil
	}
	return number(16)(value)
}

// setEncrypt keeps "strict" for the driver, because TDS 8.0 is more than a mode
// of TLS.
func setEncrypt(b *builder, p pair) error {
	mode, err := b.rules.tls.mode(p.value)
	if err != nil {
		return p.keyError("encrypt", errors.New("unknown word: want "+b.rules.tls.known))
	}
	b.config.TLS = mode
	b.param("encrypt", "")
	if word := fold(trimBlanks(p.value)); word == "strict" {
		b.param("encrypt", word)
	}
	return nil
}

func setTrust(b *builder, p pair) error {
	on, err := truth(p.value)
	if err != nil && p.value != "" {
		return p.keyError(fieldTrust.String(), err)
	}
	b.unverified, b.sqlServer.verified = on, !on && p.value != ""
	return nil
}

// keep holds a pair until it can be resolved.
func keep(where func(*sqlServerKeys) *pair) rule {
	return func(b *builder, p pair) error {
		*where(&b.sqlServer) = p
		return nil
	}
}

var errWindows = errors.New(noWindows + ": use a Microsoft Entra identity or a SQL login")

// refuseAuthenticator takes no provider of integrated authentication.
func refuseAuthenticator(_ *builder, p pair) error {
	if p.value == "" {
		return nil
	}
	return p.keyError("authenticator", errWindows)
}

func refuseWindows(b *builder, p pair) error {
	on, err := truth(p.value)
	switch {
	case on || fold(p.value) == "sspi":
		return p.keyError(p.key, errWindows)
	case err != nil && p.value != "":
		return p.keyError(p.key, err)
	}
	return nil
}

// refuseNetwork takes the names of TCP.
func refuseNetwork(b *builder, p pair) error {
	switch fold(p.value) {
	case "", "tcp", "dbmssocn":
		return nil
	}
	return p.keyError(p.key, errTCPOnly)
}
