package passwordlessprom_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/observe"
	"github.com/azuredb/passwordless/postgres"
	passwordlessprom "github.com/azuredb/passwordless/prometheus"
	"github.com/azuredb/passwordless/sqlserver"
)

// The metrics of a login, as Prometheus reads them.
func TestCollector(t *testing.T) {
	cloud := azuretest.New(t)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	server := sqlservertest.New(t, cloud, nil)
	azuretest.Setenv(t, cloud.AppServiceEnviron()...)
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(passwordlessprom.NewCollector()))
	n, err := testutil.GatherAndCount(registry)
	require.NoError(t, err)
	assert.Zero(t, n, "before the first login")

	db, err := sqlserver.OpenDB(fmt.Sprintf("server=127.0.0.1;port=%d;database=orders;fedauth=ActiveDirectoryManagedIdentity;user id=%s", server.Port(), id.ClientID),
		&passwordless.Options{TrustedHosts: []string{"127.0.0.1"}, RootCAs: []*x509.Certificate{cloud.CA().Certificate()}})
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(4)
	require.NoError(t, registry.Register(passwordlessprom.NewDBCollector("orders", db)))
	require.NoError(t, db.PingContext(t.Context()))

	text := gather(t, registry)
	of := fmt.Sprintf(`db_system_name="microsoft.sql_server",error_type="",passwordless_identity_kind="user-assigned managed identity",passwordless_outcome="ok",server_address="127.0.0.1",server_port="%d"`, server.Port())
	assert.Contains(t, text, "passwordless_login_duration_seconds_count{"+of+"} 1\n")
	assert.Contains(t, text, "passwordless_token_wait_duration_seconds_count{"+of+"} 1\n")
	assert.Contains(t, text, `passwordless_token_request_duration_seconds_count{error_type="",passwordless_identity_kind="user-assigned managed identity",passwordless_outcome="ok"} 1`+"\n")
	assert.Regexp(t, `(?m)^passwordless_token_age_seconds{.*} \d`, text)
	assert.Regexp(t, `(?m)^passwordless_token_expiry_seconds{.*} [\d.e+]+$`, text)
	assert.Contains(t, text, `db_client_connection_count{db_client_connection_pool_name="orders",db_client_connection_state="idle"} 1`+"\n")
	assert.Contains(t, text, `db_client_connection_max{db_client_connection_pool_name="orders"} 4`+"\n")
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Len(t, problems, 1)
	assert.Equal(t, "db_client_connection_count", problems[0].Metric, "whose name is OpenTelemetry's")
}

// gather is all that the registry has, in Prometheus' text format.
func gather(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code, answer.Body)
	return answer.Body.String()
}

var login = observe.Event{
	Kind: observe.Login, Engine: dsn.PostgreSQL, Host: dsn.Host{Name: "orders.postgres.database.azure.com", Port: 5432},
	Identity: passwordless.SystemAssigned, Duration: time.Millisecond, Outcome: observe.OK,
}

// Pools are told apart by their names.
func TestPoolCollectors(t *testing.T) {
	pool, err := postgres.NewPool(t.Context(), "host=h.postgres.database.azure.com user=u", &passwordless.Options{Environ: func() []string { return nil }})
	require.NoError(t, err)
	defer pool.Close()
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(passwordlessprom.NewPoolCollector("a", pool)))
	require.NoError(t, registry.Register(passwordlessprom.NewPoolCollector("b", pool)))
	err = registry.Register(passwordlessprom.NewPoolCollector("b", pool))
	_, again := errors.AsType[prometheus.AlreadyRegisteredError](err)
	assert.True(t, again, "%v", err)
	assert.Regexp(t, `(?s)db_client_connection_max{db_client_connection_pool_name="a"} \d+\n`+
		`db_client_connection_max{db_client_connection_pool_name="b"} \d+\n`, gather(t, registry))
}

// Each has its own counts. One that was dropped counts no longer.
func TestCollectorIsDropped(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	c := passwordlessprom.NewCollector()
	require.NoError(t, registry.Register(c))
	other := passwordlessprom.NewCollector()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				observe.Emit(t.Context(), login)
			}
			gather(t, registry)
		})
	}
	all.Wait()
	assert.Regexp(t, `(?m)^passwordless_login_duration_seconds_count{.*} 400$`, gather(t, registry))
	assert.Equal(t, 1, testutil.CollectAndCount(other))
	assert.True(t, registry.Unregister(c))
	c, other = nil, nil
	requireNoListeners(t)
}

// requireNoListeners waits for the end of collectors that nobody has any more.
func requireNoListeners(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		runtime.GC()
		return !observe.Active()
	}, 10*time.Second, time.Millisecond)
}

// mostAllocs is what counting a login, which takes milliseconds, may cost.
const mostAllocs = 2

func TestAllocs(t *testing.T) {
	requireNoListeners(t)
	c := passwordlessprom.NewCollector()
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { observe.Emit(t.Context(), login) }), float64(mostAllocs))
	runtime.KeepAlive(c)
}

func BenchmarkLogin(b *testing.B) {
	c := passwordlessprom.NewCollector()
	b.ReportAllocs()
	for b.Loop() {
		observe.Emit(b.Context(), login)
	}
	runtime.KeepAlive(c)
}
