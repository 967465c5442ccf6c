package postgres

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// neutral holds settings that pgx would otherwise take from PG* variables, each
// with the value that takes nothing. A parameter of the connection replaces one.
var neutral = map[string]string{
	"application_name":     "",
	"connect_timeout":      "0",
	"max_protocol_version": "",
	"min_protocol_version": "",
	"options":              "",
	"sslcertmode":          "allow", // pgx refuses the empty value
	"sslnegotiation":       "",
	"target_session_attrs": "any",
	"timezone":             "",
}

// fixed holds settings that pgx would otherwise take from PG* variables or from
// files in the home directory, and that no parameter replaces: TLS, passwords and
// the rules of the login are set by this package, after parsing. With neutral and
// placed it covers pgconn's parseEnvSettings and defaultSettings.
var fixed = map[string]string{
	"channel_binding": "",
	"passfile":        "",
	"password":        "",
	"require_auth":    "",
	"sslcert":         "",
	"sslkey":          "",
	"sslmode":         "disable",
	"sslpassword":     "",
	"sslrootcert":     "",
	"sslsni":          "1",
}

// placed are the settings that the fields of a dsn.Config give, and those that
// send pgx to a service file.
var placed = []string{"host", "port", "user", "dbname", "database", "service", "servicefile"}

// notAParameter reports whether a parameter of this name would change what this
// package sets itself. The dsn package passes none of them on; this makes sure.
func notAParameter(key string) bool {
	_, ok := fixed[key]
	return ok || slices.Contains(placed, key)
}

// plainKey reports whether a key can be written in libpq's syntax, which has no
// quotes for keys.
func plainKey(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && r != '.' && r != '$' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// conninfo writes a connection as a libpq keyword/value string in which every
// setting that pgx knows a default or a variable for is said.
func conninfo(c dsn.Config, params map[string]string) string {
	settings := maps.Clone(neutral)
	maps.Copy(settings, params)
	maps.Copy(settings, fixed)
	hosts, ports := make([]string, len(c.Hosts)), make([]string, len(c.Hosts))
	for i, h := range c.Hosts {
		hosts[i], ports[i] = h.Name, strconv.Itoa(int(h.Port))
	}
	settings["host"], settings["port"] = strings.Join(hosts, ","), strings.Join(ports, ",")
	settings["dbname"] = c.Database
	settings["user"] = c.User
	if c.User == "" {
		settings["user"] = "-" // an empty user would send pgx to PGUSER and the operating system
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		b.WriteString(key + "=" + quote(settings[key]) + " ")
	}
	return b.String()
}

// quote writes a value as libpq reads it.
func quote(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}
