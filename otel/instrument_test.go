package passwordlessotel_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/dbconv"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/metrics"
	"github.com/azuredb/passwordless/internal/observe"
	passwordlessotel "github.com/azuredb/passwordless/otel"
)

func instrument(t testing.TB, w *world) (read func() map[point]float64, spans *tracetest.SpanRecorder, tracers *sdktrace.TracerProvider, stop func() error) {
	meters, reader := newMeters(t)
	spans = tracetest.NewSpanRecorder()
	tracers = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	stop, err := passwordlessotel.Instrument(meters, tracers)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, stop()) })
	return func() map[point]float64 { return collect(t, reader, w.server.Port()) }, spans, tracers, stop
}

// Two databases of one identity: one token request, a login each, and one that is refused.
func TestInstrument(t *testing.T) {
	w := newWorld(t)
	read, spans, tracers, stop := instrument(t, w)
	first, second := w.open(t), w.open(t)
	assert.Empty(t, read(), "before the first login there is no token")

	ctx, parent := tracers.Tracer("app").Start(t.Context(), "request")
	require.NoError(t, first.PingContext(ctx))
	parent.End()
	require.NoError(t, second.PingContext(t.Context()))
	w.server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Times: 1, Err: &pgconn.PgError{Code: "53300", Message: "sorry, too many clients already"}})
	first.SetMaxIdleConns(0) // so that the next one logs in
	require.Error(t, first.PingContext(t.Context()))

	got := read()
	ok, kind := outcome("ok"), attribute.String("passwordless.identity.kind", "user-assigned managed identity")
	busy := w.ofServer(outcome("failed"), attribute.String("error.type", "too-many-connections"))
	age, expiry := at("passwordless.token.age", w.ofServer()), at("passwordless.token.expiry", w.ofServer())
	assert.InDelta(t, 0, got[age], 60)
	assert.InDelta(t, 24*3600, got[expiry], 24*3600)
	assert.Positive(t, got[expiry])
	delete(got, age)
	delete(got, expiry)
	renewal := at("passwordless.token.renewal", w.ofServer())
	assert.Positive(t, got[renewal])
	delete(got, renewal)
	assert.Equal(t, map[point]float64{
		at("passwordless.login.duration", w.ofServer(ok)):                     2,
		at("passwordless.login.duration", busy):                               1,
		at("passwordless.token.wait.duration", w.ofServer(ok)):                3,
		at("passwordless.token.request.duration", attribute.NewSet(ok, kind)): 1,
	}, got)

	ended := spans.Ended()
	names := map[string]int{}
	for _, s := range ended {
		names[s.Name()]++
	}
	assert.Equal(t, map[string]int{"request": 1, "passwordless.login": 3, "passwordless.token.request": 1}, names)
	login := ended[1]
	assert.Equal(t, parent.SpanContext().SpanID(), login.Parent().SpanID())
	assert.Less(t, login.StartTime(), login.EndTime())
	set := w.ofServer(ok)
	assert.Equal(t, set.ToSlice(), func() []attribute.KeyValue { s := attribute.NewSet(login.Attributes()...); return s.ToSlice() }())
	assert.Equal(t, codes.Error, ended[len(ended)-1].Status().Code)
	assert.Equal(t, "too-many-connections", ended[len(ended)-1].Status().Description)

	require.NoError(t, stop())
	require.NoError(t, stop(), "any number of times")
	require.NoError(t, first.PingContext(t.Context()))
	after := read()
	assert.Equal(t, 2.0, after[at("passwordless.login.duration", w.ofServer(ok))], "stopped")
	assert.NotContains(t, after, age)
	assert.Len(t, spans.Ended(), len(ended))
}

func TestInstrumentPools(t *testing.T) {
	w := newWorld(t)
	meters, reader := newMeters(t)
	db := w.open(t)
	db.SetMaxOpenConns(5)
	pool := w.openPool(t)
	stopDB, err := passwordlessotel.InstrumentDB(meters, "orders", db)
	require.NoError(t, err)
	stopPool, err := passwordlessotel.InstrumentPool(meters, "queue", pool)
	require.NoError(t, err)
	require.NoError(t, db.PingContext(t.Context()))
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)

	of := func(pool string, more ...attribute.KeyValue) attribute.Set {
		return attribute.NewSet(append(more, semconv.DBClientConnectionPoolName(pool))...)
	}
	count, limit := dbconv.ClientConnectionCount{}.Name(), dbconv.ClientConnectionMax{}.Name()
	got := collect(t, reader)
	for p, want := range map[point]float64{
		at(count, of("orders", semconv.DBClientConnectionStateIdle)): 1,
		at(count, of("orders", semconv.DBClientConnectionStateUsed)): 0,
		at(limit, of("orders")): 5,
		at(count, of("queue", semconv.DBClientConnectionStateUsed)): 1,
		at(count, of("queue", semconv.DBClientConnectionStateIdle)): 0,
		at(limit, of("queue")): float64(pool.Config().MaxConns),
		at(dbconv.ClientConnectionTimeouts{}.Name(), of("queue")): 0,
	} {
		assert.Contains(t, got, p)
		assert.Equal(t, want, got[p], p.name)
	}
	conn.Release()
	require.NoError(t, stopDB())
	require.NoError(t, stopPool())
	assert.Empty(t, collect(t, reader))
}

// What the semantic conventions have a name for has that name.
func TestSemanticConventions(t *testing.T) {
	for want, got := range map[attribute.Key]string{
		semconv.DBSystemNameKey: metrics.System, semconv.ServerAddressKey: metrics.Address, semconv.ServerPortKey: metrics.Port,
		semconv.ErrorTypeKey: metrics.Error, semconv.DBClientConnectionPoolNameKey: metrics.PoolName, semconv.DBClientConnectionStateKey: metrics.State,
	} {
		assert.EqualValues(t, want, got)
	}
	assert.Equal(t, semconv.ErrorTypeOther.Value.AsString(), observe.Other)
	for engine, want := range map[dsn.Engine]attribute.KeyValue{
		dsn.PostgreSQL: semconv.DBSystemNamePostgreSQL, dsn.MySQL: semconv.DBSystemNameMySQL, dsn.SQLServer: semconv.DBSystemNameMicrosoftSQLServer,
	} {
		assert.Equal(t, want.Value.AsString(), metrics.Of(observe.Event{Kind: observe.Login, Engine: engine}).Values[0])
	}
}

// Without any setup it does nothing, as the global providers do.
func TestNilProviders(t *testing.T) {
	stop, err := passwordlessotel.Instrument(nil, nil)
	require.NoError(t, err)
	observe.Emit(t.Context(), login)
	require.NoError(t, stop())
	stop, err = passwordlessotel.InstrumentDB(noopmetric.NewMeterProvider(), "x", newWorld(t).open(t))
	require.NoError(t, err)
	require.NoError(t, stop())
}

var login = observe.Event{
	Kind: observe.Login, Engine: dsn.PostgreSQL, Host: dsn.Host{Name: "orders.postgres.database.azure.com", Port: 5432},
	Identity: passwordless.SystemAssigned, Duration: time.Millisecond, Outcome: observe.OK,
}

// Events, readers, and who comes and goes.
func TestConcurrency(t *testing.T) {
	meters, reader := newMeters(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			stop, err := passwordlessotel.Instrument(meters, nil)
			assert.NoError(t, err)
			for range 100 {
				observe.Emit(context.Background(), login)
			}
			collect(t, reader)
			assert.NoError(t, stop())
		})
	}
	all.Wait()
	var n float64
	for _, v := range collect(t, reader) {
		n += v
	}
	assert.GreaterOrEqual(t, n, 400.0, "each has counted at least its own")
}

// mostAllocs is what counting a login, which takes milliseconds, may cost without spans.
const mostAllocs = 16

func TestAllocs(t *testing.T) {
	meters, _ := newMeters(t)
	stop, err := passwordlessotel.Instrument(meters, nil)
	require.NoError(t, err)
	defer func() { assert.NoError(t, stop()) }()
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { observe.Emit(t.Context(), login) }), float64(mostAllocs))
}

func BenchmarkLogin(b *testing.B) {
	meters, _ := newMeters(b)
	stop, err := passwordlessotel.Instrument(meters, nil)
	require.NoError(b, err)
	defer func() { assert.NoError(b, stop()) }()
	b.ReportAllocs()
	for b.Loop() {
		observe.Emit(b.Context(), login)
	}
}
