package postgres

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// said is what the author of a pgx configuration gave, in the string that pgx
// parsed or by assignment; the rest of the configuration is from PG* variables,
// a service file or pgx's defaults.
type said struct {
	text   dsn.Config      // the string, read without an environment
	parsed *pgx.ConnConfig // the string, read by pgx: what differs now was assigned
	user   string          // empty: not given
}

// saidBy tells the two apart by parsing the configuration's string twice more:
// with the dsn package, which knows no environment, and with pgx, which shows
// what has been assigned since.
func saidBy(cc *pgx.ConnConfig) (said, error) {
	var s said
	if cc.ConnString() != "" {
		var err error
		if s.text, err = dsn.Parse(dsn.PostgreSQL, cc.ConnString()); err != nil {
			return said{}, fmt.Errorf("postgres: the pool configuration's connection string: %w", err)
		}
		if s.text.Dialect != dsn.DialectKeyValue && s.text.Dialect != dsn.DialectURL {
			return said{}, errors.New("postgres: the pool configuration was made from a string that is not pgx's: use NewPool, or give the string to ConfigurePool and an empty one to pgxpool.ParseConfig")
		}
	}
	var err error
	if s.parsed, err = pgx.ParseConfig(cc.ConnString()); err != nil { // not wrapped: pgx quotes the string
		return said{}, errors.New("postgres: pgx no longer takes the pool configuration's connection string: has a PG* variable changed?")
	}
	s.user = s.text.User
	if cc.User != s.parsed.User {
		s.user = cc.User
	}
	return s, nil
}

// open opens the connection that text names, as the user that was given unless
// it is the connection's own: that one may be replaced by a developer's.
func (s said) open(text string, o *connector.Options) (*connector.Handle, error) {
	h, err := connector.Open(dsn.PostgreSQL, text, o)
	if err != nil || s.user == "" || s.user == h.Config().User {
		return h, err
	}
	_ = h.Close() // never fails; nothing was started
	own := connector.Options{}
	if o != nil {
		own = *o
	}
	if own.User == "" {
		own.User = s.user
	}
	return connector.Open(dsn.PostgreSQL, text, &own)
}

// complete replaces in cc all that its author did not assign: by what the string
// says, or else by the connection's.
func (s said) complete(cc *pgx.ConnConfig, c dsn.Config) error {
	if len(s.text.Hosts) > 0 {
		c.Hosts = s.text.Hosts
	}
	if s.text.Database != "" {
		c.Database = s.text.Database
	}
	params := maps.Clone(c.Params)
	if params == nil {
		params = map[string]string{}
	}
	maps.Copy(params, s.text.Params)
	c.Params = params
	pool, err := poolConfig(c)
	if err != nil {
		return err
	}
	want := pool.ConnConfig
	s.placeHosts(cc, want)
	if code(cc.ValidateConnect) == code(s.parsed.ValidateConnect) {
		cc.ValidateConnect = want.ValidateConnect
	}
	unlessAssigned(&cc.Database, s.parsed.Database, want.Database)
	unlessAssigned(&cc.ConnectTimeout, s.parsed.ConnectTimeout, want.ConnectTimeout)
	unlessAssigned(&cc.SSLCertMode, s.parsed.SSLCertMode, want.SSLCertMode)
	unlessAssigned(&cc.SSLNegotiation, s.parsed.SSLNegotiation, want.SSLNegotiation)
	unlessAssigned(&cc.MinProtocolVersion, s.parsed.MinProtocolVersion, want.MinProtocolVersion)
	unlessAssigned(&cc.MaxProtocolVersion, s.parsed.MaxProtocolVersion, want.MaxProtocolVersion)
	for key, value := range cc.RuntimeParams {
		if before, was := s.parsed.RuntimeParams[key]; !was || before != value {
			want.RuntimeParams[key] = value
		}
	}
	cc.User, cc.RuntimeParams = want.User, want.RuntimeParams
	return nil
}

// placeHosts replaces the hosts of cc by want's, but for what was assigned: a host
// of the author's has no fallbacks but the author's, and unless it is want's own,
// no port but the author's or the default one.
func (s said) placeHosts(cc, want *pgx.ConnConfig) {
	host, port, fallbacks := want.Host, want.Port, want.Fallbacks
	if cc.Host != s.parsed.Host {
		if host != cc.Host {
			port = dsn.PostgreSQL.DefaultPort()
		}
		host, fallbacks = cc.Host, nil
	}
	if cc.Port != s.parsed.Port {
		port = cc.Port
	}
	if !slices.EqualFunc(cc.Fallbacks, s.parsed.Fallbacks, sameServer) {
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

// code tells pgx's own functions for target_session_attrs from each other and
// from any that was assigned.
func code(f pgconn.ValidateConnectFunc) uintptr { return reflect.ValueOf(f).Pointer() }
