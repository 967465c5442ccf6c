package sqlserver

import (
	"context"
	"database/sql/driver"
	"net"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

// raw is go-mssqldb given the same server and a token.
func raw(b *testing.B, bench *bench, c *Connector) *mssql.Connector {
	b.Helper()
	cfg, err := c.config(dsn.Host{Name: "127.0.0.1", Port: uint16(bench.server.Port())}, &attempt{})
	require.NoError(b, err)
	cfg.Encryption = msdsn.EncryptionRequired
	cfg.TLSConfig.VerifyConnection = nil
	native, err := mssql.NewSecurityTokenConnector(cfg, func(context.Context) (string, error) { return bench.issuer.issued()[0], nil })
	require.NoError(b, err)
	return native
}

// BenchmarkOverhead is what a login costs before the network: the dialer fails
// at once. "driver" is go-mssqldb given a token.
func BenchmarkOverhead(b *testing.B) {
	bench := newBench(b, nil)
	fail := &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
	bench.options.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, fail }
	ours := bench.connector(b, "")
	theirs := raw(b, bench, ours)
	theirs.Dialer = failing{fail}
	for name, c := range map[string]driver.Connector{"library": ours, "driver": theirs} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Connect(b.Context()); err == nil {
					b.Fatal("the dialer has failed")
				}
			}
		})
	}
}

type failing struct{ err error }

func (f failing) DialContext(context.Context, string, string) (net.Conn, error) { return nil, f.err }

// BenchmarkConnect is a whole login to a front end on this machine.
func BenchmarkConnect(b *testing.B) {
	bench := newBench(b, nil)
	ours := bench.connector(b, "")
	require.NoError(b, connect(b, ours))
	for name, c := range map[string]driver.Connector{"library": ours, "driver": raw(b, bench, ours)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, connect(b, c))
			}
		})
	}
}

// BenchmarkQuery is a statement on an open connection.
func BenchmarkQuery(b *testing.B) {
	bench := newBench(b, nil)
	ours := bench.connector(b, "")
	require.NoError(b, connect(b, ours))
	for name, c := range map[string]driver.Connector{"library": ours, "driver": raw(b, bench, ours)} {
		conn, err := c.Connect(b.Context())
		require.NoError(b, err)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := conn.(driver.Pinger).Ping(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
		require.NoError(b, conn.Close())
	}
}

// BenchmarkGate is what each write of a statement costs more.
func BenchmarkGate(b *testing.B) {
	g := &gate{Conn: nowhere{}}
	record := []byte{recordApplicationData, 3, 3, 0, 1, 0}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Write(record); err != nil {
			b.Fatal(err)
		}
	}
}

type nowhere struct{ net.Conn }

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
