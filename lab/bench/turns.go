package main

import (
	"slices"
	"time"
)

// contender does the same as others, in its own way. It returns how long that took.
type contender struct {
	who string
	do  func() (time.Duration, error)
}

// pace is how long a comparison goes on.
type pace struct {
	rounds int
	round  time.Duration // of all contenders together
}

// takeTurns lets the contenders act alternately, so that what else the machine does meets all alike. The result is a
// median for each contender and round.
func takeTurns(p pace, contenders []contender) (rounds [][]time.Duration, err error) {
	for _, c := range contenders {
		if _, err := c.do(); err != nil { // the first time is not counted
			return nil, err
		}
	}
	for range p.rounds {
		times := make([][]time.Duration, len(contenders))
		for turn, end := 0, time.Now().Add(p.round); turn == 0 || time.Now().Before(end); turn++ {
			for i := range contenders {
				i = (i + turn) % len(contenders) // so that each follows each
				took, err := contenders[i].do()
				if err != nil {
					return nil, err
				}
				times[i] = append(times[i], took)
			}
		}
		var medians []time.Duration
		for _, t := range times {
			medians = append(medians, median(t))
		}
		rounds = append(rounds, medians)
	}
	return rounds, nil
}

// compare makes rows of the rounds' medians, in a unit. The last contender is what the others are compared with.
func compare(r row, unit time.Duration, contenders []contender, rounds [][]time.Duration) []row {
	values := func(i int) (all []float64) {
		for _, round := range rounds {
			all = append(all, float64(round[i])/float64(unit))
		}
		return all
	}
	last := len(contenders) - 1
	var rows []row
	for i, c := range contenders {
		own := r
		own.Who, own.Value = c.who, median(values(i))
		if i != last {
			own.setRatio(values(i), values(last))
		}
		rows = append(rows, own)
	}
	return rows
}

// setRatio compares the values of rounds.
func (r *row) setRatio(values, with []float64) {
	ratios := make([]float64, len(values))
	for i := range values {
		ratios[i] = values[i] / with[i]
	}
	r.Ratio, r.Low, r.High = median(ratios), slices.Min(ratios), slices.Max(ratios)
}

// median is the middle value, of two in the middle the greater.
func median[T time.Duration | float64](values []T) T {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// timed is how long a function takes.
func timed(do func() error) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		began := time.Now()
		err := do()
		return time.Since(began), err
	}
}

// quantile is the value that the given share of values does not exceed.
func quantile(values []float64, share float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[min(len(values)-1, int(share*float64(len(values))))]
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
