package metrics_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/metrics"
	"github.com/azuredb/passwordless/internal/observe"
)

var _ metrics.PgxStat = (*pgxpool.Stat)(nil)

// read is "name values" of each sample, with its value.
func read(samples []metrics.Sample) map[string]float64 {
	all := map[string]float64{}
	for _, s := range samples {
		all[s.Name+" "+strings.Join(s.Values, ",")] = s.Value
	}
	return all
}

func TestOfConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		status := func(host string, old, left time.Duration) passwordless.Status {
			return passwordless.Status{
				Engine: dsn.SQLServer, Hosts: []dsn.Host{{Name: host, Port: 1433}}, Kind: passwordless.SystemAssigned,
				Token: passwordless.Stats{ObtainedAt: now.Add(-old), ExpiresOn: now.Add(left), RefreshOn: now.Add(left / 2)},
			}
		}
		samples := metrics.OfConnections([]passwordless.Status{
			status("a", time.Minute, time.Hour), status("a", 2*time.Minute, 2*time.Hour), status("b\xff", 0, -2*time.Second),
			{Hosts: []dsn.Host{{Name: "without a token"}}},
		})
		a := "microsoft.sql_server,a,1433,system-assigned managed identity"
		b := strings.Replace(a, ",a,", ",b?,", 1)
		assert.Equal(t, map[string]float64{
			"passwordless.token.age " + a: 120, "passwordless.token.expiry " + a: 3600, "passwordless.token.renewal " + a: 1800,
			"passwordless.token.age " + b: 0, "passwordless.token.expiry " + b: -2, "passwordless.token.renewal " + b: -1,
		}, read(samples))
	})
}

func TestOfEvent(t *testing.T) {
	e := observe.Event{
		Engine: dsn.PostgreSQL, Host: dsn.Host{Name: "h", Port: 5432}, Identity: passwordless.AzureCLI,
		Duration: 1500 * time.Millisecond, Outcome: observe.Refused, ErrorType: "wrong-role",
	}
	want := map[observe.Kind]metrics.Sample{
		observe.Login:        {Value: 1.5, Values: []string{"postgresql", "h", "5432", "Azure CLI sign-in", "refused", "wrong-role"}},
		observe.TokenWait:    {Value: 1.5, Values: []string{"postgresql", "h", "5432", "Azure CLI sign-in", "refused", "wrong-role"}},
		observe.TokenRequest: {Value: 1.5, Values: []string{"Azure CLI sign-in", "refused", "wrong-role"}},
		observe.Retired:      {Value: 1, Values: []string{"postgresql", "h", "5432", "Azure CLI sign-in"}},
	}
	var names []string
	for kind := observe.Login; kind <= observe.Retired; kind++ {
		e.Kind = kind
		s := metrics.Of(e)
		assert.Contains(t, metrics.Events, s.Metric)
		assert.Len(t, s.Values, len(s.Attributes))
		names, s.Metric = append(names, s.Name), nil
		assert.Equal(t, want[kind], s)
	}
	assert.Len(t, slices.Compact(names), len(metrics.Events), "each kind has its own")
}

type db sql.DBStats

func (d db) Stats() sql.DBStats { return sql.DBStats(d) }

func TestPools(t *testing.T) {
	stats := db{InUse: 2, Idle: 1, WaitCount: 3, WaitDuration: time.Second, MaxIdleClosed: 4, MaxIdleTimeClosed: 5, MaxLifetimeClosed: 6}
	want := map[string]float64{
		"db.client.connection.count orders,used": 2, "db.client.connection.count orders,idle": 1,
		"passwordless.pool.waits orders": 3, "passwordless.pool.wait.duration orders": 1,
		"passwordless.pool.closed orders,max_idle": 4, "passwordless.pool.closed orders,idle_time": 5, "passwordless.pool.closed orders,lifetime": 6,
	}
	assert.Equal(t, want, read(metrics.DB("orders", stats)()), "without a limit")
	stats.MaxOpenConnections = 10
	want["db.client.connection.max orders"] = 10
	assert.Equal(t, want, read(metrics.DB("orders", stats)()))

	cfg, err := pgxpool.ParseConfig("pool_max_conns=7")
	require.NoError(t, err)
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer pool.Close()
	assert.Equal(t, map[string]float64{
		"db.client.connection.count orders,used": 0, "db.client.connection.count orders,idle": 0, "db.client.connection.max orders": 7,
		"db.client.connection.timeouts orders": 0, "passwordless.pool.waits orders": 0, "passwordless.pool.wait.duration orders": 0,
		"passwordless.pool.closed orders,idle_time": 0, "passwordless.pool.closed orders,lifetime": 0,
	}, read(metrics.Pgx("orders", pool)()))
}

func TestPrometheusNames(t *testing.T) {
	for want, m := range map[string]*metrics.Metric{
		"passwordless_login_duration_seconds":           metrics.Events[0],
		"passwordless_connection_retired_total":         metrics.Events[3],
		"db_client_connection_count":                    metrics.Pools[0],
		"passwordless_pool_wait_duration_seconds_total": metrics.Pools[4],
	} {
		assert.Equal(t, want, m.Prometheus())
	}
}
