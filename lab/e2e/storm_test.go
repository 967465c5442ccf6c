package e2e_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// opener opens the connection of a given number.
type opener func(ctx context.Context, i int) (io.Closer, error)

// closer ends a connection.
type closer func() error

func (c closer) Close() error { return c() }

// storms are who opens what, and how many at once. The shapes mixed share one token too.
var storms = []struct {
	name     string
	size     int
	identity func(*testing.T, *site) (azuretest.Identity, []string)
	shape    func(*testing.T, setting) opener
}{
	{"managed identity, one database", 100, managedStorm, oneDatabase},
	{"service principal, 50 databases", 100, principalStorm, fiftyDatabases},
	{"workload identity, all of these and pgxpool", 500, workloadStorm, allShapes},
}

func TestFiveHundredColdOpensMakeOneTokenRequest(t *testing.T) {
	x := onStage(t).site()
	for _, c := range storms {
		t.Run(c.name, func(t *testing.T) {
			id, variables := c.identity(t, x)
			text := x.text(x.address, id.Name) + " pool_max_conns=500" // database/sql allows as many anyway
			x.storm(t, id, c.size, x.options(append(variables, x.prefix+"CONNECTIONSTRING="+text)...), func(o *passwordless.Options) opener {
				return c.shape(t, setting{id.Name, "", o})
			})
		})
	}
}

// storm opens many connections at once. The identity endpoint answers when all of them wait for a token, so all are
// cold.
func (x *site) storm(t *testing.T, id azuretest.Identity, size int, o *passwordless.Options, shape func(*passwordless.Options) opener) {
	t.Helper()
	endpoint := x.newValve(t)
	o.Transport = endpoint
	mark := x.mark()
	endpoint.shut()

	conns := openAll(t, size, shape(o), func() {
		await(t, "every open waits for the token", func() bool { return statusOf(t, id.ClientID).Token.Waits == uint64(size) })
		await(t, "one request to the issuer is under way", func() bool { return endpoint.waiting() == 1 })
		endpoint.open()
	})

	given := slices.DeleteFunc(x.since(mark), func(r azuretest.Request) bool { return r.Name != id.Name })
	assert.Len(t, given, 1, "token requests")
	assert.Equal(t, uint64(1), statusOf(t, id.ClientID).Token.Requests)
	await(t, "the server has all sessions", func() bool { return x.sessions(t, id.Name) == size })
	for _, conn := range conns {
		assert.NoError(t, conn.Close())
	}
}

func oneDatabase(t *testing.T, set setting) opener { return inOne(openDB(t, set.text, set.options)) }

func fiftyDatabases(t *testing.T, set setting) opener {
	return inFifty(func() *sql.DB { return openDB(t, set.text, set.options) })
}

func inOne(db *sql.DB) opener {
	return func(ctx context.Context, _ int) (io.Closer, error) { return db.Conn(ctx) }
}

func inFifty(open func() *sql.DB) opener {
	dbs := make([]*sql.DB, 50)
	for i := range dbs {
		dbs[i] = open()
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
	return inTurn(oneDatabase(t, set), fiftyDatabases(t, set), onePool(t, set))
}

func inTurn(ways ...opener) opener {
	return func(ctx context.Context, i int) (io.Closer, error) { return ways[i%len(ways)](ctx, i) }
}

func managedStorm(t *testing.T, x *site) (azuretest.Identity, []string) {
	x.onAppService(t)
	id := x.userAssigned(t)
	return id, []string{x.prefix + "CLIENTID=" + id.ClientID}
}

func principalStorm(t *testing.T, x *site) (azuretest.Identity, []string) {
	id := x.admitPrincipal(t)
	return id, []string{x.prefix + "CLIENTID=" + id.ClientID, x.prefix + "CLIENTSECRET=" + id.Secret,
		x.prefix + "TENANTID=" + id.TenantID, x.authority()}
}

func workloadStorm(t *testing.T, x *site) (azuretest.Identity, []string) {
	id := x.userAssigned(t)
	pod, err := x.WorkloadEnviron(t.TempDir(), id)
	require.NoError(t, err)
	return id, append(pod, x.prefix+"CLIENTID="+id.ClientID)
}

// openAll starts all opens, calls meanwhile, and returns the connections when the last one is there.
func openAll(t *testing.T, size int, open opener, meanwhile func()) []io.Closer {
	t.Helper()
	ctx := limited(t)
	conns, errs := make([]io.Closer, size), make([]error, size)
	var opening sync.WaitGroup
	for i := range size {
		opening.Go(func() { conns[i], errs[i] = open(ctx, i) })
	}
	meanwhile()
	opening.Wait()
	if errors.Join(errs...) != nil { // the others must not keep the server's connections from other tests
		for i, conn := range conns {
			if errs[i] == nil {
				assert.NoError(t, conn.Close())
			}
		}
	}
	for _, err := range errs {
		require.NoError(t, err)
	}
	return conns
}
