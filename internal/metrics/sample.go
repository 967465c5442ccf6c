package metrics

import (
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/observe"
)

// Sample is a value of a metric.
type Sample struct {
	*Metric
	Value  float64
	Values []string // of the metric's attributes; an empty one is absent
}

// systems are the engines in the words of the semantic conventions.
var systems = map[dsn.Engine]string{dsn.PostgreSQL: "postgresql", dsn.MySQL: "mysql", dsn.SQLServer: "microsoft.sql_server"}

// connection are the values of ofConnection. Prometheus takes no text but UTF-8.
func connection(engine dsn.Engine, host dsn.Host, kind passwordless.IdentityKind) []string {
	values := make([]string, 0, len(logins.Attributes)) // with room for a login's outcome
	return append(values, systems[engine], strings.ToValidUTF8(host.Name, "?"), strconv.Itoa(int(host.Port)), kind.String())
}

// Of is the value of an event.
func Of(e observe.Event) Sample {
	took := e.Duration.Seconds()
	switch e.Kind {
	case observe.TokenRequest:
		return Sample{requests, took, []string{e.Identity.String(), e.Outcome, e.ErrorType}}
	case observe.Retired:
		return Sample{retired, 1, connection(e.Engine, e.Host, e.Identity)}
	}
	values := append(connection(e.Engine, e.Host, e.Identity), e.Outcome, e.ErrorType)
	if e.Kind == observe.TokenWait {
		return Sample{waits, took, values}
	}
	return Sample{logins, took, values}
}

// OfConnections are the values of all open connectors and pools that have a token. Those
// to the same server as the same kind of identity have one in common: the worst.
func OfConnections(statuses []passwordless.Status) (samples []Sample) {
	now := time.Now()
	for _, s := range statuses {
		if s.Token.ExpiresOn.IsZero() || len(s.Hosts) == 0 {
			continue
		}
		values := connection(s.Engine, s.Hosts[0], s.Kind)
		mine := []Sample{
			{age, now.Sub(s.Token.ObtainedAt).Seconds(), values},
			{expiry, s.Token.ExpiresOn.Sub(now).Seconds(), values},
			{renewal, s.Token.RefreshOn.Sub(now).Seconds(), values},
		}
		i := slices.IndexFunc(samples, func(other Sample) bool { return slices.Equal(other.Values, values) })
		if i < 0 {
			samples = append(samples, mine...)
			continue
		}
		samples[i].Value = max(samples[i].Value, mine[0].Value)
		for j := 1; j < len(mine); j++ {
			samples[i+j].Value = min(samples[i+j].Value, mine[j].Value)
		}
	}
	return samples
}

// Pool are the present values of one pool.
type Pool func() []Sample

// DB is the pool of a [sql.DB], or of what embeds one.
func DB(name string, db interface{ Stats() sql.DBStats }) Pool {
	return func() []Sample {
		s := db.Stats()
		return append(pool(name, s.InUse, s.Idle, s.MaxOpenConnections, s.WaitCount, s.WaitDuration),
			Sample{closed, float64(s.MaxIdleClosed), []string{name, "max_idle"}},
			Sample{closed, float64(s.MaxIdleTimeClosed), []string{name, "idle_time"}},
			Sample{closed, float64(s.MaxLifetimeClosed), []string{name, "lifetime"}})
	}
}

// PgxStat is what is used of *pgxpool.Stat: a program without pgx must not link it.
type PgxStat interface {
	AcquiredConns() int32
	IdleConns() int32
	MaxConns() int32
	EmptyAcquireCount() int64
	EmptyAcquireWaitTime() time.Duration
	CanceledAcquireCount() int64
	MaxIdleDestroyCount() int64
	MaxLifetimeDestroyCount() int64
}

// Pgx is a *pgxpool.Pool.
func Pgx[S PgxStat](name string, p interface{ Stat() S }) Pool {
	return func() []Sample {
		s := p.Stat()
		return append(pool(name, int(s.AcquiredConns()), int(s.IdleConns()), int(s.MaxConns()), s.EmptyAcquireCount(), s.EmptyAcquireWaitTime()),
			Sample{timeouts, float64(s.CanceledAcquireCount()), []string{name}},
			Sample{closed, float64(s.MaxIdleDestroyCount()), []string{name, "idle_time"}},
			Sample{closed, float64(s.MaxLifetimeDestroyCount()), []string{name, "lifetime"}})
	}
}

func pool(name string, used, idle, limit int, waited int64, took time.Duration) []Sample {
	samples := []Sample{
		{count, float64(used), []string{name, "used"}},
		{count, float64(idle), []string{name, "idle"}},
		{poolWaits, float64(waited), []string{name}},
		{poolWait, took.Seconds(), []string{name}},
	}
	if limit > 0 {
		samples = append(samples, Sample{most, float64(limit), []string{name}})
	}
	return samples
}
