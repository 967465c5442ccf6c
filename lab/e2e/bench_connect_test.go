package e2e_test

import (
	"crypto/tls"
	"database/sql/driver"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/postgres"
)

// BenchmarkOpen is what opening a connection to a real PostgreSQL costs, against
// pgx given the same token and TLS. The two take turns, so that what else the
// machine does meets both alike; the metric is the ratio of the medians.
func BenchmarkOpen(b *testing.B) {
	ours, native := benchConnectors(b)
	ctx := b.Context()
	var times [2][]time.Duration
	for b.Loop() {
		for i, c := range []driver.Connector{ours, native} {
			began := time.Now()
			conn, err := c.Connect(ctx)
			if err != nil {
				b.Fatal(err)
			}
			times[i] = append(times[i], time.Since(began))
			if err := conn.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	mine, theirs := median(times[0]), median(times[1])
	b.ReportMetric(0, "ns/op") // of both together: says nothing
	b.ReportMetric(float64(mine.Microseconds()), "ours-µs")
	b.ReportMetric(float64(theirs.Microseconds()), "pgx-µs")
	b.ReportMetric(float64(mine)/float64(theirs), "ratio")
}

// BenchmarkQuery is one prepared query through each connector's connection.
func BenchmarkQuery(b *testing.B) {
	ours, native := benchConnectors(b)
	for name, c := range map[string]driver.Connector{"ours": ours, "pgx": native} {
		b.Run(name, func(b *testing.B) {
			ctx := b.Context()
			conn, err := c.Connect(ctx)
			require.NoError(b, err)
			pg := conn.(*stdlib.Conn).Conn()
			b.ReportAllocs()
			for b.Loop() {
				var n int
				if err := pg.QueryRow(ctx, "select $1::int", 1).Scan(&n); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			require.NoError(b, conn.Close())
		})
	}
}

// benchConnectors lead to one server as one identity: the library's, and pgx's
// with a token that was fetched once.
func benchConnectors(b *testing.B) (ours, native driver.Connector) {
	b.Helper()
	lab.RequirePostgres(b)
	s, err := shared()
	require.NoError(b, err)
	azuretest.Setenv(b, s.AppServiceEnviron()...)
	id := s.AddUserAssigned(azuretest.Identity{})
	require.NoError(b, s.server.CreateRole(b.Context(), id.Name))
	conninfo := s.libpq(id.Name)

	o := s.options()
	o.Transport = s.Transport()
	c, err := postgres.NewConnector(conninfo+" client_id="+id.ClientID, o)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, c.Close()) })

	cc, err := pgx.ParseConfig(conninfo)
	require.NoError(b, err)
	cc.Password = s.Mint(id, azuretest.TokenOptions{Audience: azuretest.OSSRDBMSAudience})
	cc.TLSConfig = &tls.Config{ServerName: s.server.Host, RootCAs: s.CA().Pool(), MinVersion: tls.VersionTLS12}
	return c, stdlib.GetConnector(*cc)
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// BenchmarkColdStorm is 500 logins at once by a process that holds no token, each
// through a handle of its own. The metric is how many token requests they made.
func BenchmarkColdStorm(b *testing.B) {
	cloud := azuretest.New(b, nil)
	azuretest.Setenv(b, cloud.AppServiceEnviron()...)
	requests := 0
	for b.Loop() {
		before := cloud.TokenRequests()
		coldStorm(b, cloud)
		requests += cloud.TokenRequests() - before
	}
	b.ReportMetric(float64(requests)/float64(b.N), "token-requests/op")
}

func coldStorm(b *testing.B, cloud *azuretest.Cloud) {
	b.Helper()
	id := cloud.AddUserAssigned(azuretest.Identity{})
	errs := make(chan error)
	const logins = 500
	for range logins {
		h, err := connector.Open(dsn.PostgreSQL,
			"host=s.postgres.database.azure.com dbname=app user=app client_id="+id.ClientID,
			&connector.Options{Environ: func() []string { return nil }})
		require.NoError(b, err)
		defer func() { require.NoError(b, h.Close()) }()
		go func() {
			_, err := h.Login(b.Context())
			errs <- err
		}()
	}
	for range logins {
		require.NoError(b, <-errs)
	}
}
