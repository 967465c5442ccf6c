// Package passwordlessotel gives OpenTelemetry the metrics of the library's tokens,
// logins and pools, and spans of logins and token requests. Two calls in a program:
//
//	stop, err := passwordlessotel.Instrument(nil, nil)                 // all connections of the process
//	stop, err := passwordlessotel.InstrumentDB(nil, "orders", db)      // the pool of a *sql.DB
//	stop, err := passwordlessotel.InstrumentPool(nil, "orders", pool)  // or of a *pgxpool.Pool
//
// What is measured is listed in docs/metrics.md. Statements are not: otelsql and otelpgx
// measure those, on top of the same connections. An attribute is never a token, a secret,
// a user or a text of a server: each has few values.
//
// All functions may be called by any number of goroutines at once. A nil provider is the
// global one of package otel, which may also be set later. Each call is in force until its
// stop is called, before the provider is shut down or after; the metrics keep their last
// values. Call Instrument once for each provider: what is called twice counts twice.
package passwordlessotel
