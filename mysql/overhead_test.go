package mysql

import (
	"context"
	"database/sql/driver"
	"net"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
)

// BenchmarkOverhead is what a login costs before the network: the dialer fails
// at once. "driver" is go-sql-driver given a token.
func BenchmarkOverhead(b *testing.B) {
	bench := newBench(b, nil)
	fail := &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
	bench.options.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, fail }
	ours := bench.connector(b)
	cfg := ours.servers[0].Clone()
	cfg.AllowCleartextPasswords, cfg.DialFunc = true, bench.options.Dial
	require.NoError(b, cfg.Apply(mysql.BeforeConnect(func(_ context.Context, own *mysql.Config) error {
		own.Passwd = "token"
		return nil
	})))
	theirs, err := mysql.NewConnector(cfg)
	require.NoError(b, err)
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

// BenchmarkConnect is a whole login to a front end on this machine.
func BenchmarkConnect(b *testing.B) {
	bench := newBench(b, nil)
	ours := bench.connector(b)
	require.NoError(b, connect(b, ours))
	cfg := ours.servers[0].Clone()
	cfg.AllowCleartextPasswords, cfg.Passwd = true, bench.issuer.issued()[0]
	theirs, err := mysql.NewConnector(cfg)
	require.NoError(b, err)
	for name, c := range map[string]driver.Connector{"library": ours, "driver": theirs} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, connect(b, c))
			}
		})
	}
}

// BenchmarkGuard is what each write of a statement costs more.
func BenchmarkGuard(b *testing.B) {
	g := &guard{Conn: nowhere{}, asked: true}
	record := []byte{0x17, 3, 3, 0, 1, 0}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Write(record); err != nil {
			b.Fatal(err)
		}
	}
}

type nowhere struct{ net.Conn }

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
