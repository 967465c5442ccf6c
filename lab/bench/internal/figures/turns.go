package figures

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Ours is this library's name among the contenders.
const Ours = "this library"

// Contender does the same as others, in its own way. It returns how long that took.
type Contender struct {
	Who string
	Do  func() (time.Duration, error)
}

// Pace is how long a comparison goes on.
type Pace struct {
	Rounds int
	Round  time.Duration // of all contenders together
}

// TakeTurns lets the contenders act alternately, so that what else the machine does meets all alike. The result is a
// median for each Contender and round.
func TakeTurns(p Pace, contenders []Contender) (rounds [][]time.Duration, err error) {
	for _, c := range contenders {
		if _, err := c.Do(); err != nil { // the first time is not counted
			return nil, err
		}
	}
	for range p.Rounds {
		times := make([][]time.Duration, len(contenders))
		for turn, end := 0, time.Now().Add(p.Round); turn == 0 || time.Now().Before(end); turn++ {
			for i := range contenders {
				i = (i + turn) % len(contenders) // so that each follows each
				took, err := contenders[i].Do()
				if err != nil {
					return nil, err
				}
				times[i] = append(times[i], took)
			}
		}
		var medians []time.Duration
		for _, t := range times {
			medians = append(medians, Median(t))
		}
		rounds = append(rounds, medians)
	}
	return rounds, nil
}

// Compare makes rows of the rounds' medians, in a unit. The last contender is what the others are compared with.
func Compare(r Row, unit time.Duration, contenders []Contender, rounds [][]time.Duration) []Row {
	values := func(i int) (all []float64) {
		for _, round := range rounds {
			all = append(all, float64(round[i])/float64(unit))
		}
		return all
	}
	last := len(contenders) - 1
	var rows []Row
	for i, c := range contenders {
		own := r
		own.Who, own.Value = c.Who, Median(values(i))
		if i != last {
			own.SetRatio(values(i), values(last))
		}
		rows = append(rows, own)
	}
	return rows
}

// SetRatio compares the values of rounds.
func (r *Row) SetRatio(values, with []float64) {
	ratios := make([]float64, len(values))
	for i := range values {
		ratios[i] = values[i] / with[i]
	}
	r.Ratio, r.Low, r.High = Median(ratios), slices.Min(ratios), slices.Max(ratios)
}

// Median is the middle value, of two in the middle the greater.
func Median[T time.Duration | float64](values []T) T {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// Timed is how long a function takes.
func Timed(do func() error) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		began := time.Now()
		err := do()
		return time.Since(began), err
	}
}

// Quantile is the value that the given share of values does not exceed.
func Quantile(values []float64, share float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[min(len(values)-1, int(share*float64(len(values))))]
}

// Metrics reads what go test prints of a sub-benchmark: the values of each unit.
func Metrics(out, name string) map[string][]float64 {
	found := map[string][]float64{}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) == 0 || !strings.Contains(fields[0], "/"+name+"-") {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, _ := strconv.ParseFloat(fields[i], 64) // go test's own
			found[fields[i+1]] = append(found[fields[i+1]], value)
		}
	}
	return found
}
