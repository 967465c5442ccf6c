package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// parser is [pgx.ParseConfig], or what calls it.
type parser func(string) (*pgx.ConnConfig, error)

// native makes pgx's configuration of a connection with pgx's own parser, given a
// string that leaves nothing to PG* variables, .pgpass or service files. The result
// has no password and no TLS.
func native(c dsn.Config, parse parser) (*pgx.ConnConfig, error) {
	params := maps.Clone(c.Params)
	maps.DeleteFunc(params, func(key, _ string) bool { // of which package dsn passes none on: this makes sure
		_, ok := fixed[key]
		return ok || slices.Contains(placed, key)
	})
	for key := range params {
		if !plainKey.MatchString(key) {
			return nil, connector.BadParameter("", "the connection has a parameter whose name is none: want letters, digits, dots and underscores")
		}
	}
	cc, err := parseAlone(conninfo(c, params), parse)
	if err != nil {
		return nil, parameterError(c, params, parse, err)
	}
	maps.DeleteFunc(cc.RuntimeParams, func(key, _ string) bool { _, given := params[key]; return !given })
	cc.User, cc.Password, cc.TLSConfig = c.User, "", nil
	cc.ValidateConnect = recovered(cc.ValidateConnect)
	for _, host := range cc.Fallbacks {
		host.TLSConfig = nil
	}
	return cc, nil
}

// parameterError names the parameter that pgx does not take: pgx's own error quotes values.
func parameterError(c dsn.Config, params map[string]string, parse parser, err error) error {
	if _, ok := errors.AsType[*pgconn.ParseConfigError](err); !ok {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(params)) {
		if _, err := parseAlone(conninfo(c, map[string]string{key: params[key]}), parse); err != nil {
			return connector.BadParameter(key, "pgx does not take the value of this parameter of the connection")
		}
	}
	return connector.BadParameter("", "pgx does not take the parameters of the connection together")
}

// useDialer gives cc the dialer of the options, if they have one. It gets host
// names, which may mean something only to it, and not the addresses of pgx.
func useDialer(cc *pgx.ConnConfig, h *connector.Handle, o *passwordless.Options) {
	if o == nil || o.Dial == nil {
		return
	}
	cc.DialFunc = h.DialContext
	cc.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
}

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
// files, and that no parameter replaces: this package sets them after parsing. With
// neutral and placed it covers pgconn's parseEnvSettings and defaultSettings.
var fixed = map[string]string{
	"channel_binding": "",
	"passfile":        "",
	"password":        "",
	"require_auth":    "",
	"sslcert":         "",
	"sslkey":          "",
	"sslmode":         "verify-full",
	"sslpassword":     "",
	"sslrootcert":     "",
	"sslsni":          "1",
}

// placed are the settings that a dsn.Config's fields give, and those of a service file.
var placed = []string{"host", "port", "user", "dbname", "database", "service", "servicefile"}

// plainKey is a key that can be written in libpq's syntax, which has no quotes for keys.
var plainKey = regexp.MustCompile(`^[0-9A-Za-z_.$]+$`)

// conninfo writes a connection as a libpq keyword/value string that gives every
// setting for which pgx knows a default or a variable.
func conninfo(c dsn.Config, params map[string]string) string {
	settings := maps.Clone(neutral)
	maps.Copy(settings, params)
	maps.Copy(settings, fixed)
	delete(settings, "password") // the string is shown: it must not say that there is none
	if c.TLS == dsn.TLSDisable {
		settings["sslmode"] = "disable"
	}
	hosts, ports := make([]string, len(c.Hosts)), make([]string, len(c.Hosts))
	for i, h := range c.Hosts {
		hosts[i], ports[i] = h.Name, strconv.Itoa(int(h.Port))
	}
	settings["host"], settings["port"] = strings.Join(hosts, ","), strings.Join(ports, ",")
	settings["dbname"] = c.Database
	settings["user"] = cmp.Or(c.User, "-") // an empty one would send pgx to PGUSER and the operating system
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		b.WriteString(key + "=" + quote(settings[key]) + " ")
	}
	return b.String()
}

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// quote writes a value as libpq reads it.
func quote(value string) string { return "'" + escapes.Replace(value) + "'" }

// parseAlone calls pgx's parser with PGSERVICE kept out. No connection string can
// say "none", but it can say which service of which file: an empty one, in a file
// that only this user can read and that is gone afterwards.
func parseAlone(conninfo string, parse parser) (*pgx.ConnConfig, error) {
	if os.Getenv("PGSERVICE") == "" {
		return parse(conninfo)
	}
	dir, err := os.MkdirTemp("", "azure-postgres-")
	if err != nil {
		return nil, errService(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "service")
	if err := os.WriteFile(file, []byte("[none]\n"), 0o600); err != nil {
		return nil, errService(err)
	}
	return parse(conninfo + "service='none' servicefile=" + quote(file))
}

func errService(err error) error {
	return fmt.Errorf("postgres: PGSERVICE is set and cannot be kept out: unset it, or make the directory for temporary files writable: %w", err)
}
