package drivertest

import (
	"context"
	"database/sql/driver"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// NoNetwork is a dialer that fails at once.
type NoNetwork struct{}

// DialContext returns an error.
func (NoNetwork) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
}

// Compare measures something that is done with this library's connector and with
// the bare driver's.
func Compare(b *testing.B, library, bare driver.Connector, measure func(*testing.B, driver.Connector)) {
	b.Helper()
	for _, row := range []struct {
		name string
		c    driver.Connector
	}{{"library", library}, {"driver", bare}} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			measure(b, row.c)
		})
	}
}

// FailingLogins measures what a login costs before the network, of connectors that
// dial with NoNetwork.
func FailingLogins(b *testing.B, c driver.Connector) {
	for b.Loop() {
		if _, err := c.Connect(b.Context()); err == nil {
			b.Fatal("the dialer has failed")
		}
	}
}

// Logins measures whole logins.
func Logins(b *testing.B, c driver.Connector) {
	for b.Loop() {
		require.NoError(b, Connect(b, c))
	}
}

// Nowhere is a connection that takes all that is written to it.
type Nowhere struct{ net.Conn }

// Write forgets b.
func (Nowhere) Write(b []byte) (int, error) { return len(b), nil }

// Writes measures writes of a TLS record's beginning.
func Writes(b *testing.B, conn net.Conn) {
	record := []byte{0x17, 3, 3, 0, 1, 0}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(record); err != nil {
			b.Fatal(err)
		}
	}
}
