package mysql

import (
	"context"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/drivertest"
)

// BenchmarkOverhead is what a login costs before the network. "driver" is
// go-sql-driver given a token.
func BenchmarkOverhead(b *testing.B) {
	bench := engine.Bench(b, nil)
	bench.Options.Dial = drivertest.NoNetwork{}.DialContext
	ours := bench.Connector(b)
	cfg := ours.servers[0].Clone()
	cfg.AllowCleartextPasswords, cfg.DialFunc = true, bench.Options.Dial
	require.NoError(b, cfg.Apply(mysql.BeforeConnect(func(_ context.Context, own *mysql.Config) error {
		own.Passwd = "token"
		return nil
	})))
	theirs, err := mysql.NewConnector(cfg)
	require.NoError(b, err)
	drivertest.Compare(b, ours, theirs, drivertest.FailingLogins)
}

// BenchmarkConnect is a whole login to a front end on this machine.
func BenchmarkConnect(b *testing.B) {
	bench := engine.Bench(b, nil)
	ours := bench.Connector(b)
	require.NoError(b, drivertest.Connect(b, ours))
	cfg := ours.servers[0].Clone()
	cfg.AllowCleartextPasswords, cfg.Passwd = true, bench.Issuer.Issued()[0]
	theirs, err := mysql.NewConnector(cfg)
	require.NoError(b, err)
	drivertest.Compare(b, ours, theirs, drivertest.Logins)
}

// BenchmarkTLSOnlyConn is what each write of a statement costs more.
func BenchmarkTLSOnlyConn(b *testing.B) {
	drivertest.Writes(b, &tlsOnlyConn{Conn: drivertest.Nowhere{}, asked: true})
}
