package postgres

import (
	"maps"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

// What connections share is what pgx reads for each of them alone.
func TestSharedNativeIsPgxs(t *testing.T) {
	bare(t)
	more := []dsn.Host{{Name: "a", Port: 1}, {Name: "b", Port: 2}, {Name: "b", Port: 3}}
	for name, change := range map[string]func(*dsn.Config){
		"one host":    func(c *dsn.Config) { c.Hosts = c.Hosts[:1] },
		"three hosts": func(c *dsn.Config) { c.Hosts = more },
		"no user":     func(c *dsn.Config) { c.User = "" },
		"no database": func(c *dsn.Config) { c.Database = "" },
		"a socket":    func(c *dsn.Config) { c.Hosts = []dsn.Host{{Name: "/var/run/postgresql", Port: 5432}} },
		"without TLS": func(c *dsn.Config) { c.TLS = dsn.TLSDisable },
		"parameters":  func(c *dsn.Config) { c.Params = map[string]string{"application_name": "a", "connect_timeout": "3"} },
		"other values": func(c *dsn.Config) {
			c.Params = map[string]string{"application_name": "b", "target_session_attrs": "read-write"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time it is known
				c := connection()
				change(&c)
				want, err := native(c, pgx.ParseConfig)
				require.NoError(t, err)
				got, err := sharedNative(c)
				require.NoError(t, err)
				assert.Equal(t, hostsOf(want), hostsOf(got))
				assert.Equal(t, settingsOf(want), settingsOf(got))
				got.RuntimeParams["application_name"] = "is its own"
			}
		})
	}
}

// settingsOf is what can be compared, without hosts.
func settingsOf(cc *pgx.ConnConfig) []any {
	return []any{
		cc.Database, cc.User, cc.Password, cc.TLSConfig, cc.ConnectTimeout, maps.Clone(cc.RuntimeParams), cc.SSLNegotiation, cc.SSLCertMode,
		cc.MinProtocolVersion, cc.MaxProtocolVersion, cc.ChannelBinding, cc.RequireAuth, cc.KerberosSrvName, cc.KerberosSpn,
		cc.StatementCacheCapacity, cc.DescriptionCacheCapacity, cc.DefaultQueryExecMode, code(cc.ValidateConnect),
	}
}

func TestParsedSetsAreBounded(t *testing.T) {
	bare(t)
	for i := range 3 * maxParsed {
		c := connection()
		c.Params = map[string]string{"application_name": strconv.Itoa(i)}
		cc, err := sharedNative(c)
		require.NoError(t, err)
		assert.Equal(t, c.Params, cc.RuntimeParams)
		assert.LessOrEqual(t, len(parsedSets.all), maxParsed)
	}
	c := connection()
	c.Params = map[string]string{"connect_timeout": "canary"}
	for range 2 { // an error is not kept
		_, err := sharedNative(c)
		require.ErrorContains(t, err, "connect_timeout: pgx does not take the value")
	}
}

// What a handle may cost, beside the token requests that it shares with others.
func TestOpeningAHandleIsCheap(t *testing.T) {
	o := &passwordless.Options{Credential: engine.Bench(t, nil).Issuer}
	open := func() (*Connector, error) {
		return NewConnector("host=srv.postgres.database.azure.com user=app dbname=orders sslmode=require", o)
	}
	allocations := testing.AllocsPerRun(100, func() {
		_, err := open()
		require.NoError(t, err)
	})
	assert.LessOrEqual(t, allocations, 60.0)
}
