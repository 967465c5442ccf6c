package passwordlessotel_test

import (
	"crypto/x509"
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
	"github.com/azuredb/passwordless/postgres"
)

// world is a host in Azure with an identity, and a server that takes its tokens.
type world struct {
	cloud   *azuretest.Cloud
	server  azuretest.Server
	options *passwordless.Options
}

func newWorld(t testing.TB) *world {
	t.Helper()
	cloud := azuretest.New(t)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	server := postgrestest.New(t, cloud, nil)
	azuretest.Setenv(t, cloud.AppServiceEnviron()...)
	environ := append(cloud.AppServiceEnviron(), "AZURE_POSTGRESQL_HOST=127.0.0.1", fmt.Sprintf("AZURE_POSTGRESQL_PORT=%d", server.Port()),
		"AZURE_POSTGRESQL_DATABASE=orders", "AZURE_POSTGRESQL_USER=app", "AZURE_POSTGRESQL_SSL=true", "AZURE_POSTGRESQL_CLIENTID="+id.ClientID)
	return &world{cloud, server, &passwordless.Options{
		TrustedHosts: []string{"127.0.0.1"}, RootCAs: []*x509.Certificate{cloud.CA().Certificate()},
		Environ: func() []string { return environ },
	}}
}

func (w *world) open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := postgres.OpenDB("", w.options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

func (w *world) openPool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.NewPool(t.Context(), "", w.options)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// ofServer are the attributes of the connections to the server, and more.
func (w *world) ofServer(more ...attribute.KeyValue) attribute.Set {
	return attribute.NewSet(append(more,
		attribute.String("db.system.name", "postgresql"), attribute.String("server.address", "127.0.0.1"), attribute.Int("server.port", w.server.Port()),
		attribute.String("passwordless.identity.kind", "user-assigned managed identity"))...)
}

func outcome(s string) attribute.KeyValue { return attribute.String("passwordless.outcome", s) }

// newMeters is a provider, and what reads it.
func newMeters(t testing.TB) (*sdkmetric.MeterProvider, sdkmetric.Reader) {
	reader := sdkmetric.NewManualReader()
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	t.Cleanup(func() { assert.NoError(t, meters.Shutdown(t.Context())) })
	return meters, reader
}

// point is one value of a metric: of a histogram the number of its values.
type point struct {
	name       string
	attributes attribute.Distinct
}

// collect reads all values of the provider, and of servers only those on the ports, if there are any: a pool of another
// test is gone only when the garbage has been collected.
func collect(t testing.TB, reader sdkmetric.Reader, ports ...int) map[point]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	points := map[point]float64{}
	for _, scope := range all.ScopeMetrics {
		assert.Equal(t, "github.com/azuredb/passwordless/otel", scope.Scope.Name)
		for _, m := range scope.Metrics {
			assert.NotEmpty(t, m.Description, m.Name)
			assert.NotEmpty(t, m.Unit, m.Name)
			add := func(set attribute.Set, v float64) {
				port, ofServer := set.Value("server.port")
				if !ofServer || len(ports) == 0 || slices.Contains(ports, int(port.AsInt64())) {
					points[point{m.Name, set.Equivalent()}] = v
				}
			}
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					add(p.Attributes, float64(p.Count))
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					add(p.Attributes, p.Value)
				}
			case metricdata.Sum[float64]:
				for _, p := range data.DataPoints {
					add(p.Attributes, p.Value)
				}
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					add(p.Attributes, float64(p.Value))
				}
			default:
				require.Fail(t, "unexpected data", "%s: %T", m.Name, data)
			}
		}
	}
	return points
}

func at(name string, set attribute.Set) point { return point{name, set.Equivalent()} }
