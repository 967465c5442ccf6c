package passwordlessprom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/azuredb/passwordless/internal/metrics"
)

// state is a collector of what is so now.
type state struct {
	descs   map[*metrics.Metric]*prometheus.Desc
	fixed   int // how many of the first labels have the same value in all samples
	samples func() []metrics.Sample
}

// newState makes the collector of samples whose first labels always have these values,
// which tell it apart from another one of the same metrics in a registry.
func newState(all []*metrics.Metric, values []string, samples func() []metrics.Sample) *state {
	s := &state{map[*metrics.Metric]*prometheus.Desc{}, len(values), samples}
	for _, m := range all {
		names, fixed := labels(m.Attributes), prometheus.Labels{}
		for i, value := range values {
			fixed[names[i]] = value
		}
		s.descs[m] = prometheus.NewDesc(m.Prometheus(), m.Help, names[len(values):], fixed)
	}
	return s
}

func newPool(name string, samples metrics.Pool) prometheus.Collector {
	return newState(metrics.Pools, []string{name}, samples)
}

// Describe implements [prometheus.Collector].
func (s *state) Describe(to chan<- *prometheus.Desc) {
	for _, d := range s.descs {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (s *state) Collect(to chan<- prometheus.Metric) {
	for _, sample := range s.samples() {
		kind := prometheus.GaugeValue
		if sample.Kind == metrics.Counter {
			kind = prometheus.CounterValue
		}
		to <- prometheus.MustNewConstMetric(s.descs[sample.Metric], kind, sample.Value, sample.Values[s.fixed:]...)
	}
}

func labels(attributes []string) []string {
	names := make([]string, len(attributes))
	for i, a := range attributes {
		names[i] = metrics.Label(a)
	}
	return names
}
