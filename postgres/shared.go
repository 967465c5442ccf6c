package postgres

import (
	"maps"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/dsn"
)

// maxParsed is how many sets of parameters are kept as pgx has read them.
const maxParsed = 32

// parsedSets are the sets of parameters that pgx has read in this process, the oldest first. [native] depends on nothing
// else: its string leaves nothing to the environment.
var parsedSets struct {
	sync.Mutex
	all []parsedSet // guarded by the mutex
}

type parsedSet struct {
	params map[string]string
	plain  bool // without TLS
	native *pgx.ConnConfig
}

// sharedNative is [native] with pgx's own parser, which it calls once for connections that have their parameters in
// common. Its ConnString has the parameters and no host, database or user.
func sharedNative(c dsn.Config) (*pgx.ConnConfig, error) {
	base, err := parsedSetOf(c)
	if err != nil {
		return nil, err
	}
	cc := base.Copy()
	cc.Host, cc.Port, cc.Database, cc.User = c.Hosts[0].Name, c.Hosts[0].Port, c.Database, c.User
	for _, h := range c.Hosts[1:] {
		cc.Fallbacks = append(cc.Fallbacks, &pgconn.FallbackConfig{Host: h.Name, Port: h.Port})
	}
	return cc, nil
}

func parsedSetOf(c dsn.Config) (*pgx.ConnConfig, error) {
	parsedSets.Lock()
	defer parsedSets.Unlock()
	plain := c.TLS == dsn.TLSDisable
	i := slices.IndexFunc(parsedSets.all, func(s parsedSet) bool { return s.plain == plain && maps.Equal(s.params, c.Params) })
	if i >= 0 {
		return parsedSets.all[i].native, nil
	}
	c.Hosts, c.Database, c.User = []dsn.Host{{Name: "-", Port: dsn.PostgreSQL.DefaultPort()}}, "-", "-"
	cc, err := native(c, pgx.ParseConfig)
	if err != nil {
		return nil, err
	}
	cc.Fallbacks = nil
	if len(parsedSets.all) == maxParsed {
		parsedSets.all = slices.Delete(parsedSets.all, 0, 1)
	}
	parsedSets.all = append(parsedSets.all, parsedSet{maps.Clone(c.Params), plain, cc})
	return cc, nil
}
