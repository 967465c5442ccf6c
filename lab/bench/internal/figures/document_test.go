package figures

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// BENCHMARKS.md and the chart are written, and never edited by hand.
func TestDocumentsAreMadeOfTheFigures(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..")
	figures, err := Load(filepath.Join(root, "docs", "benchmarks.json"))
	require.NoError(t, err)
	documents, err := figures.documents()
	require.NoError(t, err)
	for name, want := range documents {
		got, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		assert.True(t, want == string(got), "%s is not what its figures make: go run ./lab/bench -write", name)
	}
}

func TestMediansAndRatios(t *testing.T) {
	assert.Equal(t, 3.0, Median([]float64{5, 1, 3}))
	assert.Equal(t, 3*time.Second, Median([]time.Duration{time.Second, 3 * time.Second}))
	values := []float64{4, 1, 3, 2}
	assert.Equal(t, []float64{1, 3, 4}, []float64{Quantile(values, 0), Quantile(values, 0.5), Quantile(values, 1)})
	assert.Equal(t, []float64{4, 1, 3, 2}, values)

	rounds := [][]time.Duration{{20, 10}, {30, 20}, {60, 20}}
	assert.Equal(t, []Row{
		{Case: "c", Who: Ours, Value: 30, Ratio: 2, Low: 1.5, High: 3},
		{Case: "c", Who: "bare", Value: 20},
	}, Compare(Row{Case: "c"}, 1, []Contender{{Who: Ours}, {Who: "bare"}}, rounds))
}

func TestContendersTakeTurns(t *testing.T) {
	var order string
	act := func(who string, took time.Duration) Contender {
		return Contender{who, func() (time.Duration, error) { order += who; return took, nil }}
	}
	rounds, err := TakeTurns(Pace{Rounds: 3}, []Contender{act("a", 1), act("b", 2)})
	require.NoError(t, err)
	assert.Equal(t, [][]time.Duration{{1, 2}, {1, 2}, {1, 2}}, rounds)
	assert.Equal(t, "ab"+"abababab"[:6], order)
}

func TestNumbers(t *testing.T) {
	for want, f := range map[string]float64{"0": 0, "0.12": 0.123, "1.23": 1.234, "12.3": 12.34, "123": 123.4, "5": 5, "1,234": 1234.5, "1,234,567": 1234567} {
		assert.Equal(t, want, number(f))
	}
}

func TestReplaceKeepsOtherGroups(t *testing.T) {
	r := Record{Versions: map[string]string{}, Rows: []Row{{Group: "a", Who: "old"}, {Group: "b"}}}
	r.Replace("a", []Row{{Who: "new"}})
	assert.Equal(t, []Row{{Group: "b"}, {Group: "a", Who: "new"}}, r.Rows)
	assert.Contains(t, r.Machine, "cores of")
}

func TestGoTestsMetrics(t *testing.T) {
	out := "BenchmarkNewConnector/bare-2 \t 10 \t 40.5 ns/op\t 7 B/handle\nBenchmarkNewConnector/passwordless-2 \t 10 \t 50 ns/op\nPASS\n" +
		"BenchmarkNewConnector/bare-2 \t 10 \t 41 ns/op\t 8 B/handle\n"
	assert.Equal(t, map[string][]float64{"ns/op": {40.5, 41}, "B/handle": {7, 8}}, Metrics(out, "bare"))
}
