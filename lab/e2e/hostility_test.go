package e2e_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/postgres"
)

// hostileVariables are those of libpq that pgx reads, leading to another server, as another user, without TLS.
func hostileVariables(t *testing.T, s *stage, impostor *postgresfront.Server) map[string]string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	foreign, err := azuretest.NewCA()
	require.NoError(t, err)
	root := filepath.Join(dir, "root.pem")
	require.NoError(t, foreign.WriteFile(root))
	service := fmt.Sprintf("[evil]\nhost=%s\nport=%d\nuser=evil\ndbname=evil\npassword=evil\nsslmode=disable\n", impostor.Host(), impostor.Port())
	return map[string]string{
		"PGHOST":               "localhost",
		"PGHOSTADDR":           impostor.Host(),
		"PGPORT":               strconv.Itoa(impostor.Port()),
		"PGUSER":               "evil",
		"PGDATABASE":           "evil",
		"PGPASSWORD":           "evil",
		"PGPASSFILE":           write("pgpass", fmt.Sprintf("%s:*:*:*:evil\n*:*:*:*:evil\n", s.server.Host)),
		"PGSERVICE":            "evil",
		"PGSERVICEFILE":        write("service", service),
		"PGSSLMODE":            "disable",
		"PGSSLROOTCERT":        root,
		"PGSSLSNI":             "0",
		"PGSSLNEGOTIATION":     "direct",
		"PGSSLCERTMODE":        "disable",
		"PGOPTIONS":            "-c search_path=evil -c role=evil",
		"PGAPPNAME":            "evil",
		"PGTZ":                 "Asia/Kathmandu",
		"PGCHANNELBINDING":     "require",
		"PGREQUIREAUTH":        "scram-sha-256",
		"PGTARGETSESSIONATTRS": "read-only",
		"PGCONNECT_TIMEOUT":    "1",
		"PGMINPROTOCOLVERSION": "3.2",
	}
}

func TestPostgresVariablesChangeNothing(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	s.setTrust(t)
	impostor, err := postgresfront.Start(s.Cloud, &postgresfront.Options{Verify: func(string, string) error { return nil }})
	require.NoError(t, err)
	all := hostileVariables(t, s, impostor)
	cases := map[string]map[string]string{"all of them": all}
	for name, value := range all {
		cases[name] = map[string]string{name: value}
	}
	cases["PGSERVICE"]["PGSERVICEFILE"] = all["PGSERVICEFILE"]
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		t.Run(name, func(t *testing.T) {
			id := s.userAssigned(t)
			t.Setenv("AZURE_POSTGRESQL_CONNECTIONSTRING", s.libpq(id.Name))
			t.Setenv("AZURE_POSTGRESQL_CLIENTID", id.ClientID)
			for variable, value := range cases[name] {
				t.Setenv(variable, value)
			}
			mark := s.mark()
			requireUntouched(t, s, id)
			assert.Equal(t, 1, s.asked(mark, id), "one token for all")
		})
	}
	requireNoToken(t, impostor)
	assert.Empty(t, impostor.Logins())
}

// requireUntouched logs in in each way that there is, to the shared server as id, and asserts that nothing but
// the connection's own settings made the session.
func requireUntouched(t *testing.T, s *stage, id azuretest.Identity) {
	t.Helper()
	cfg, err := pgxpool.ParseConfig("")
	require.NoError(t, err)
	require.NoError(t, postgres.ConfigurePool(cfg, "", nil))
	configured, err := pgxpool.NewWithConfig(limited(t), cfg)
	require.NoError(t, err)
	defer configured.Close()
	const query = `select current_user, current_database(), inet_server_port(), (select ssl from pg_stat_ssl where pid = pg_backend_pid()),
		current_setting('search_path'), current_setting('application_name'), current_setting('timezone') = (select reset_val from pg_settings where name = 'TimeZone')`
	for _, scan := range []func(...any) error{
		sqlOpen(t, "").QueryRowContext(limited(t), query).Scan,
		openPool(t, "", nil).QueryRow(limited(t), query).Scan,
		configured.QueryRow(limited(t), query).Scan,
	} {
		var user, database, path, application string
		var port int
		var encrypted, ownZone bool
		require.NoError(t, scan(&user, &database, &port, &encrypted, &path, &application, &ownZone))
		assert.Equal(t, []any{id.Name, s.server.Database, s.server.Port, true, `"$user", public`, "", true},
			[]any{user, database, port, encrypted, path, application, ownZone})
	}
}

func TestPostgresVariablesDoNotWeakenTLS(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	foreign, err := azuretest.NewCA()
	require.NoError(t, err)
	certificate, err := foreign.Issue("127.0.0.1")
	require.NoError(t, err)
	stranger, err := postgresfront.Start(s.Cloud, &postgresfront.Options{Certificate: certificate})
	require.NoError(t, err)
	plain := s.frontEnd(t, id.Name)
	plain.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	for variable, value := range hostileVariables(t, s, stranger) {
		t.Setenv(variable, value)
	}
	foreignRoot := filepath.Join(t.TempDir(), "root.pem")
	require.NoError(t, foreign.WriteFile(foreignRoot))
	t.Setenv("PGSSLROOTCERT", foreignRoot)

	text := s.textTo(stranger, id, "")
	requireLoginError(t, openDB(t, text, s.options()).PingContext(limited(t)), "server-certificate", "signed by no one trusted here")
	requireNoToken(t, stranger)
	text = s.textTo(plain, id, "")
	requireLoginError(t, openDB(t, text, s.options()).PingContext(limited(t)), "server-without-tls", "does not offer TLS")
	requireNoToken(t, plain)
}
