package sqlserver

import (
	"math/rand/v2"
	"time"
)

// maxMargin is how long before the token's end a connection is retired at the
// latest: what database/sql hands out a moment earlier must still answer, by the
// server's clock too.
const maxMargin = 2 * time.Minute

// retirement returns when a connection is to be retired whose login at now used a
// token that is good until expires; zero, for never, if that is zero.
//
// Azure SQL looks at the token again while the session lives, and then answers
// every query with error 37396. So the last moment is a margin before the end:
// two minutes, or a tenth of what is left of the token if that is less. (The
// token's whole life is not known here, and what is left is never more.) So that
// the connections of a pool do not all go at once, each goes at its own moment in
// the fifth of the time before that.
func retirement(now, expires time.Time) time.Time {
	if expires.IsZero() {
		return time.Time{}
	}
	left := max(expires.Sub(now), 0)
	last := left - min(maxMargin, left/10)
	spread := time.Duration(rand.Float64() * float64(last/5))
	// Without the monotonic clock, which stands still while a machine sleeps.
	return now.Round(0).Add(last - spread)
}

// retire reports whether the connection is to be retired, and tells the log once.
func (c *Conn) retire() bool {
	if c.retires.IsZero() || time.Now().Before(c.retires) {
		return false
	}
	if !c.retired {
		c.retired = true
		c.handle.Retired()
	}
	return true
}
