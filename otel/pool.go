package passwordlessotel

import (
	"database/sql"

	"go.opentelemetry.io/otel/metric"

	"github.com/azuredb/passwordless/internal/metrics"
)

// InstrumentDB measures the pool of a [sql.DB], or of what has its Stats, such as
// sqlx.DB. The name tells the pools of the process apart. The database is held, open or
// closed, until stop is called.
func InstrumentDB(meters metric.MeterProvider, name string, db interface{ Stats() sql.DBStats }) (stop func() error, err error) {
	return register(meterOf(meters), metrics.Pools, metrics.DB(name, db))
}

// InstrumentPool is [InstrumentDB] for a *pgxpool.Pool, which this package does not import.
func InstrumentPool[S metrics.PgxStat](meters metric.MeterProvider, name string, pool interface{ Stat() S }) (stop func() error, err error) {
	return register(meterOf(meters), metrics.Pools, metrics.Pgx(name, pool))
}

// observer gives one value of a metric to the provider that collects.
type observer func(metric.Observer, float64, metric.ObserveOption)

// newObserver makes the instrument of a metric: of floating point numbers for seconds.
func newObserver(m metric.Meter, d *metrics.Metric) (metric.Observable, observer, error) {
	help, unit := metric.WithDescription(d.Help), metric.WithUnit(d.Unit)
	var instrument metric.Float64Observable
	var counted metric.Int64Observable
	var err error
	switch {
	case d.Kind == metrics.Gauge:
		instrument, err = m.Float64ObservableGauge(d.Name, help, unit)
	case d.Kind == metrics.Counter && d.Unit == "s":
		instrument, err = m.Float64ObservableCounter(d.Name, help, unit)
	case d.Kind == metrics.Counter:
		counted, err = m.Int64ObservableCounter(d.Name, help, unit)
	default:
		counted, err = m.Int64ObservableUpDownCounter(d.Name, help, unit)
	}
	if counted != nil {
		return counted, func(o metric.Observer, v float64, with metric.ObserveOption) { o.ObserveInt64(counted, int64(v), with) }, err
	}
	return instrument, func(o metric.Observer, v float64, with metric.ObserveOption) { o.ObserveFloat64(instrument, v, with) }, err
}
