package postgres

import (
	"testing"
)

func TestNoTokenWithoutVerifiedTLS(t *testing.T) {
	engine.NoTokenWithoutVerifiedTLS(t, func(b *bench) []string {
		var all []string
		for _, mode := range []string{"require", "prefer", "verify-ca", "allow", "verify-full"} {
			all = append(all, b.DSN("sslmode="+mode))
		}
		return all
	})
}

func TestRefusedBeforeAToken(t *testing.T) {
	b := engine.Bench(t, nil)
	b.RefusedBeforeAToken(t, b.DSN("sslmode=disable"), "tls-disabled")
	b.Options.TrustedHosts = []string{"elsewhere.example.com"}
	b.RefusedBeforeAToken(t, b.DSN(), "untrusted-host")
}
