package sqlservertest

import (
	"maps"
	"slices"
	"sync"

	"github.com/azuredb/passwordless/azuretest"
)

// users are those who may log in, which may change while the server runs.
type users struct {
	mu        sync.Mutex
	names     []string          // of identities with a user in the database; nil: all
	passwords map[string]string // of SQL logins
}

// set takes copies.
func (u *users) set(names []string, passwords map[string]string) {
	u.names, u.passwords = slices.Clone(names), maps.Clone(passwords)
	if u.passwords == nil {
		u.passwords = make(map[string]string)
	}
}

// password is that of a SQL login.
func (u *users) password(user string) (string, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	password, ok := u.passwords[user]
	return password, ok
}

// has tells whether the bearer of a token has a user in the database.
func (u *users) has(bearer azuretest.Claims) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.names == nil || slices.ContainsFunc(u.names, bearer.Matches)
}

// AddUser gives the identity of that name a user in the database, from the next
// login on. If [Options.Users] was nil every identity has one already.
func (s *Server) AddUser(name string) {
	s.users.mu.Lock()
	defer s.users.mu.Unlock()
	if s.users.names != nil && !slices.Contains(s.users.names, name) {
		s.users.names = append(s.users.names, name)
	}
}

// AddLogin adds a SQL login, or gives it another password, from the next login on.
func (s *Server) AddLogin(user, password string) {
	s.users.mu.Lock()
	defer s.users.mu.Unlock()
	s.users.passwords[user] = password
}
