package dsn

import "strings"

// This file holds the keys of go-mssqldb: those of its msdsn/conn_str.go with
// the synonyms there, those of its package azuread, and those of its providers
// of integrated authentication.

// goMSSQLParameters are the names in Params.
var goMSSQLParameters = listSet(`app name, workstation id, dial timeout, connection timeout, keepalive, packet size,
	applicationintent, multisubnetfailover, columnencryption, encrypt, log, disableretry, guid conversion,
	timezone, notraceid`)

// goMSSQLOnly are the keys, folded, by which go-mssqldb's own pairs are known:
// SqlClient has none of them. (client_id and its like may stand in any dialect.)
var goMSSQLOnly = foldedSet(`app name, dial timeout, keepalive, log, disableretry, guid conversion, timezone, notraceid,
	port, failoverport, protocol, pipe, certificate, tlsmin, change password, epa enabled, fedauth,
	applicationclientid, clientcertpath, tokenfilepath, additionallyallowedtenants, disableinstancediscovery,
	sendcertificatechain, serviceconnectionid, systemtoken, clientassertion, userassertion, authenticator`)

var goMSSQLRules = sqlServerRules().and(ruleSet{
	"dialtimeout":         passSeconds("dial timeout"),
	"connectiontimeout":   passSeconds("connection timeout"),
	"connecttimeout":      passSeconds("connection timeout"),
	"timeout":             passSeconds("connection timeout"),
	"keepalive":           passSeconds("keepalive"),
	"log":                 passUint("log", 64),
	"disableretry":        passSwitch("disableretry"),
	"guidconversion":      passSwitch("guid conversion"),
	"notraceid":           passSwitch("notraceid"),
	"timezone":            passName("timezone"),
	"certificate":         into(fieldRootCert),
	"applicationclientid": into(fieldClientID),
	"clientcertpath":      into(fieldCertificatePath),
	"authenticator":       refuseAuthenticator,
}).with("passwords are not changed while connecting", "change password").
	with("TLS 1.2 is the lowest version", "tlsmin").
	with("connections are made over TCP with TLS", "pipe").
	with(noWindows, `epa enabled, krb5-configfile, krb5-keytabfile, krb5-credcachefile, krb5-realm, krb5-dnslookupkdc,
	krb5-udppreferencelimit`).
	with("AZURE_FEDERATED_TOKEN_FILE names the file", "tokenfilepath").
	with(loginHere, `additionallyallowedtenants, disableinstancediscovery, sendcertificatechain,
	serviceconnectionid, systemtoken, clientassertion, userassertion`)

// refuseAuthenticator takes no provider of integrated authentication.
func refuseAuthenticator(_ *builder, p pair) error {
	if p.value == "" {
		return nil
	}
	return p.fault("authenticator", errWindows)
}

// listSet returns the names in a list separated by commas.
func listSet(list string) map[string]bool {
	set := make(map[string]bool)
	for name := range strings.SplitSeq(list, ",") {
		set[trimBlanks(name)] = true
	}
	return set
}

func foldedSet(list string) map[string]bool {
	set := make(map[string]bool)
	for name := range listSet(list) {
		set[fold(name)] = true
	}
	return set
}
