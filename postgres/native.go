package postgres

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// parser is [pgx.ParseConfig], or what calls it.
type parser func(string) (*pgx.ConnConfig, error)

// withoutPoolSettings leaves out the parameters that only pgxpool understands:
// pgx alone would send them to the server, which refuses the login for it.
func withoutPoolSettings(params map[string]string) map[string]string {
	params = maps.Clone(params)
	maps.DeleteFunc(params, func(key, _ string) bool { return strings.HasPrefix(key, "pool_") })
	return params
}

// native makes pgx's configuration of a connection with pgx's own parser, given a
// string that leaves nothing to PG* variables, .pgpass or service files. The
// result has no password, no TLS, no user that c does not name, and no run-time
// parameters but c's.
func native(c dsn.Config, parse parser) (*pgx.ConnConfig, error) {
	params := maps.Clone(c.Params)
	maps.DeleteFunc(params, func(key, _ string) bool { return notAParameter(key) })
	for key := range params {
		if !plainKey(key) {
			return nil, badParameter("", "the connection has a parameter whose name is none: want letters, digits, dots and underscores")
		}
	}
	cc, err := parseAlone(conninfo(c, params), parse)
	if err != nil {
		return nil, parameterError(c, params, parse, err)
	}
	maps.DeleteFunc(cc.RuntimeParams, func(key, _ string) bool { _, given := params[key]; return !given })
	cc.User = c.User
	return cc, nil
}

// parameterError names the parameter that pgx does not take. pgx's own error
// quotes the string and its values, so it is not passed on.
func parameterError(c dsn.Config, params map[string]string, parse parser, err error) error {
	if _, ok := errors.AsType[*pgconn.ParseConfigError](err); !ok {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(params)) {
		if _, err := parseAlone(conninfo(c, map[string]string{key: params[key]}), parse); err != nil {
			return badParameter(key, "pgx does not take the value of this parameter of the connection")
		}
	}
	return badParameter("", "pgx does not take the parameters of the connection together")
}

func badParameter(key, text string) error {
	return &connector.SetupError{Variable: key, Anchor: "parameters", Err: errors.New(text)}
}

// useDialer gives cc the dialer of the options, if they have one. pgx resolves
// names itself and dials each address in turn; a dialer of the caller's own gets
// the name, which may mean something only to it.
func useDialer(cc *pgx.ConnConfig, h *connector.Handle, o *connector.Options) {
	if o == nil || o.Dial == nil {
		return
	}
	cc.DialFunc = h.DialContext
	cc.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
}
