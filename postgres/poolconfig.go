package postgres

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/azuredb/passwordless/dsn"
)

// explicit is what the author of a pgx configuration gave, in the string or by
// assignment; the rest is from PG* variables, a service file or pgx's defaults.
type explicit struct {
	text   dsn.Config      // the string, read without an environment
	parsed *pgx.ConnConfig // the string, read by pgx: what differs now was assigned
	user   string          // if empty, not given
}

// explicitIn parses the configuration's string twice more: with the dsn package,
// which knows no environment, and with pgx, which shows what was assigned since.
func explicitIn(cc *pgx.ConnConfig) (explicit, error) {
	if cc == nil || !parsed(cc) || !parsed(&cc.Config) {
		return explicit{}, errors.New("postgres: the configuration was not made by pgx.ParseConfig: make it with that")
	}
	if code(cc.AfterNetConnect) == code((*configured)(nil).afterNetConnect) {
		return explicit{}, errors.New("postgres: the configuration has been completed by Configure already")
	}
	var e explicit
	if cc.ConnString() != "" {
		var err error
		if e.text, err = dsn.Parse(dsn.PostgreSQL, cc.ConnString()); err != nil {
			return explicit{}, fmt.Errorf("postgres: the configuration's connection string: %w", err)
		}
		if e.text.Dialect != dsn.DialectKeyValue && e.text.Dialect != dsn.DialectURL {
			return explicit{}, errors.New("postgres: the configuration was made from a string that is not pgx's: use NewPool or OpenDB, or give the string to ConfigurePool or Configure and an empty one to ParseConfig")
		}
	}
	var err error
	if e.parsed, err = pgx.ParseConfig(cc.ConnString()); err != nil { // not wrapped: pgx quotes the string
		return explicit{}, errors.New("postgres: pgx no longer takes the configuration's connection string: has a PG* variable changed?")
	}
	e.user = e.text.User
	if cc.User != e.parsed.User {
		e.user = cc.User
	}
	if withoutPool(cc.Copy()) { // its string has every setting, most of them empty
		maps.DeleteFunc(e.text.Params, func(_, value string) bool { return value == "" })
	}
	return e, nil
}

// parsed reports whether pgx's parser has made a configuration, of which only an
// unexported field tells.
func parsed[C pgconn.Config | pgx.ConnConfig | pgxpool.Config](cfg *C) bool {
	field := reflect.ValueOf(cfg).Elem().FieldByName("createdByParseConfig")
	return !field.IsValid() || field.Bool()
}

// complete returns a copy of cc in which what the author did not assign is replaced: by
// what the string says, or else the connection.
func (e explicit) complete(cc *pgx.ConnConfig, c dsn.Config) (*pgx.ConnConfig, error) {
	cc = cc.Copy()
	withoutPool(cc)
	if len(e.text.Hosts) > 0 {
		c.Hosts = e.text.Hosts
	}
	if e.text.Database != "" {
		c.Database = e.text.Database
	}
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	maps.Copy(c.Params, e.text.Params)
	pool, err := poolConfig(c)
	if err != nil {
		return nil, err
	}
	want := pool.ConnConfig
	e.placeHosts(cc, want)
	if code(cc.ValidateConnect) == code(e.parsed.ValidateConnect) {
		cc.ValidateConnect = want.ValidateConnect
	}
	unlessAssigned(&cc.Database, e.parsed.Database, want.Database)
	unlessAssigned(&cc.ConnectTimeout, e.parsed.ConnectTimeout, want.ConnectTimeout)
	unlessAssigned(&cc.SSLCertMode, e.parsed.SSLCertMode, want.SSLCertMode)
	unlessAssigned(&cc.SSLNegotiation, e.parsed.SSLNegotiation, want.SSLNegotiation)
	unlessAssigned(&cc.MinProtocolVersion, e.parsed.MinProtocolVersion, want.MinProtocolVersion)
	unlessAssigned(&cc.MaxProtocolVersion, e.parsed.MaxProtocolVersion, want.MaxProtocolVersion)
	for key, value := range cc.RuntimeParams {
		if before, was := e.parsed.RuntimeParams[key]; !was || before != value {
			want.RuntimeParams[key] = value
		}
	}
	cc.User, cc.RuntimeParams = want.User, want.RuntimeParams
	return cc, nil
}

// placeHosts replaces the hosts of cc by want's, but for what was assigned: the
// author's host has no fallbacks but the author's, and unless it is want's own, no
// port but the author's or the default one.
func (e explicit) placeHosts(cc, want *pgx.ConnConfig) {
	host, port, fallbacks := want.Host, want.Port, want.Fallbacks
	if cc.Host != e.parsed.Host {
		if host != cc.Host {
			port = dsn.PostgreSQL.DefaultPort()
		}
		host, fallbacks = cc.Host, nil
	}
	if cc.Port != e.parsed.Port {
		port = cc.Port
	}
	if !slices.EqualFunc(cc.Fallbacks, e.parsed.Fallbacks, sameServer) {
		fallbacks = cc.Fallbacks
	}
	cc.Host, cc.Port, cc.Fallbacks = host, port, fallbacks
}

func sameServer(a, b *pgconn.FallbackConfig) bool { return a.Host == b.Host && a.Port == b.Port }

// unlessAssigned sets a field that is still as pgx parsed it.
func unlessAssigned[T comparable](field *T, parsed, want T) {
	if *field == parsed {
		*field = want
	}
}

// code tells functions from each other that have names, as pgx's for target_session_attrs, and from any other.
func code(f any) uintptr { return reflect.ValueOf(f).Pointer() }
