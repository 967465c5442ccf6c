package azuretest

import (
	"strings"
	"testing"
)

// New is Start for one test, which it fails if that is impossible. It closes the cloud
// when the test ends.
func New(tb testing.TB, resources ...string) *Cloud {
	tb.Helper()
	c, err := Start(resources...)
	if err != nil {
		tb.Fatalf("%v", err)
		return nil
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Fatalf("%v", err)
		}
	})
	return c
}

// Setenv sets variables given as NAME=value, such as AppServiceEnviron's, for
// the rest of a test. A *testing.T is what it is meant for.
func Setenv(tb interface{ Setenv(name, value string) }, environ ...string) {
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		tb.Setenv(name, value)
	}
}
