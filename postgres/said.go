package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// said is what the author of a pgx configuration gave, in the string that pgx
// parsed or by assignment; the rest of the configuration is from PG* variables,
// a service file or pgx's defaults.
type said struct {
	hosts    bool
	database bool
	user     string            // empty: not given
	params   map[string]string // run-time parameters
	certs    bool              // sslcertmode
	direct   bool              // sslnegotiation
}

// saidBy tells the two apart by parsing the configuration's string twice more:
// with the dsn package, which knows no environment, and with pgx, which shows
// what has been assigned since.
func saidBy(cc *pgx.ConnConfig) (said, error) {
	var text dsn.Config
	if cc.ConnString() != "" {
		var err error
		if text, err = dsn.Parse(dsn.PostgreSQL, cc.ConnString()); err != nil {
			return said{}, fmt.Errorf("postgres: the pool configuration's connection string: %w", err)
		}
		if text.Dialect != dsn.DialectKeyValue && text.Dialect != dsn.DialectURL {
			return said{}, errors.New("postgres: the pool configuration was made from a string that is not pgx's: use NewPool, or give the string to ConfigurePool and an empty one to pgxpool.ParseConfig")
		}
	}
	parsed, err := pgx.ParseConfig(cc.ConnString())
	if err != nil { // not wrapped: pgx quotes the string
		return said{}, errors.New("postgres: pgx no longer takes the pool configuration's connection string: has a PG* variable changed?")
	}
	s := said{
		hosts:    len(text.Hosts) > 0 || cc.Host != parsed.Host || cc.Port != parsed.Port,
		database: text.Database != "" || cc.Database != parsed.Database,
		user:     text.User,
		params:   map[string]string{},
		certs:    text.Params["sslcertmode"] != "" || cc.SSLCertMode != parsed.SSLCertMode,
		direct:   text.Params["sslnegotiation"] != "" || cc.SSLNegotiation != parsed.SSLNegotiation,
	}
	if cc.User != parsed.User {
		s.user = cc.User
	}
	for key, value := range cc.RuntimeParams {
		before, was := parsed.RuntimeParams[key]
		if _, given := text.Params[key]; given || !was || before != value {
			s.params[key] = value
		}
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

// complete gives cc what its author did not: the connection's.
func (s said) complete(cc *pgx.ConnConfig, c dsn.Config) error {
	ours, err := poolConfig(c)
	if err != nil {
		return err
	}
	if !s.hosts {
		cc.Host, cc.Port, cc.Fallbacks = ours.ConnConfig.Host, ours.ConnConfig.Port, ours.ConnConfig.Fallbacks
	}
	if !s.database {
		cc.Database = ours.ConnConfig.Database
	}
	if !s.certs {
		cc.SSLCertMode = ours.ConnConfig.SSLCertMode
	}
	if !s.direct {
		cc.SSLNegotiation = ours.ConnConfig.SSLNegotiation
	}
	cc.User = c.User
	cc.RuntimeParams = ours.ConnConfig.RuntimeParams
	for key, value := range s.params {
		cc.RuntimeParams[key] = value
	}
	return nil
}
