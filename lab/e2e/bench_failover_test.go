package e2e_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/labtest"
	labpostgres "github.com/azuredb/passwordless/lab/postgres"
	"github.com/azuredb/passwordless/postgres"
)

// BenchmarkFailover is what a login costs the server, in CPU time of its processes, one at a time and from 50 clients
// at once: how many logins a second it takes when every pool comes back. The token's check runs outside of the server.
func BenchmarkFailover(b *testing.B) {
	for name, full := range map[string]bool{"resumed": false, "full": true} {
		b.Run("MariaDB/"+name, func(b *testing.B) { benchLogins(b, "mariadbd", failoverMariaDB(b, full)) })
	}
	b.Run("PostgreSQL/full", func(b *testing.B) {
		benchLogins(b, "postgres", failoverPostgres(b))
	})
}

func failoverPostgres(b *testing.B) driver.Connector {
	labpostgres.Require(b)
	cloud, err := labtest.Cloud()
	require.NoError(b, err)
	server, err := sharedPostgres()
	require.NoError(b, err)
	s := &stage{Cloud: cloud, server: server}
	azuretest.Setenv(b, s.AppServiceEnviron()...)
	id := s.AddUserAssigned(azuretest.Identity{})
	require.NoError(b, server.CreateUser(b.Context(), id.Name))
	o := s.options()
	o.Transport = s.Transport()
	c, err := postgres.NewConnector(s.libpq(id.Name)+" client_id="+id.ClientID, o)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, c.Close()) })
	return c
}

func failoverMariaDB(b *testing.B, noResumption bool) driver.Connector {
	mySQL.require(b)
	cloud, err := labtest.Cloud()
	require.NoError(b, err)
	server, err := mySQL.shared()
	require.NoError(b, err)
	s := &bench{stage: &stage{Cloud: cloud}, engine: &mySQL, server: server}
	azuretest.Setenv(b, s.AppServiceEnviron()...)
	id := s.AddUserAssigned(azuretest.Identity{})
	require.NoError(b, s.server.CreateUser(b.Context(), id.Name))
	o := s.options()
	o.Transport, o.NoTLSResumption = s.Transport(), noResumption
	c, err := s.open(s.to(id.Name, s.key("client_id", id.ClientID)), o)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, c.Close()) })
	return c
}

func benchLogins(b *testing.B, program string, c driver.Connector) {
	login := func(ctx context.Context) error {
		conn, err := c.Connect(ctx)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	require.NoError(b, login(b.Context())) // has a token and, where there is one, a session
	for _, clients := range []int{1, 50} {
		b.Run(fmt.Sprintf("%d clients", clients), func(b *testing.B) {
			before, began, todo := cpuTime(b, program), time.Now(), make(chan struct{})
			var wg sync.WaitGroup
			for range clients {
				wg.Go(func() {
					for range todo {
						if err := login(b.Context()); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for b.Loop() {
				todo <- struct{}{}
			}
			close(todo)
			wg.Wait()
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "logins/s")
			b.ReportMetric(float64((cpuTime(b, program)-before).Microseconds())/float64(b.N), "server-µs")
		})
	}
}

// cpuTime is that of this process's children of that name, and of their ended children.
func cpuTime(b *testing.B, program string) (total time.Duration) {
	b.Helper()
	const tick = 10 * time.Millisecond // USER_HZ, 100 on all of Linux's platforms that Go supports
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(b, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), "(")
		name, rest, _ := strings.Cut(rest, ") ")
		fields := strings.Fields(rest) // state, parent, ...: see proc(5)
		if name != program || fields[1] != strconv.Itoa(os.Getpid()) {
			continue
		}
		for _, field := range fields[11:15] { // user, system, and both of ended children
			ticks, err := strconv.Atoi(field)
			require.NoError(b, err)
			total += time.Duration(ticks) * tick
		}
	}
	require.NotZero(b, total, "%s runs as a child of this process", program)
	return total
}
