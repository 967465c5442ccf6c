package sqlserver

import (
	"context"
	"database/sql/driver"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// raw is go-mssqldb given the same server and a token.
func raw(b *testing.B, bench *bench, c *Connector) *mssql.Connector {
	b.Helper()
	cfg, err := c.config(dsn.Host{Name: "127.0.0.1", Port: uint16(bench.Server.Port())}, &serverLogin{})
	require.NoError(b, err)
	cfg.Encryption = msdsn.EncryptionRequired
	cfg.TLSConfig.VerifyConnection = nil
	native, err := mssql.NewSecurityTokenConnector(cfg, func(context.Context) (string, error) { return bench.Issuer.Issued()[0], nil })
	require.NoError(b, err)
	return native
}

// BenchmarkOverhead is what a login costs before the network. "driver" is
// go-mssqldb given a token.
func BenchmarkOverhead(b *testing.B) {
	bench := engine.Bench(b, nil)
	bench.Options.Dial = drivertest.NoNetwork{}.DialContext
	ours := bench.Connector(b)
	theirs := raw(b, bench, ours)
	theirs.Dialer = drivertest.NoNetwork{}
	drivertest.Compare(b, ours, theirs, drivertest.FailingLogins)
}

// BenchmarkConnect is a whole login to a front end on this machine.
func BenchmarkConnect(b *testing.B) {
	bench := engine.Bench(b, nil)
	ours := bench.Connector(b)
	require.NoError(b, drivertest.Connect(b, ours))
	drivertest.Compare(b, ours, raw(b, bench, ours), drivertest.Logins)
}

// BenchmarkQuery is a statement on an open connection.
func BenchmarkQuery(b *testing.B) {
	bench := engine.Bench(b, nil)
	ours := bench.Connector(b)
	require.NoError(b, drivertest.Connect(b, ours))
	drivertest.Compare(b, ours, raw(b, bench, ours), func(b *testing.B, c driver.Connector) {
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

// BenchmarkTLSOnlyConn is what each write of a statement costs more.
func BenchmarkTLSOnlyConn(b *testing.B) {
	drivertest.Writes(b, &tlsOnlyConn{Conn: drivertest.Nowhere{}})
}
