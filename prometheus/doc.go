// Package passwordlessprom gives Prometheus the metrics of the library's tokens, logins
// and pools:
//
//	prometheus.MustRegister(passwordlessprom.NewCollector())                      // all connections of the process, from now on
//	prometheus.MustRegister(passwordlessprom.NewDBCollector("orders", db))        // the pool of a *sql.DB
//	prometheus.MustRegister(passwordlessprom.NewPoolCollector("orders", pool))    // or of a *pgxpool.Pool
//
// What is measured is listed in docs/metrics.md: the metrics of module otel, by the names
// that its exporter to Prometheus gives them. A label is never a token, a secret, a user or
// a text of a server: each has few values.
//
// All functions and collectors may be used by any number of goroutines at once.
package passwordlessprom
