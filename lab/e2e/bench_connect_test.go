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

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	labpostgres "github.com/azuredb/passwordless/lab/postgres"
	"github.com/azuredb/passwordless/postgres"
)

// BenchmarkOpen is what opening a connection to a real PostgreSQL costs, against
// pgx given the same token and TLS.
func BenchmarkOpen(b *testing.B) {
	ours, native := benchConnectors(b)
	benchOpen(b, "pgx", ours, native)
}

// benchOpen opens connections.
func benchOpen(b *testing.B, driverName string, ours, native driver.Connector) {
	b.Helper()
	ctx := b.Context()
	open := func(c driver.Connector) func() (time.Duration, error) {
		return func() (time.Duration, error) {
			began := time.Now()
			conn, err := c.Connect(ctx)
			if err != nil {
				return 0, err
			}
			took := time.Since(began)
			return took, conn.Close()
		}
	}
	takeTurns(b, driverName, open(ours), open(native))
}

// takeTurns lets the library and a driver do the same alternately, so that what
// else the machine does meets both alike. The metric is the ratio of the medians;
// allocations are those of both together.
func takeTurns(b *testing.B, driverName string, ours, native func() (time.Duration, error)) {
	b.Helper()
	b.ReportAllocs()
	var times [2][]time.Duration
	for b.Loop() {
		for i, do := range []func() (time.Duration, error){ours, native} {
			took, err := do()
			if err != nil {
				b.Fatal(err)
			}
			times[i] = append(times[i], took)
		}
	}
	mine, theirs := median(times[0]), median(times[1])
	b.ReportMetric(0, "ns/op") // of both together: says nothing
	b.ReportMetric(float64(mine.Nanoseconds())/1e3, "ours-µs")
	b.ReportMetric(float64(theirs.Nanoseconds())/1e3, driverName+"-µs")
	b.ReportMetric(float64(mine)/float64(theirs), "ratio")
}

// BenchmarkQuery is one prepared query through each connector's connection.
func BenchmarkQuery(b *testing.B) {
	ours, native := benchConnectors(b)
	benchQuery(b, "pgx", ours, native, func(b *testing.B, conn driver.Conn) func() error {
		ctx, pg := b.Context(), conn.(*stdlib.Conn).Conn()
		return func() error {
			var n int
			return pg.QueryRow(ctx, "select $1::int", 1).Scan(&n)
		}
	})
}

// benchQuery runs a query on a connection of each connector: one after the other
// for the allocations, and in turns for the time.
func benchQuery(b *testing.B, driverName string, ours, native driver.Connector, prepare func(*testing.B, driver.Conn) func() error) {
	b.Helper()
	var queries []func() error
	for _, c := range []driver.Connector{ours, native} {
		conn, err := c.Connect(b.Context())
		require.NoError(b, err)
		defer func() { require.NoError(b, conn.Close()) }()
		queries = append(queries, prepare(b, conn))
	}
	for i, name := range []string{"ours", driverName} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := queries[i](); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	timed := func(query func() error) func() (time.Duration, error) {
		return func() (time.Duration, error) {
			began := time.Now()
			err := query()
			return time.Since(began), err
		}
	}
	b.Run("in turns", func(b *testing.B) { takeTurns(b, driverName, timed(queries[0]), timed(queries[1])) })
}

// benchConnectors lead to one server as one identity: the library's, and pgx's
// with a token that was fetched once.
func benchConnectors(b *testing.B) (ours, native driver.Connector) {
	b.Helper()
	labpostgres.Require(b)
	cloud, err := sharedCloud()
	require.NoError(b, err)
	server, err := sharedPostgres()
	require.NoError(b, err)
	s := &stage{Cloud: cloud, server: server}
	azuretest.Setenv(b, s.AppServiceEnviron()...)
	id := s.AddUserAssigned(azuretest.Identity{})
	require.NoError(b, s.server.CreateUser(b.Context(), id.Name))
	conninfo := s.libpq(id.Name)

	o := s.options()
	o.Transport = s.Transport()
	c, err := postgres.NewConnector(conninfo+" client_id="+id.ClientID, o)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, c.Close()) })

	cc, err := pgx.ParseConfig(conninfo)
	require.NoError(b, err)
	cc.Password = s.Mint(id, azuretest.OSSRDBMSAudience)
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
	cloud := azuretest.New(b)
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
			&passwordless.Options{Environ: func() []string { return nil }})
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
