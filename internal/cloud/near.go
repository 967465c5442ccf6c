package cloud

import (
	"slices"
	"strings"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

// Near returns the name that was probably meant by a host which is nearly under one of the engine's suffixes: with at
// most two characters wrong, or with a label missing. It is "" if there is none.
func Near(engine dsn.Engine, host string) string {
	host = NormalizeHost(host)
	best, least := "", 3
	for _, e := range suffixes {
		if e.Engine != engine {
			continue
		}
		for i := strings.IndexByte(host, '.'); i > 0; {
			tail := host[i:]
			d := environ.Distance(tail, e.suffix)
			if lacksLabels(tail, e.suffix) {
				d = 2
			}
			if d < least {
				best, least = host[:i]+e.suffix, d
			}
			next := strings.IndexByte(host[i+1:], '.')
			if next < 0 {
				break
			}
			i += 1 + next
		}
	}
	return best
}

// lacksLabels reports whether the labels of tail, at least three, are those of suffix but for some in between.
func lacksLabels(tail, suffix string) bool {
	labels := strings.Split(tail[1:], ".")
	if len(labels) < 3 {
		return false
	}
	for label := range strings.SplitSeq(suffix[1:], ".") {
		if len(labels) > 0 && labels[0] == label {
			labels = labels[1:]
		}
	}
	return len(labels) == 0
}

// IsLocal reports whether a host is this machine, or has a name without a domain, as containers have.
func IsLocal(host string) bool {
	host = NormalizeHost(host)
	return !strings.ContainsAny(host, ".:") || strings.HasPrefix(host, "127.") && IsAddress(host) ||
		slices.Contains([]string{"::1", "host.docker.internal"}, host) || strings.HasSuffix(host, ".localhost")
}
