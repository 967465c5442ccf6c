package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

func connection() dsn.Config {
	return dsn.Config{
		Engine:   dsn.PostgreSQL,
		Hosts:    []dsn.Host{{Name: "db.example.com", Port: 5432}, {Name: "::1", Port: 6432}},
		Database: "orders",
		User:     "aad_orders",
	}
}

func TestParameters(t *testing.T) {
	bare(t)
	t.Setenv("PGAPPNAME", "evil")
	c := connection()
	c.Params = map[string]string{
		"application_name": `it's a \ test`, "options": "-c geqo=off", "search_path": "", "connect_timeout": "7",
		"default_query_exec_mode": "simple_protocol", "statement_cache_capacity": "0", "min_protocol_version": "3.2",
		"target_session_attrs": "read-write", "sslnegotiation": "direct", "my.app$1": "x",
		// what dsn never passes on is ignored here too
		"password": "p", "sslmode": "prefer", "host": "evil", "service": "evil", "require_auth": "none", "database": "evil",
	}
	cc, err := native(c, pgx.ParseConfig)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		"application_name": `it's a \ test`, "options": "-c geqo=off", "search_path": "", "my.app$1": "x",
	}, cc.RuntimeParams)
	assert.Equal(t, 7*time.Second, cc.ConnectTimeout)
	assert.Equal(t, pgx.QueryExecModeSimpleProtocol, cc.DefaultQueryExecMode)
	assert.Zero(t, cc.StatementCacheCapacity)
	assert.Equal(t, "3.2", cc.MinProtocolVersion)
	assert.Equal(t, "direct", cc.SSLNegotiation)
	assert.NotNil(t, cc.ValidateConnect)
	assert.Equal(t, "db.example.com", cc.Host)
	assert.Equal(t, "orders", cc.Database)
	assert.Empty(t, cc.Password)
	assert.Nil(t, cc.TLSConfig)
}

func TestUserIsNeverFilledIn(t *testing.T) {
	bare(t)
	t.Setenv("PGUSER", "evil")
	c := connection()
	c.User = ""
	cc, err := native(c, pgx.ParseConfig)
	require.NoError(t, err)
	assert.Empty(t, cc.User)
}

func TestParameterErrors(t *testing.T) {
	bare(t)
	for name, row := range map[string]struct {
		params map[string]string
		want   string
	}{
		"value":      {map[string]string{"default_query_exec_mode": "canary"}, "passwordless: default_query_exec_mode: pgx does not take the value of this parameter of the connection (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)"},
		"pool value": {map[string]string{"pool_max_conns": "canary"}, "passwordless: pool_max_conns: pgx does not take the value of this parameter of the connection (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)"},
		"NUL":        {map[string]string{"a": "canary\x00"}, "passwordless: a: pgx does not take the value of this parameter of the connection (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)"},
		"key":        {map[string]string{"a b='canary'": "x"}, "passwordless: the connection has a parameter whose name is none: want letters, digits, dots and underscores (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)"},
		"together": {map[string]string{"min_protocol_version": "3.2", "max_protocol_version": "3.0"},
			"passwordless: pgx does not take the parameters of the connection together (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)"},
	} {
		t.Run(name, func(t *testing.T) {
			c := connection()
			c.Params = row.params
			_, err := poolConfig(c)
			require.EqualError(t, err, row.want)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestPoolSettings(t *testing.T) {
	bare(t)
	c := connection()
	c.Params = map[string]string{"pool_max_conns": "7", "application_name": "a"}
	cfg, err := poolConfig(c)
	require.NoError(t, err)
	assert.Equal(t, int32(7), cfg.MaxConns)
	assert.Equal(t, map[string]string{"application_name": "a"}, cfg.ConnConfig.RuntimeParams)

	b := engine.Bench(t, nil)
	connector := b.Connector(t, "pool_max_conns=7 application_name=a")
	assert.Equal(t, map[string]string{"application_name": "a"}, connector.native.RuntimeParams)
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", " ", `'`, `\`, `\'`, "a=b", "päß\n"} {
		f.Add(s)
	}
	bare(f)
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, 0) {
			return
		}
		c := connection()
		c.Params = map[string]string{"a": s}
		cc, err := native(c, pgx.ParseConfig)
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"a": s}, cc.RuntimeParams)
	})
}
