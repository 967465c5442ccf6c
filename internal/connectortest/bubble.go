package connectortest

import (
	"crypto/fips140"
	"testing"
	"testing/cryptotest"
)

// RandomInBubbles gives cryptography a source of randomness in the bubbles of [testing/synctest] until the test ends.
// In FIPS mode it has none there: Go's module measures a clock, which stands still.
func RandomInBubbles(t *testing.T) {
	t.Helper()
	if fips140.Enabled() {
		cryptotest.SetGlobalRandom(t, 1)
	}
}
