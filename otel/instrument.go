package passwordlessotel

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/metrics"
	"github.com/azuredb/passwordless/internal/observe"
)

// scope is the name of the instrumentation.
const scope = "github.com/azuredb/passwordless/otel"

// Instrument measures the logins, token requests and tokens of all connectors and pools
// of the process, open or to be opened, with whatever options, and makes spans of the first
// two: a login's is a child of the span in the context that asked for the connection.
func Instrument(meters metric.MeterProvider, tracers trace.TracerProvider) (stop func() error, err error) {
	m := meterOf(meters)
	events, err := newRecorders(m, metrics.Events)
	if err != nil {
		return nil, err
	}
	unregister, err := register(m, metrics.Connections, func() []metrics.Sample {
		return metrics.OfConnections(passwordless.Statuses())
	})
	if err != nil {
		return nil, err
	}
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	tracer := tracers.Tracer(scope)
	silence := observe.Listen(func(ctx context.Context, e observe.Event) {
		s := metrics.Of(e)
		attributes := attributesOf(s)
		span(ctx, tracer, e, attributes)
		events[s.Metric](ctx, s.Value, metric.WithAttributes(attributes...))
	})
	return func() error {
		silence()
		return unregister()
	}, nil
}

func meterOf(meters metric.MeterProvider) metric.Meter {
	if meters == nil {
		meters = otel.GetMeterProvider()
	}
	return meters.Meter(scope)
}

// recorder records one value of a metric.
type recorder func(context.Context, float64, metric.MeasurementOption)

func newRecorders(m metric.Meter, all []*metrics.Metric) (map[*metrics.Metric]recorder, error) {
	recorders := map[*metrics.Metric]recorder{}
	var errs []error
	for _, d := range all {
		help, unit := metric.WithDescription(d.Help), metric.WithUnit(d.Unit)
		if d.Kind == metrics.Counter {
			counter, err := m.Int64Counter(d.Name, help, unit)
			errs = append(errs, err)
			recorders[d] = func(ctx context.Context, v float64, o metric.MeasurementOption) { counter.Add(ctx, int64(v), o) }
			continue
		}
		histogram, err := m.Float64Histogram(d.Name, help, unit, metric.WithExplicitBucketBoundaries(metrics.Bounds...))
		errs = append(errs, err)
		recorders[d] = func(ctx context.Context, v float64, o metric.MeasurementOption) { histogram.Record(ctx, v, o) }
	}
	return recorders, errors.Join(errs...)
}

// span makes the span of a login or a token request that has ended.
func span(ctx context.Context, tracer trace.Tracer, e observe.Event, attributes []attribute.KeyValue) {
	name := ""
	switch e.Kind {
	case observe.Login:
		name = "passwordless.login"
	case observe.TokenRequest:
		name = "passwordless.token.request"
	default:
		return
	}
	_, s := tracer.Start(ctx, name, trace.WithTimestamp(e.Began), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
	if e.ErrorType != "" {
		s.SetStatus(codes.Error, e.ErrorType)
	}
	s.End(trace.WithTimestamp(e.Began.Add(e.Duration)))
}

// attributesOf are the sample's attributes, without those that are absent.
func attributesOf(s metrics.Sample) []attribute.KeyValue {
	attributes := make([]attribute.KeyValue, 0, len(s.Values))
	for i, key := range s.Attributes {
		switch value := s.Values[i]; {
		case value == "":
		case key == metrics.Port:
			port, _ := strconv.Atoi(value) // it was made of a number
			attributes = append(attributes, attribute.Int(key, port))
		default:
			attributes = append(attributes, attribute.String(key, value))
		}
	}
	return attributes
}

// register has the provider ask for samples whenever it collects.
func register(m metric.Meter, all []*metrics.Metric, samples func() []metrics.Sample) (unregister func() error, err error) {
	observers := map[*metrics.Metric]observer{}
	var instruments []metric.Observable
	var errs []error
	for _, d := range all {
		instrument, observe, err := newObserver(m, d)
		errs = append(errs, err)
		instruments, observers[d] = append(instruments, instrument), observe
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	r, err := m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, s := range samples() {
			observers[s.Metric](o, s.Value, metric.WithAttributes(attributesOf(s)...))
		}
		return nil
	}, instruments...)
	if err != nil {
		return nil, err
	}
	return sync.OnceValue(r.Unregister), nil
}
