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
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/postgres"
)

// limit and tick are for waiting: how long at most, and how often to look.
const (
	limit = 30 * time.Second
	tick  = time.Millisecond
)

// azureName is a name of Azure's in the shared server's certificate, for tests whose dialer leads there.
const azureName = "e2e.postgres.database.azure.com"

// stage is the cloud and the real PostgreSQL that the end-to-end tests share; the server admits only who has a
// token of the cloud. Tests run one after another. Each uses identities of its own: the roles stay, and MSAL
// keeps one cache of managed identity tokens per process.
type stage struct {
	*azuretest.Cloud
	server    *lab.Postgres
	transport *ownTransport   // of one test
	earlier   map[string]bool // who asked for tokens in earlier tests, by name and by ID
}

// shared starts the stage when the first test needs it; TestMain ends it.
var shared = sync.OnceValues(startStage)

var closeStage = func() error { return nil }

func TestMain(m *testing.M) {
	code := m.Run()
	if err := closeStage(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func startStage() (*stage, error) {
	cloud, err := azuretest.Start(nil)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := lab.StartInstalledPostgres(ctx, cloud, &lab.PostgresOptions{Names: []string{"localhost", "127.0.0.1", azureName}})
	if err != nil {
		return nil, err
	}
	closeStage = func() error {
		if err := server.Close(); err != nil {
			return err
		}
		return cloud.Close()
	}
	return &stage{Cloud: cloud, server: server}, nil
}

// onStage is the first line of an end-to-end test, and not of its subtests. For the test's time the process's
// environment says nothing of Azure or PostgreSQL, and no program is on PATH.
func onStage(t *testing.T) *stage {
	t.Helper()
	lab.RequirePostgres(t)
	s, err := shared()
	require.NoError(t, err)
	isolate(t)
	earlier := map[string]bool{}
	for _, r := range s.Requests() {
		earlier[r.Name], earlier[r.Identity] = true, true
	}
	delete(earlier, "")
	return &stage{s.Cloud, s.server, &ownTransport{s.Transport()}, earlier}
}

// isolate hides what this machine itself would tell the library, azidentity, MSAL or pgx.
func isolate(t *testing.T) {
	t.Helper()
	told := []string{"AZURE_", "IDENTITY_", "MSI_", "IMDS_", "PASSWORDLESS_", "PG", "NEON_", "SPRING",
		"POSTGRESQLCONNSTR_", "CUSTOMCONNSTR_", "DATABASE_URL", "HTTP_PROXY", "HTTPS_PROXY"}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		upper := strings.ToUpper(name)
		if upper != lab.EnvPostgres && slices.ContainsFunc(told, func(p string) bool { return strings.HasPrefix(upper, p) }) {
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

// admit makes a database role for an identity of the cloud, which it returns.
func (s *stage) admit(t *testing.T, id azuretest.Identity) azuretest.Identity {
	t.Helper()
	require.NoError(t, s.server.CreateRole(limited(t), id.Name))
	return id
}

// userAssigned is a new user-assigned managed identity of the host, with a role.
func (s *stage) userAssigned(t *testing.T) azuretest.Identity {
	t.Helper()
	return s.admit(t, s.AddUserAssigned(azuretest.Identity{}))
}

// libpq is the shared server's connection string as Service Connector writes it for client type go, with the port.
func (s *stage) libpq(user string) string {
	return libpqAt(s.server.Host, s.server.Port, s.server.Database, user)
}

func libpqAt(host string, port int, database, user string) string {
	return fmt.Sprintf("host=%s port=%d dbname=%s sslmode=require user=%s", host, port, database, user)
}

// options reach the stage: its cloud's endpoints and its server's certificate. environ is the whole environment.
func (s *stage) options(environ ...string) *connector.Options {
	return &connector.Options{
		Environ:      func() []string { return environ },
		Transport:    s.transport,
		TrustedHosts: []string{s.server.Host},
		RootCAs:      []*x509.Certificate{s.CA().Certificate()},
	}
}

// ownTransport is Cloud.Transport for one test. The library shares credentials and tokens only among connections
// with one transport, and so not with another test's, which may have been on another host.
type ownTransport struct{ *http.Client }

// setTrust makes the process's environment trust the shared server, for sql.Open, which takes no options.
func (s *stage) setTrust(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, s.CA().WriteFile(file))
	t.Setenv("PASSWORDLESS_CA_FILE", file)
	t.Setenv("PASSWORDLESS_TRUSTED_HOSTS", s.server.Host)
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
func (s *stage) frontEnd(t *testing.T, role string) *azuretest.PostgresServer {
	t.Helper()
	backend, err := s.server.BackendConninfo()
	require.NoError(t, err)
	front, err := s.StartPostgres(&azuretest.PostgresOptions{Backend: backend + " user=" + role})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, front.Close()) })
	return front
}

// libpqTo is libpq for a front end.
func (s *stage) libpqTo(front *azuretest.PostgresServer, user string) string {
	return libpqAt(front.Host(), front.Port(), s.server.Database, user)
}

// openDB is postgres.OpenDB until the test ends.
func openDB(t *testing.T, name string, o *connector.Options) *sql.DB {
	t.Helper()
	db, err := postgres.OpenDB(name, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// openPool is postgres.NewPool until the test ends.
func openPool(t *testing.T, name string, o *connector.Options) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.NewPool(limited(t), name, o)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// newConnector is postgres.NewConnector until the test ends.
func newConnector(t *testing.T, name string, o *connector.Options) *postgres.Connector {
	t.Helper()
	c, err := postgres.NewConnector(name, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	return c
}

// requireUser asserts as whom a database is logged in to.
func requireUser(t *testing.T, want string, db *sql.DB) {
	t.Helper()
	var user string
	require.NoError(t, db.QueryRowContext(limited(t), "select current_user").Scan(&user))
	require.Equal(t, want, user)
}

// requirePoolUser is requireUser for a pool.
func requirePoolUser(t *testing.T, want string, pool *pgxpool.Pool) {
	t.Helper()
	var user string
	require.NoError(t, pool.QueryRow(limited(t), "select current_user").Scan(&user))
	require.Equal(t, want, user)
}
