package dsn

// mySQLODBCRules are the keys of MySQL Connector/ODBC 8 and 9 and of MariaDB
// Connector/ODBC (the tables of connection parameters in their manuals).
var mySQLODBCRules = ruleSet{}.and(mySQLForeignRules).and(ruleSet{
	"driver":            odbcDriver,
	"readtimeout":       passSecondsAsDuration("readTimeout"),
	"writetimeout":      passSecondsAsDuration("writeTimeout"),
	"conntimeout":       passSecondsAsDuration("timeout"),
	"connectiontimeout": passSecondsAsDuration("timeout"),
	"foundrows":         passBoolean("clientFoundRows"),
	"multistatements":   passBoolean("multiStatements"),
	"compressedproto":   passBoolean("compress"),
	"fullcolumnnames":   passBoolean("columnsWithAlias"),
	"forcetls":          raiseTLS(TLSRequire),
	"initstmt":          drop("initstmt", "run it when a connection is opened, or use the driver's own kind of string"),
	"tlspeerfp":         drop("tlspeerfp", tlsHere),
}).
	with(loginHere, `default_auth, plugin_dir, enable_cleartext_plugin, get_server_public_key, rsakey, can_handle_exp_pwd,
	authentication-kerberos-mode, oci_config_file, oci_config_profile, openid_token_file, password1, password2,
	password3, pwd1, pwd2, pwd3, webauthn_device_number`).
	with(tlsHere, `sslcapath, sslcipher, sslcrl, sslcrlpath, tls-versions, tls_ciphersuites, no_tls_1_0, no_tls_1_1,
	no_tls_1_2, no_tls_1_3, disable_ssl_default, ssl_enforce, tlspeerfplist, tlsversion, tlskeypwd`).
	with(filesHere, "enable_local_infile, load_data_local_dir").
	with(hostsHere, "multi_host, enable_dns_srv").
	with(directHere, "named_pipe, tcpip, savefile, usemycnf").
	with(notHere, `option, auto_reconnect, auto_increment_null_search, big_packets, column_size_s32, dflt_bigint_bind_str,
	dynamic_cursor, force_use_of_forward_only_cursors, forward_cursor, ignore_space, interactive, log_query,
	min_date_to_zero, no_bigint, no_binary_result, no_cache, no_catalog, no_date_overflow, no_default_cursor,
	no_i_s, no_information_schema, no_locale, no_prompt, no_schema, no_ssps, no_transactions,
	pad_char_to_full_length, pad_space, prefetch, prepareonclient, return_table_names, safe,
	zero_date_to_min, description, nocache, xaopt`)
