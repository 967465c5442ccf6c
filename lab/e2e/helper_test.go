// The key exchange that withstands quantum computers takes a tenth of the time. The tests of lab/postgres and lab/mysql
// have it.
//go:debug tlsmlkem=0

// Package e2e_test tests the library from the outside: through database/sql and
// pgxpool, with the real azidentity and drivers, against real servers that check
// each token themselves.
package e2e_test

import (
	"context"
	"crypto/x509"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/lab/internal/labtest"
	labpostgres "github.com/azuredb/passwordless/lab/postgres"
	"github.com/azuredb/passwordless/postgres"
)

// limit is how long a test waits at most.
const limit = 30 * time.Second

// azureName is a name of Azure's in the shared server's certificate, for tests whose dialer leads there.
const azureName = "e2e.postgres.database.azure.com"

// loopback is the host of all servers here.
const loopback = "127.0.0.1"

// stage is the cloud that the end-to-end tests share, and with onStage the real PostgreSQL; that server admits only
// who has a token of the cloud. Tests run one after another. Each uses identities of its own: the roles stay, and
// MSAL keeps one cache of managed identity tokens per process.
type stage struct {
	*azuretest.Cloud
	server    *labpostgres.Server                          // nil with onCloud
	newUser   func(ctx context.Context, name string) error // of the server
	transport *ownTransport                                // of one test
	earlier   map[string]bool                              // who asked for tokens in earlier tests, by name and by ID
}

var sharedPostgres = labtest.Share(labpostgres.Start, &labpostgres.Options{Installed: true, Names: []string{"localhost", loopback, azureName}})

func TestMain(m *testing.M) { labtest.Main(m) }

// onStage is the first line of an end-to-end test, and not of its subtests. For the test's time the process's
// environment says nothing of Azure or PostgreSQL, and no program is on PATH.
func onStage(t *testing.T) *stage {
	t.Helper()
	labpostgres.Require(t)
	s := onCloud(t)
	var err error
	s.server, err = sharedPostgres()
	require.NoError(t, err)
	s.newUser = s.server.CreateUser
	return s
}

// onCloud is onStage without a server.
func onCloud(t *testing.T) *stage {
	t.Helper()
	cloud, err := labtest.Cloud()
	require.NoError(t, err)
	isolate(t)
	earlier := map[string]bool{}
	for _, r := range cloud.Requests() {
		earlier[r.Name], earlier[r.Identity] = true, true
	}
	delete(earlier, "")
	return &stage{Cloud: cloud, transport: &ownTransport{cloud.Transport()}, earlier: earlier}
}

// isolate hides what this machine itself would tell the library, azidentity, MSAL or a driver.
func isolate(t *testing.T) {
	t.Helper()
	prefixes := []string{"AZURE_", "IDENTITY_", "MSI_", "IMDS_", "PASSWORDLESS_", "PG", "NEON_", "SPRING",
		"POSTGRESQLCONNSTR_", "MYSQL", "SQL", "FABRIC_", "MSSQL_", "CUSTOMCONNSTR_", "DATABASE_URL", "HTTP_PROXY", "HTTPS_PROXY"}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		upper := strings.ToUpper(name)
		if upper != "PASSWORDLESS_LAB_POSTGRES" && upper != "PASSWORDLESS_LAB_MARIADB" && upper != envPgBouncer && slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(upper, p) }) {
			t.Setenv(name, "")
		}
	}
	t.Setenv("PATH", t.TempDir())
}

// limited is a context that ends a hanging test.
func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// onAppService makes the process one in App Service, with the cloud's identity endpoint.
func (s *stage) onAppService(t *testing.T) {
	t.Helper()
	azuretest.Setenv(t, s.AppServiceEnviron()...)
}

// admit makes a database user, in PostgreSQL a role, for an identity of the cloud, which it returns.
func (s *stage) admit(t *testing.T, id azuretest.Identity) azuretest.Identity {
	t.Helper()
	require.NoError(t, s.newUser(limited(t), id.Name))
	return id
}

// userAssigned is a new user-assigned managed identity of the host, with a role.
func (s *stage) userAssigned(t *testing.T) azuretest.Identity {
	t.Helper()
	return s.admit(t, s.AddUserAssigned(azuretest.Identity{}))
}

// libpq is the shared server's connection string as Service Connector writes it for client type go, with the port.
func (s *stage) libpq(user string) string {
	return libpqAt(s.server.Addr(), s.server.Database, user)
}

// libpqAt is such a string for an address "host:port"; user may be empty.
func libpqAt(address, database, user string) string {
	host, port, _ := strings.Cut(address, ":")
	text := fmt.Sprintf("host=%s port=%s dbname=%s sslmode=require", host, port, database)
	if user != "" {
		text += " user=" + user
	}
	return text
}

// options reach the stage: its cloud's endpoints and its server's certificate. environ is the whole environment.
func (s *stage) options(environ ...string) *passwordless.Options {
	return &passwordless.Options{
		Environ:      func() []string { return environ },
		Transport:    s.transport,
		TrustedHosts: []string{loopback},
		RootCAs:      []*x509.Certificate{s.CA().Certificate()},
	}
}

// ownTransport is Cloud.Transport for one test. The library shares credentials and tokens only among connections
// with one transport, and so not with another test's, which may have been on another host.
type ownTransport struct{ *http.Client }

// setTrust makes the process's environment trust the shared servers, for sql.Open, which takes no options.
func (s *stage) setTrust(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, s.CA().WriteFile(file))
	t.Setenv("PASSWORDLESS_CA_FILE", file)
	t.Setenv("PASSWORDLESS_TRUSTED_HOSTS", loopback)
}

// inject is Cloud.Inject until the test ends.
func (s *stage) inject(t *testing.T, f azuretest.Fault) {
	t.Helper()
	t.Cleanup(s.Inject(f))
}

// mark and since are for counting: the cloud's log goes on from test to test.
func (s *stage) mark() int { return len(s.Requests()) }

// since lists the requests for a token after mark, at the endpoints given or at all of them. A renewal in the
// background may outlive the test that caused it; those are left out.
func (s *stage) since(mark int, endpoints ...azuretest.Endpoint) []azuretest.Request {
	return slices.DeleteFunc(s.Requests()[mark:], func(r azuretest.Request) bool {
		return !r.Token || s.earlier[r.Name] || s.earlier[r.Identity] || len(endpoints) > 0 && !slices.Contains(endpoints, r.Endpoint)
	})
}

// frontEnd is a server that refuses in Azure's own words. Who logs in gets a session of the shared server as role.
func (s *stage) frontEnd(t *testing.T, role string) *postgresfront.Server {
	t.Helper()
	backend, err := s.server.BackendConninfo()
	require.NoError(t, err)
	front, err := postgresfront.Start(s.Cloud, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Backend: backend + " user=" + role}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, front.Close()) })
	return front
}

// libpqTo is libpq for a front end.
func (s *stage) libpqTo(front *postgresfront.Server, user string) string {
	return libpqAt(front.Addr(), s.server.Database, user)
}

// openDB is postgres.OpenDB until the test ends.
func openDB(t *testing.T, name string, o *passwordless.Options) *sql.DB {
	t.Helper()
	db, err := postgres.OpenDB(name, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// openPool is postgres.NewPool until the test ends.
func openPool(t *testing.T, name string, o *passwordless.Options) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.NewPool(limited(t), name, o)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// newConnector is postgres.NewConnector until the test ends.
func newConnector(t *testing.T, name string, o *passwordless.Options) *postgres.Connector {
	t.Helper()
	c, err := postgres.NewConnector(name, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	return c
}

// requireUser asserts which user a database is logged in with.
func requireUser(t *testing.T, want string, db *sql.DB) {
	t.Helper()
	requireText(t, want, db, "select current_user")
}

// requireText asserts what a query of one row and column answers.
func requireText(t *testing.T, want string, db *sql.DB, query string) {
	t.Helper()
	var got string
	require.NoError(t, db.QueryRowContext(limited(t), query).Scan(&got))
	require.Equal(t, want, got)
}

// requirePoolUser is requireUser for a pool.
func requirePoolUser(t *testing.T, want string, pool *pgxpool.Pool) {
	t.Helper()
	var user string
	require.NoError(t, pool.QueryRow(limited(t), "select current_user").Scan(&user))
	require.Equal(t, want, user)
}
