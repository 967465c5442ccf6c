package token

import "testing"

// FixRandom makes the randomness of renewals and pauses this number, less than 1, until the test ends: 0 is no jitter.
func FixRandom(t *testing.T, number float64) {
	before := random
	random = func() float64 { return number }
	t.Cleanup(func() { random = before })
}
