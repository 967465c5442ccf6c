package postgres

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hostile are variables of pgx's, each with a value that changes what
// pgx.ParseConfig makes of a string, or makes it fail.
var hostile = map[string]string{
	"PGHOST":               "evil.example.com",
	"PGPORT":               "abc",
	"PGDATABASE":           "evil",
	"PGUSER":               "evil",
	"PGPASSWORD":           "evil-password",
	"PGPASSFILE":           "", // set by the test
	"PGAPPNAME":            "evil",
	"PGCONNECT_TIMEOUT":    "never",
	"PGSSLMODE":            "nonsense",
	"PGSSLKEY":             "missing.key",
	"PGSSLCERT":            "missing.crt",
	"PGSSLCERTMODE":        "nonsense",
	"PGSSLSNI":             "0",
	"PGSSLROOTCERT":        "missing.pem",
	"PGSSLPASSWORD":        "evil",
	"PGSSLNEGOTIATION":     "direct",
	"PGTARGETSESSIONATTRS": "nonsense",
	"PGSERVICE":            "nonsense",
	"PGSERVICEFILE":        "missing.conf",
	"PGTZ":                 "Mars",
	"PGOPTIONS":            "-c evil=1",
	"PGMINPROTOCOLVERSION": "9",
	"PGMAXPROTOCOLVERSION": "9",
	"PGCHANNELBINDING":     "require",
	"PGREQUIREAUTH":        "nonsense",
}

// seen is everything of a configuration that settings can change.
type seen struct {
	host, database, user, password   string
	port                             uint16
	timeout                          time.Duration
	fallbacks                        int
	params                           map[string]string
	negotiation, certMode            string
	minProtocol, maxProtocol         string
	binding, requireAuth             string
	validates, hasTLS, hasStatements bool
}

func look(cc *pgx.ConnConfig) seen {
	return seen{
		host: cc.Host, database: cc.Database, user: cc.User, password: cc.Password, port: cc.Port,
		timeout: cc.ConnectTimeout, fallbacks: len(cc.Fallbacks), params: cc.RuntimeParams,
		negotiation: cc.SSLNegotiation, certMode: cc.SSLCertMode,
		minProtocol: cc.MinProtocolVersion, maxProtocol: cc.MaxProtocolVersion,
		binding: cc.ChannelBinding, requireAuth: cc.RequireAuth,
		validates: cc.ValidateConnect != nil, hasTLS: cc.TLSConfig != nil, hasStatements: cc.StatementCacheCapacity > 0,
	}
}

func TestEnvironmentIsIgnored(t *testing.T) {
	bare(t)
	passfile := filepath.Join(t.TempDir(), "pgpass")
	require.NoError(t, os.WriteFile(passfile, []byte("*:*:*:*:evil-password\n"), 0o600))
	want, err := native(connection(), pgx.ParseConfig)
	require.NoError(t, err)
	require.Equal(t, seen{
		host: "db.example.com", port: 5432, database: "orders", user: "aad_orders", fallbacks: 1,
		params: map[string]string{}, certMode: "allow", minProtocol: "3.0", maxProtocol: "3.0",
		binding: "prefer", hasStatements: true,
	}, look(want))

	check := func(t *testing.T) {
		t.Helper()
		got, err := native(connection(), pgx.ParseConfig)
		require.NoError(t, err)
		assert.Equal(t, look(want), look(got))
		pool, err := poolConfig(connection())
		require.NoError(t, err)
		assert.Equal(t, look(want), look(pool.ConnConfig))
	}
	set := func(t *testing.T, name, value string) {
		t.Helper()
		if name == "PGPASSFILE" {
			value = passfile
		}
		t.Setenv(name, value)
	}
	for name, value := range hostile {
		t.Run(name, func(t *testing.T) {
			set(t, name, value)
			check(t)
		})
	}
	t.Run("all of them", func(t *testing.T) {
		for name, value := range hostile {
			set(t, name, value)
		}
		check(t)
	})
	t.Run("files at home", func(t *testing.T) {
		home := t.TempDir()
		t.Setenv("HOME", home)
		require.NoError(t, os.Mkdir(filepath.Join(home, ".postgresql"), 0o700))
		for _, name := range []string{"postgresql.crt", "postgresql.key", "root.crt"} {
			require.NoError(t, os.WriteFile(filepath.Join(home, ".postgresql", name), []byte("nonsense"), 0o600))
		}
		require.NoError(t, os.WriteFile(filepath.Join(home, ".pgpass"), []byte("*:*:*:*:evil-password\n"), 0o600))
		check(t)
	})
}

// TestHostileIsComplete reads pgx's own list of variables, so that one that pgx
// learns later does not go unnoticed.
func TestHostileIsComplete(t *testing.T) {
	file, _ := runtime.FuncForPC(reflect.ValueOf(pgconn.ParseConfig).Pointer()).FileLine(0)
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	var read []string
	for _, match := range regexp.MustCompile(`(?m)^\s*"(PG[A-Z_]+)":\s+"`).FindAllSubmatch(source, -1) {
		read = append(read, string(match[1]))
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(hostile)), read)
}

// TestHostileMatters checks that the values in the list do harm to pgx.
func TestHostileMatters(t *testing.T) {
	bare(t)
	plain, err := pgx.ParseConfig("host=h")
	require.NoError(t, err)
	for name, value := range hostile {
		switch name {
		case "PGHOST", "PGPASSFILE", "PGSERVICEFILE", "PGSSLPASSWORD", "PGSSLSNI":
			continue // overridden by the string here, or of effect only with others
		}
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			got, err := pgx.ParseConfig("host=h")
			if err == nil {
				assert.NotEqual(t, look(plain), look(got))
			}
		})
	}
}

func TestServiceFileIsRemoved(t *testing.T) {
	bare(t)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	t.Setenv("PGSERVICE", "nonsense")
	_, err := native(connection(), pgx.ParseConfig)
	require.NoError(t, err)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestServiceWithoutTemporaryFiles(t *testing.T) {
	bare(t)
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	t.Setenv("TMP", filepath.Join(t.TempDir(), "missing"))
	t.Setenv("PGSERVICE", "nonsense")
	_, err := native(connection(), pgx.ParseConfig)
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "postgres: PGSERVICE is set and cannot be kept out")
}
