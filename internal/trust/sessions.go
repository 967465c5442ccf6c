package trust

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"sync"

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
		set = &sessionSet{roots, certificates, tls.NewLRUClientSessionCache(0)} // crypto/tls's default, of 64 names
	}
	sessions.sets = slices.Insert(sessions.sets, 0, set)
	sessions.sets = sessions.sets[:min(len(sessions.sets), maxSessions)]
	return set.cache
}

// resumes reports whether a connection of s resumes TLS sessions. SQL Server's does not: no SQL Server was there to
// try it with, whose handshake is inside TDS packets.
func (s Servers) resumes() bool { return s.Engine != dsn.SQLServer && !s.Options.NoTLSResumption }
