// Package metrics has the metrics of the library: what they are called, and their values.
// The modules otel and prometheus, which export them, know no metric by name, so that
// both do so in the same words.
package metrics

import "strings"

// Kind is what a metric is to OpenTelemetry.
type Kind uint8

// The kinds of metrics.
const (
	Histogram Kind = iota + 1 // of seconds
	Counter
	UpDownCounter
	Gauge
)

// Metric is one metric, by OpenTelemetry's name.
type Metric struct {
	Name       string
	Kind       Kind
	Unit       string
	Help       string
	Attributes []string
}

// Bounds are the buckets of the histograms, in seconds.
var Bounds = []float64{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

// The attributes. Those that OpenTelemetry's semantic conventions have are theirs.
const (
	System   = "db.system.name"
	Address  = "server.address"
	Port     = "server.port"
	Error    = "error.type"
	PoolName = "db.client.connection.pool.name"
	State    = "db.client.connection.state"
	Identity = "passwordless.identity.kind"
	Outcome  = "passwordless.outcome"
	Reason   = "passwordless.reason"
)

var (
	ofConnection = []string{System, Address, Port, Identity}
	ofPool       = []string{PoolName}
)

func with(attributes []string, more ...string) []string {
	return append(attributes[:len(attributes):len(attributes)], more...)
}

// Events are the metrics of what ends; [Of] has their values.
var (
	logins = &Metric{"passwordless.login.duration", Histogram, "s",
		"Time of a login to the database, with the token request that it waited for.", with(ofConnection, Outcome, Error)}
	waits = &Metric{"passwordless.token.wait.duration", Histogram, "s",
		"Time that a login took to get its token; more than a millisecond if it waited for a request.", with(ofConnection, Outcome, Error)}
	requests = &Metric{"passwordless.token.request.duration", Histogram, "s",
		"Time of a request to the issuer of tokens, whose token all connections of the identity share.", []string{Identity, Outcome, Error}}
	retired = &Metric{"passwordless.connection.retired", Counter, "{connection}",
		"Connections to SQL Server that were closed because the token that opened them was about to expire.", ofConnection}

	Events = []*Metric{logins, waits, requests, retired}
)

// Connections are the metrics of the open connectors and pools; [OfConnections] has their values.
var (
	age = &Metric{"passwordless.token.age", Gauge, "s",
		"Time since the token arrived; of several tokens the oldest.", ofConnection}
	expiry = &Metric{"passwordless.token.expiry", Gauge, "s",
		"Time until the token expires, negative afterwards; of several tokens the first to expire.", ofConnection}
	renewal = &Metric{"passwordless.token.renewal", Gauge, "s",
		"Time until the renewal of the token may begin, negative when it is overdue; of several tokens the most overdue.", ofConnection}

	Connections = []*Metric{age, expiry, renewal}
)

// Pools are the metrics of a pool; [DB] and [Pgx] have their values.
var (
	count = &Metric{"db.client.connection.count", UpDownCounter, "{connection}",
		"Connections of the pool, used or idle.", with(ofPool, State)}
	most = &Metric{"db.client.connection.max", UpDownCounter, "{connection}",
		"The most connections that the pool may open; absent if there is no limit.", ofPool}
	timeouts = &Metric{"db.client.connection.timeouts", Counter, "{timeout}",
		"Attempts to get a connection from a pgxpool that the caller's context ended.", ofPool}
	poolWaits = &Metric{"passwordless.pool.waits", Counter, "{wait}",
		"Attempts to get a connection for which none was idle.", ofPool}
	poolWait = &Metric{"passwordless.pool.wait.duration", Counter, "s",
		"Time that these took in all.", ofPool}
	closed = &Metric{"passwordless.pool.closed", Counter, "{connection}",
		"Connections that the pool closed, for being too many idle ones, idle too long or too old.", with(ofPool, Reason)}

	Pools = []*Metric{count, most, timeouts, poolWaits, poolWait, closed}
)

// Prometheus is the metric's name in Prometheus, as OpenTelemetry's exporter derives it.
func (m *Metric) Prometheus() string {
	name := Label(m.Name)
	if m.Unit == "s" {
		name += "_seconds"
	}
	if m.Kind == Counter {
		name += "_total"
	}
	return name
}

// Label is an attribute's name in Prometheus.
func Label(attribute string) string { return strings.ReplaceAll(attribute, ".", "_") }
