package frontend

import (
	"crypto/sha256"
	"github.com/azuredb/passwordless/azuretest"
	"maps"
	"slices"
	"sync"
)

// loginRecord holds the logins; entries change only under mu.
type loginRecord struct {
	mu     sync.Mutex
	logins []*azuretest.ServerLogin
}

// Add lists a login. The entry belongs to the record afterwards.
func (r *loginRecord) Add(l *azuretest.ServerLogin) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logins = append(r.logins, l)
}

// Password notes what arrived as a password, before or after the login is listed.
func (r *loginRecord) Password(l *azuretest.ServerLogin, password string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.PasswordLength = len(password)
	l.PasswordSHA256 = sha256.Sum256([]byte(password))
}

// Logins returns what the server saw so far, in the order in which logins were
// decided. A login is listed before the client learns how it ended; a handshake
// that the client ends, and what a client sends after it was refused, a moment
// later, so ask after Close to show that something did not happen.
func (f *Server) Logins() []azuretest.ServerLogin {
	r := &f.Record
	r.mu.Lock()
	defer r.mu.Unlock()
	logins := make([]azuretest.ServerLogin, 0, len(r.logins))
	for _, l := range r.logins {
		login := *l
		login.Parameters = maps.Clone(l.Parameters)
		logins = append(logins, login)
	}
	return logins
}

// Plaintext returns the logins in which a password or token arrived outside TLS,
// whether the server asked for it ([Plaintext]) or not.
func (f *Server) Plaintext() []azuretest.ServerLogin {
	return slices.DeleteFunc(f.Logins(), func(l azuretest.ServerLogin) bool {
		return l.TLS || l.PasswordLength == 0
	})
}
