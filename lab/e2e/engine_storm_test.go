package e2e_test

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/tds"
)

// engineStorms are who opens what, with all settings in the environment.
var engineStorms = []struct {
	name     string
	size     int
	identity func(*testing.T, *site) (azuretest.Identity, []string)
	shape    func(*testing.T, *bench, *passwordless.Options) opener
}{
	{"managed identity, one database", 100, managedStorm, oneOfEngine},
	{"service principal, 50 databases", 100, principalStorm, fiftyOfEngine},
	{"workload identity, all of these", 500, workloadStorm, allOfEngine},
}

func TestEngineFiveHundredColdOpensMakeOneTokenRequest(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		x := b.counted(t)
		for _, c := range engineStorms {
			t.Run(c.name, func(t *testing.T) {
				id, variables := c.identity(t, x)
				o := b.options(append(variables, b.connectionString(x.text(x.address, id.Name)))...)
				x.storm(t, id, c.size, o, func(o *passwordless.Options) opener { return c.shape(t, b, o) })
			})
		}
	})
}

// As Service Connector writes it for Java: the server names the tenant, 100 times, and one token is asked for.
func TestHundredColdOpensOfAServicePrincipalWithoutTenant(t *testing.T) {
	b := sqlServer.on(t)
	x, app := b.counted(t), b.admitPrincipal(t)
	o := b.options(b.authority(), b.clientID(app), b.prefix+"CLIENTSECRET="+app.Secret, b.connectionString(x.text(x.address, "")))
	x.storm(t, app, 100, o, func(o *passwordless.Options) opener { return oneOfEngine(t, b, o) })
}

func oneOfEngine(t *testing.T, b *bench, o *passwordless.Options) opener {
	return inOne(b.db(t, "", o))
}

func fiftyOfEngine(t *testing.T, b *bench, o *passwordless.Options) opener {
	return inFifty(func() *sql.DB { return b.db(t, "", o) })
}

func allOfEngine(t *testing.T, b *bench, o *passwordless.Options) opener {
	ways := []opener{oneOfEngine(t, b, o), fiftyOfEngine(t, b, o)}
	if b.engine == &mySQL {
		ways = append(ways, inOne(b.configured(t, "", o)))
	}
	return inTurn(ways...)
}

// counted is the engine's site with a server whose sessions can be counted: SQL Server's has none but them.
func (b *bench) counted(t *testing.T) *site {
	t.Helper()
	x := b.site()
	if b.engine == &sqlServer {
		var c census
		x.address = b.handled(t, c.serve).Addr()
		x.sessions = c.count
	}
	return x
}

// mySQLSessions asks MariaDB's administrator.
func (b *bench) mySQLSessions(t *testing.T, users ...string) int {
	t.Helper()
	query, args := "select count(*) from information_schema.processlist where user in (?"+strings.Repeat(", ?", len(users)-1)+")", []any{}
	for _, user := range users {
		args = append(args, user)
	}
	admin := b.admin(t)
	defer admin.Close() // now, as this is asked again and again
	var n int
	require.NoError(t, admin.QueryRowContext(limited(t), query, args...).Scan(&n))
	return n
}

// census counts the sessions of a SQL Server front end, which answer without rows.
type census struct {
	mu   sync.Mutex
	open map[string]int // by user
}

// serve is a handler of such a front end.
func (c *census) serve(_ context.Context, s *tds.Session) error {
	c.add(s.User, 1)
	defer c.add(s.User, -1)
	for {
		if _, err := s.Receive(); err != nil {
			return err
		}
	}
}

func (c *census) add(user string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[string]int{}
	}
	c.open[user] += n
}

func (c *census) count(_ *testing.T, users ...string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, user := range users {
		n += c.open[user]
	}
	return n
}
