package frontend

import (
	"crypto/sha256"
	"maps"
	"slices"
	"sync"

	"github.com/azuredb/passwordless/azuretest"
)

// logins are those that are kept; entries change only under mu.
type logins struct {
	mu  sync.Mutex
	all []*azuretest.ServerLogin
}

// add lists a login, which belongs to the list afterwards.
func (l *logins) add(login *azuretest.ServerLogin) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, login)
}

// password notes what arrived as a password, before or after the login is listed.
func (l *logins) password(login *azuretest.ServerLogin, password string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	login.PasswordLength = len(password)
	login.PasswordSHA256 = sha256.Sum256([]byte(password))
}

// Logins returns copies.
func (s *Server) Logins() []azuretest.ServerLogin {
	s.logins.mu.Lock()
	defer s.logins.mu.Unlock()
	logins := make([]azuretest.ServerLogin, 0, len(s.logins.all))
	for _, l := range s.logins.all {
		login := *l
		login.Parameters = maps.Clone(l.Parameters)
		logins = append(logins, login)
	}
	return logins
}

// Plaintext returns the logins in which a secret arrived outside TLS.
func (s *Server) Plaintext() []azuretest.ServerLogin {
	return slices.DeleteFunc(s.Logins(), func(l azuretest.ServerLogin) bool {
		return l.TLS != 0 || l.PasswordLength == 0
	})
}
