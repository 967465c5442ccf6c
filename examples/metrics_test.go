package examples_test

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.yaml.in/yaml/v3"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/observe"
	passwordlessotel "github.com/azuredb/passwordless/otel"
	"github.com/azuredb/passwordless/postgres"
	passwordlessprom "github.com/azuredb/passwordless/prometheus"
)

// exported is the label names of each metric, by the names that expressions use.
type exported map[string]map[string]bool

// export is what a registry has.
func export(t *testing.T, registry *prometheus.Registry) exported {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	all := exported{}
	for _, f := range families {
		names := map[string]bool{}
		for _, m := range f.Metric {
			for _, l := range m.Label {
				if l.GetValue() != "" && !strings.HasPrefix(l.GetName(), "otel_scope_") {
					names[l.GetName()] = true
				}
			}
		}
		if f.Metric[0].Histogram == nil {
			all[f.GetName()] = names
			continue
		}
		all[f.GetName()+"_count"] = names
		all[f.GetName()+"_bucket"] = maps.Clone(names)
		all[f.GetName()+"_bucket"]["le"] = true
	}
	delete(all, "target_info")
	return all
}

// exports are those of both modules, after a login and a refusal with each kind of pool.
func exports(t *testing.T) (fromPrometheus, fromOTel exported) {
	own, bridged := prometheus.NewPedanticRegistry(), prometheus.NewPedanticRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(bridged))
	require.NoError(t, err)
	meters := metric.NewMeterProvider(metric.WithReader(reader))
	own.MustRegister(passwordlessprom.NewCollector())
	stop, err := passwordlessotel.Instrument(meters, nil)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, stop()) })

	cloud := azuretest.New(t)
	server := postgrestest.New(t, cloud, nil)
	cloud.AddSystemAssigned(azuretest.Identity{Name: "app"})
	azuretest.Setenv(t, cloud.AppServiceEnviron()...)
	o := &passwordless.Options{TrustedHosts: []string{"127.0.0.1"}, RootCAs: []*x509.Certificate{cloud.CA().Certificate()}}
	s := fmt.Sprintf("host=127.0.0.1 port=%d dbname=orders user=app sslmode=require", server.Port())
	db, err := postgres.OpenDB(s, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	db.SetMaxOpenConns(4)
	pool, err := postgres.NewPool(t.Context(), s, o)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	own.MustRegister(passwordlessprom.NewDBCollector("shop", db), passwordlessprom.NewPoolCollector("jobs", pool))
	_, err = passwordlessotel.InstrumentDB(meters, "shop", db)
	require.NoError(t, err)
	_, err = passwordlessotel.InstrumentPool(meters, "jobs", pool)
	require.NoError(t, err)

	require.NoError(t, db.PingContext(t.Context()))
	server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "28P01", Message: "no"}})
	require.Error(t, pool.Ping(t.Context()))
	for _, e := range []observe.Event{ // what needs a server that fails and one of SQL Server's
		{Kind: observe.TokenRequest, Outcome: observe.Failed, ErrorType: observe.Other},
		{Kind: observe.TokenWait, Outcome: observe.Failed, ErrorType: observe.Other},
		{Kind: observe.Retired, Engine: dsn.SQLServer, Host: dsn.Host{Name: "h"}},
	} {
		observe.Emit(t.Context(), e)
	}
	return export(t, own), export(t, bridged)
}

// One dashboard serves both modules, and shows what there is.
func TestMetricsHaveTheSameNames(t *testing.T) {
	own, bridged := exports(t)
	assert.Equal(t, own, bridged)
	used := map[string]bool{}
	for _, x := range append(alerts(t), panels(t)...) {
		for _, name := range check(t, own, x) {
			used[name] = true
		}
	}
	for name := range own {
		base, _, _ := strings.Cut(strings.TrimSuffix(name, "_count"), "_bucket")
		assert.True(t, used[name] || used[base+"_count"] || used[base+"_bucket"] || strings.HasPrefix(name, "db_client_connection_timeouts"), "%s is on no panel", name)
	}
}

// check parses an expression, whose metrics and labels must be exported, and returns the metrics.
func check(t *testing.T, all exported, text string) (names []string) {
	t.Helper()
	text = strings.NewReplacer("$__rate_interval", "5m", "$server", ".*").Replace(text)
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if !assert.NoError(t, err, text) {
		return nil
	}
	known := map[string]bool{"job": true, "instance": true} // which Prometheus adds
	var grouped []string
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			has, ok := all[n.Name]
			assert.True(t, ok, "%s is not exported: %s", n.Name, text)
			names = append(names, n.Name)
			maps.Copy(known, has)
			for _, m := range n.LabelMatchers {
				assert.True(t, m.Name == "__name__" || has[m.Name], "%s has no label %s", n.Name, m.Name)
			}
		case *parser.AggregateExpr:
			grouped = append(grouped, n.Grouping...)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				grouped = append(grouped, n.VectorMatching.MatchingLabels...)
			}
		}
		return nil
	})
	for _, label := range grouped {
		assert.True(t, known[label], "no metric has the label %s: %s", label, text)
	}
	require.NotEmpty(t, names, text)
	return names
}

// alerts are the expressions of the rules.
func alerts(t *testing.T) (exprs []string) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	d := yaml.NewDecoder(strings.NewReader(read(t, "../docs/metrics/alerts.yaml")))
	d.KnownFields(true)
	require.NoError(t, d.Decode(&file))
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			assert.Contains(t, read(t, "../docs/metrics.md"), "`"+r.Alert+"`")
			assert.NotEmpty(t, r.Annotations["summary"], r.Alert)
			for _, label := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(fmt.Sprint(r.Annotations), -1) {
				assert.Contains(t, r.Expr, label[1], r.Alert)
			}
			exprs = append(exprs, r.Expr)
		}
	}
	require.Len(t, exprs, 3)
	return exprs
}

// panels are the expressions of the dashboard.
func panels(t *testing.T) (exprs []string) {
	t.Helper()
	var board struct {
		Panels []struct {
			Title, Type string
			ID          int
			Targets     []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(read(t, "../docs/metrics/dashboard.json")), &board))
	ids := map[int]bool{}
	for _, p := range board.Panels {
		ids[p.ID] = true
		require.NotEmpty(t, p.Targets, p.Title)
		for _, target := range p.Targets {
			exprs = append(exprs, target.Expr)
		}
	}
	assert.Len(t, ids, len(board.Panels), "each panel has an ID of its own")
	return exprs
}

// Whoever measures with the one gets nothing of the other, of pgx or of the tests.
func TestMetricsModulesAreApart(t *testing.T) {
	common := []string{"github.com/jackc/", "github.com/go-sql-driver/", "github.com/microsoft/", "github.com/stretchr/", "github.com/azuredb/passwordless/azuretest"}
	for name, unlinked := range map[string][]string{"otel": {"github.com/prometheus/"}, "prometheus": {"go.opentelemetry.io/"}} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "github.com/azuredb/passwordless/"+name).Output()
		require.NoError(t, err)
		mod := read(t, "../"+name+"/go.mod")
		for _, prefix := range unlinked {
			assert.NotContains(t, mod, prefix)
		}
		for _, prefix := range slices.Concat(common, unlinked) {
			assert.NotContains(t, string(out), "\n"+prefix, name)
		}
	}
}
