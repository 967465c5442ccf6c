package trust

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"sync"
	"time"

	"github.com/azuredb/passwordless/dsn"
)

// maxSessions is how many sets of roots and client certificates have their TLS sessions kept.
const maxSessions = 32

// sessions are the TLS sessions of this process, the set last used first. A session belongs to the roots and the
// client certificates that it was made with, and in its cache to a server's name: crypto/tls resumes none whose
// certificate has expired, is for another name, or has a root that is not among the configuration's.
var sessions struct {
	sync.Mutex
	sets []*sessionSet // guarded by the mutex
}

type sessionSet struct {
	roots        *x509.CertPool
	certificates []tls.Certificate
	cache        tls.ClientSessionCache
}

// sessionsFor returns the cache of what has been verified with these roots, by a client with these certificates.
func sessionsFor(roots *x509.CertPool, certificates []tls.Certificate) tls.ClientSessionCache {
	sessions.Lock()
	defer sessions.Unlock()
	i := slices.IndexFunc(sessions.sets, func(s *sessionSet) bool {
		return s.roots.Equal(roots) && slices.EqualFunc(s.certificates, certificates, func(a, b tls.Certificate) bool {
			return slices.EqualFunc(a.Certificate, b.Certificate, bytes.Equal)
		})
	})
	var set *sessionSet
	if i >= 0 {
		set = sessions.sets[i]
		sessions.sets = slices.Delete(sessions.sets, i, i+1)
	} else {
		set = &sessionSet{roots, certificates, newSessionCache()}
	}
	sessions.sets = slices.Insert(sessions.sets, 0, set)
	sessions.sets = sessions.sets[:min(len(sessions.sets), maxSessions)]
	return set.cache
}

// resumes reports whether a connection of s resumes TLS sessions. SQL Server's does not: no SQL Server was there to
// try it with, whose handshake is inside TDS packets.
func (s Servers) resumes() bool { return s.Engine != dsn.SQLServer && !s.Options.NoTLSResumption }

// resumePause is how long a server gets full handshakes after one that was to resume a session has failed.
const resumePause = 10 * time.Minute

// sessionCache takes no sessions of a server for a while after it has failed to resume one: where each attempt to resume
// fails, every other login would, because crypto/tls takes the session away and the next login brings another.
type sessionCache struct {
	tls.ClientSessionCache

	mu     sync.Mutex
	failed map[string]time.Time // guarded by mu: by the server's name
}

// newSessionCache returns a cache of the sessions with 64 servers, which is crypto/tls's default.
func newSessionCache() tls.ClientSessionCache {
	return &sessionCache{ClientSessionCache: tls.NewLRUClientSessionCache(0), failed: map[string]time.Time{}}
}

// Put keeps the session of a name. If it is nil, crypto/tls had one that has failed or is no longer good.
func (c *sessionCache) Put(name string, session *tls.ClientSessionState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	failed, found := c.failed[name]
	switch {
	case session == nil:
		c.failed[name] = time.Now()
	case found && time.Since(failed) < resumePause:
		return
	case found:
		delete(c.failed, name)
	}
	c.ClientSessionCache.Put(name, session)
}
