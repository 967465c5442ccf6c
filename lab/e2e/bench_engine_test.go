package e2e_test

import (
	"crypto/tls"
	"database/sql/driver"
	"testing"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// peers are the bare drivers, given a token that was fetched once, and what a
// query looks like to them.
var peers = map[*engine]struct {
	name, query string
	connector   func(b *testing.B, s *bench, user, token string) driver.Connector
}{
	&mySQL: {"go-sql-driver", "select cast(? as signed)", func(b *testing.B, s *bench, user, token string) driver.Connector {
		cfg := gomysql.NewConfig()
		cfg.Net, cfg.Addr, cfg.DBName, cfg.User, cfg.Passwd = "tcp", s.server.Addr(), database, user, token
		cfg.AllowCleartextPasswords = true
		cfg.TLS = &tls.Config{ServerName: loopback, RootCAs: s.CA().Pool(), MinVersion: tls.VersionTLS12}
		c, err := gomysql.NewConnector(cfg)
		require.NoError(b, err)
		return c
	}},
	&sqlServer: {"go-mssqldb", "select @p1", func(b *testing.B, s *bench, _, token string) driver.Connector {
		return s.nativeSQLServer(b, token)
	}},
}

// BenchmarkEngineOpen is what opening a connection to MariaDB and to SQL Server's
// stand-in costs, against the drivers given the same token.
func BenchmarkEngineOpen(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			ours, native := e.onBench(b).benchConnectors(b)
			benchOpen(b, peers[e].name, ours, native)
		})
	}
}

// BenchmarkEngineQuery is one prepared query through each connector's connection.
func BenchmarkEngineQuery(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			ours, native := e.onBench(b).benchConnectors(b)
			benchQuery(b, peers[e].name, ours, native, func(b *testing.B, conn driver.Conn) func() error {
				return preparedQuery(b, conn, peers[e].query)
			})
		})
	}
}

// preparedQuery returns a function that runs a query of one parameter and reads
// its row, as database/sql does.
func preparedQuery(b *testing.B, conn driver.Conn, query string) func() error {
	b.Helper()
	ctx := b.Context()
	statement, err := conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, statement.Close()) })
	args, row := []driver.NamedValue{{Ordinal: 1, Value: int64(1)}}, make([]driver.Value, 1)
	return func() error {
		rows, err := statement.(driver.StmtQueryContext).QueryContext(ctx, args)
		if err != nil {
			return err
		}
		if err := rows.Next(row); err != nil {
			return err
		}
		return rows.Close()
	}
}

// onBench is on for a benchmark.
func (e *engine) onBench(b *testing.B) *bench {
	b.Helper()
	e.require(b)
	cloud, err := sharedCloud()
	require.NoError(b, err)
	server, err := e.shared()
	require.NoError(b, err)
	return &bench{stage: &stage{Cloud: cloud}, engine: e, server: server}
}

// benchConnectors lead to one server as one identity: the library's, and the
// driver's own.
func (s *bench) benchConnectors(b *testing.B) (ours, native driver.Connector) {
	b.Helper()
	azuretest.Setenv(b, s.AppServiceEnviron()...)
	id := s.AddUserAssigned(azuretest.Identity{})
	require.NoError(b, s.server.CreateUser(b.Context(), id.Name))
	o := s.options()
	o.Transport = s.Transport()
	c, err := s.open(s.to(id.Name, s.key("client_id", id.ClientID)), o)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, c.Close()) })
	return c, peers[s.engine].connector(b, s, id.Name, s.mint(id))
}
