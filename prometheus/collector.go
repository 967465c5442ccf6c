package passwordlessprom

import (
	"context"
	"database/sql"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/metrics"
	"github.com/azuredb/passwordless/internal/observe"
)

// NewCollector measures the logins, token requests and tokens of all connectors and pools
// of the process, open or to be opened, with whatever options. It counts from now on, until
// it is unregistered and collected by the garbage collector.
func NewCollector() prometheus.Collector {
	counted := events{}
	c := &collector{tokens: newState(metrics.Connections, nil, func() []metrics.Sample {
		return metrics.OfConnections(passwordless.Statuses())
	})}
	for _, m := range metrics.Events {
		vec, record := newVec(m)
		c.events, counted[m] = append(c.events, vec), record
	}
	runtime.AddCleanup(c, func(stop func()) { stop() }, observe.Listen(counted.add))
	return c
}

// NewDBCollector measures the pool of a [sql.DB], or of what has its Stats, such as
// sqlx.DB. The name tells the pools of the process apart. The database is held, open or
// closed, until the collector is unregistered.
func NewDBCollector(name string, db interface{ Stats() sql.DBStats }) prometheus.Collector {
	return newPool(name, metrics.DB(name, db))
}

// NewPoolCollector is [NewDBCollector] for a *pgxpool.Pool, which this package does not import.
func NewPoolCollector[S metrics.PgxStat](name string, pool interface{ Stat() S }) prometheus.Collector {
	return newPool(name, metrics.Pgx(name, pool))
}

// collector has what was counted, and asks for the state of the tokens.
type collector struct {
	events []prometheus.Collector
	tokens *state
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, vec := range c.events {
		vec.Describe(to)
	}
	c.tokens.Describe(to)
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(to chan<- prometheus.Metric) {
	for _, vec := range c.events {
		vec.Collect(to)
	}
	c.tokens.Collect(to)
}

// events record the values of events. They must not refer to the collector, which could
// not be collected otherwise.
type events map[*metrics.Metric]func(metrics.Sample)

func (e events) add(_ context.Context, event observe.Event) {
	s := metrics.Of(event)
	e[s.Metric](s)
}

func newVec(m *metrics.Metric) (prometheus.Collector, func(metrics.Sample)) {
	if m.Kind == metrics.Counter {
		vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Prometheus(), Help: m.Help}, labels(m.Attributes))
		return vec, func(s metrics.Sample) { vec.WithLabelValues(s.Values...).Add(s.Value) }
	}
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: m.Prometheus(), Help: m.Help, Buckets: metrics.Bounds}, labels(m.Attributes))
	return vec, func(s metrics.Sample) { vec.WithLabelValues(s.Values...).Observe(s.Value) }
}
