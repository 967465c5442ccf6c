package dsn

import "strings"

// nativeParameters are the parameters that pgx and its pool give a meaning of
// their own, and those of the server that are set most often. They are passed on
// in this spelling whatever the case; every other name is passed on as written.
const nativeParameters = `
	application_name connect_timeout options target_session_attrs sslnegotiation sslcertmode
	min_protocol_version max_protocol_version krbsrvname krbspn
	default_query_exec_mode statement_cache_capacity description_cache_capacity
	pool_max_conns pool_min_conns pool_min_idle_conns pool_max_conn_lifetime
	pool_max_conn_lifetime_jitter pool_max_conn_idle_time pool_health_check_period pool_ping_timeout
	search_path timezone datestyle intervalstyle statement_timeout lock_timeout
	idle_in_transaction_session_timeout idle_session_timeout extra_float_digits role work_mem
	default_transaction_isolation default_transaction_read_only client_encoding replication`

// libpqOnly are libpq's keywords that pgx does not know: it would send them to
// the server, which refuses the login.
const libpqOnly = `gssencmode, gsslib, gssdelegation, requirepeer, requiressl, sslcompression, sslcrl,
	sslcrldir, sslsni, ssl_min_protocol_version, ssl_max_protocol_version, sslkeylogfile,
	keepalives, keepalives_idle, keepalives_interval, keepalives_count, tcp_user_timeout,
	load_balance_hosts, oauth_issuer, oauth_client_id, oauth_client_secret, oauth_scope,
	scram_client_key, scram_server_key, tty, authtype`

// libpqWords are libpq's keywords (section 34.1.2 of the PostgreSQL manual), as
// libpq spells them.
var libpqWords = wordSet(`host hostaddr port dbname user password passfile require_auth channel_binding
	connect_timeout client_encoding options application_name fallback_application_name
	target_session_attrs sslmode sslnegotiation sslcert sslkey sslpassword sslcertmode sslrootcert
	min_protocol_version max_protocol_version krbsrvname replication service servicefile ` +
	strings.ReplaceAll(libpqOnly, ",", " "))

var (
	knownParameters = wordSet(nativeParameters)
	nativeRules     = newNativeRules()
)

func newNativeRules() ruleSet {
	rules := make(ruleSet)
	for name := range knownParameters {
		rules[fold(name)] = pass(name)
	}
	rules["clientencoding"] = passEncoding
	rules["fallbackapplicationname"] = passFallbackName
	return rules.with("pgx has no such parameter", libpqOnly)
}

// passEncoding leaves out libpq's "auto", which the server does not know.
func passEncoding(b *builder, p pair) error {
	if fold(p.value) == "auto" {
		p.value = ""
	}
	b.known++
	b.param("client_encoding", p.value)
	return nil
}

// passFallbackName takes over the name for applications that say nothing else.
func passFallbackName(b *builder, p pair) error {
	b.known++
	if _, ok := b.config.Params["application_name"]; !ok {
		b.param("application_name", p.value)
	}
	return nil
}

func wordSet(list string) map[string]bool {
	set := make(map[string]bool)
	for w := range strings.FieldsSeq(list) {
		set[w] = true
	}
	return set
}
