package e2e_test

import (
	"context"
	"database/sql"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// stormSize is how many connections are opened at once.
const stormSize = 500

// opener opens the connection of a given number.
type opener func(ctx context.Context, i int) (io.Closer, error)

// closer ends a connection.
type closer func() error

func (c closer) Close() error { return c() }

// storms are who opens what. The shapes mixed share one token too.
var storms = []struct {
	name     string
	identity func(*testing.T, *stage) setting
	shape    func(*testing.T, setting) opener
}{
	{"managed identity, one database", managedStorm, oneDatabase},
	{"managed identity, 50 databases", managedStorm, fiftyDatabases},
	{"managed identity, pgxpool", managedStorm, onePool},
	{"service principal, all of these", principalStorm, allShapes},
	{"workload identity, all of these", workloadStorm, allShapes},
}

// The identity endpoint answers when all of them wait for a token, so all are cold.
func TestFiveHundredColdOpensMakeOneTokenRequest(t *testing.T) {
	s := onStage(t)
	for _, c := range storms {
		t.Run(c.name, func(t *testing.T) {
			set := c.identity(t, s)
			endpoint := s.newValve(t)
			set.options.Transport = endpoint
			mark := s.mark()
			endpoint.shut()

			conns := openAll(t, c.shape(t, set), func() {
				await(t, "every open waits for the token", func() bool { return statusOf(t, set.role).Token.Waits == stormSize })
				assert.Equal(t, 1, endpoint.waiting(), "requests to the issuer under way")
				endpoint.open()
			})

			given := slices.DeleteFunc(s.since(mark), func(r azuretest.Request) bool { return r.Name != set.role })
			assert.Len(t, given, 1, "token requests")
			assert.Equal(t, uint64(1), statusOf(t, set.role).Token.Requests)
			assert.Equal(t, stormSize, s.sessions(t, set.role), "sessions on the server")
			for _, conn := range conns {
				assert.NoError(t, conn.Close())
			}
		})
	}
}

func oneDatabase(t *testing.T, set setting) opener {
	db := openDB(t, set.text, set.options)
	return func(ctx context.Context, _ int) (io.Closer, error) { return db.Conn(ctx) }
}

func fiftyDatabases(t *testing.T, set setting) opener {
	dbs := make([]*sql.DB, 50)
	for i := range dbs {
		dbs[i] = openDB(t, set.text, set.options)
	}
	return func(ctx context.Context, i int) (io.Closer, error) { return dbs[i%len(dbs)].Conn(ctx) }
}

func onePool(t *testing.T, set setting) opener {
	pool := openPool(t, set.text, set.options)
	return func(ctx context.Context, _ int) (io.Closer, error) {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		return closer(func() error { conn.Release(); return nil }), nil
	}
}

func allShapes(t *testing.T, set setting) opener {
	shapes := []opener{oneDatabase(t, set), fiftyDatabases(t, set), onePool(t, set)}
	return func(ctx context.Context, i int) (io.Closer, error) { return shapes[i%len(shapes)](ctx, i) }
}

func managedStorm(t *testing.T, s *stage) setting {
	s.onAppService(t)
	id := s.userAssigned(t)
	return s.stormSetting(id.Name, "AZURE_POSTGRESQL_CLIENTID="+id.ClientID)
}

func principalStorm(t *testing.T, s *stage) setting {
	id := s.admitPrincipal(t)
	return s.stormSetting(id.Name, "AZURE_POSTGRESQL_CLIENTID="+id.ClientID, "AZURE_POSTGRESQL_CLIENTSECRET="+id.Secret,
		"AZURE_POSTGRESQL_TENANTID="+id.TenantID, s.authority())
}

func workloadStorm(t *testing.T, s *stage) setting {
	id := s.userAssigned(t)
	pod, err := s.WorkloadEnviron(t.TempDir(), id)
	require.NoError(t, err)
	return s.stormSetting(id.Name, append(pod, "AZURE_POSTGRESQL_CLIENTID="+id.ClientID)...)
}

// stormSetting lets a pool have all the connections; database/sql does anyway.
func (s *stage) stormSetting(role string, more ...string) setting {
	text := s.libpq(role) + " pool_max_conns=500"
	return setting{role, "", s.options(append(more, "AZURE_POSTGRESQL_CONNECTIONSTRING="+text)...)}
}

// openAll starts all opens, calls meanwhile, and returns the connections when the last one is there.
func openAll(t *testing.T, open opener, meanwhile func()) []io.Closer {
	t.Helper()
	ctx := limited(t)
	conns, errs := make([]io.Closer, stormSize), make([]error, stormSize)
	var opening sync.WaitGroup
	for i := range stormSize {
		opening.Go(func() { conns[i], errs[i] = open(ctx, i) })
	}
	meanwhile()
	opening.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	return conns
}
