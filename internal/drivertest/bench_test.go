package drivertest_test

import (
	"context"
	"database/sql/driver"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/drivertest"
)

// lastToken is what the bench's server was given last, if anything.
func lastToken(b *bench) string {
	if issued := b.Issuer.Issued(); len(issued) > 0 {
		return issued[len(issued)-1]
	}
	return "token"
}

// compare measures something that is done with a package's connector ("library")
// and with that of the native driver, given a token ("driver").
func compare(b *testing.B, dial func(context.Context, string, string) (net.Conn, error), measure func(*testing.B, driver.Connector)) {
	for _, e := range engines {
		bench := e.Bench(b, &front{})
		bench.Options.Dial = dial
		library := bench.Connector(b)
		if dial == nil {
			require.NoError(b, drivertest.Connect(b, library)) // so that there is a token
		}
		run := func(name string, c driver.Connector) {
			b.Run(e.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				measure(b, c)
			})
		}
		run("library", library)
		run("driver", e.bare(b, bench))
	}
}

// BenchmarkOverhead is what a login costs before the network.
func BenchmarkOverhead(b *testing.B) {
	noNetwork := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
	}
	compare(b, noNetwork, func(b *testing.B, c driver.Connector) {
		for b.Loop() {
			if _, err := c.Connect(b.Context()); err == nil {
				b.Fatal("the dialer has failed")
			}
		}
	})
}

// BenchmarkConnect is a whole login to a front end on this machine.
func BenchmarkConnect(b *testing.B) {
	compare(b, nil, func(b *testing.B, c driver.Connector) {
		for b.Loop() {
			require.NoError(b, drivertest.Connect(b, c))
		}
	})
}

// BenchmarkQuery is a statement on an open connection.
func BenchmarkQuery(b *testing.B) {
	compare(b, nil, func(b *testing.B, c driver.Connector) {
		conn, err := c.Connect(b.Context())
		require.NoError(b, err)
		defer conn.Close()
		for b.Loop() {
			if err := conn.(driver.Pinger).Ping(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
