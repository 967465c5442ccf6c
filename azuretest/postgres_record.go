package azuretest

import (
	"crypto/sha256"
	"maps"
	"slices"
	"sync"
	"time"
)

// PostgresLogin is what a [PostgresServer] saw of one connection. Connections
// that said nothing and requests to cancel a query leave none.
type PostgresLogin struct {
	Time       time.Time         // when the connection began
	User       string            // "" if the client did not get that far
	Database   string            // the user name when the client names none, as in PostgreSQL
	Parameters map[string]string // the other startup parameters, such as application_name
	TLS        bool              // whether a TLS handshake succeeded
	TLSVersion uint16            // such as tls.VersionTLS13; 0 without TLS
	ServerName string            // the name the client asked for in the handshake (SNI)

	// PasswordLength counts the bytes of the password or token that arrived, and
	// PasswordSHA256 is its digest, to compare it by. The password itself is not
	// kept. After a request for MD5 it is the client's answer to that; SCRAM sends
	// no password.
	PasswordLength int
	PasswordSHA256 [sha256.Size]byte

	// Err tells why there was no session: a [*pgconn.PgError] that was sent to the
	// client, a failed handshake, a client that left, a fault. Nil: logged in.
	Err error
}

// Logins returns what the server saw so far, in the order in which logins were
// decided. A login is listed before the client learns how it ended; a handshake
// that the client ends, and what a client sends after it was refused, a moment
// later, so ask after [PostgresServer.Close] to show that something did not happen.
func (s *PostgresServer) Logins() []PostgresLogin {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	logins := make([]PostgresLogin, 0, len(s.record.logins))
	for _, l := range s.record.logins {
		login := *l
		login.Parameters = maps.Clone(l.Parameters)
		logins = append(logins, login)
	}
	return logins
}

// Plaintext returns the logins in which a password or token arrived outside TLS,
// whether
// the server asked for it ([Plaintext]) or not.
func (s *PostgresServer) Plaintext() []PostgresLogin {
	return slices.DeleteFunc(s.Logins(), func(l PostgresLogin) bool {
		return l.TLS || l.PasswordLength == 0
	})
}

// pgRecord holds the logins; entries change only under mu.
type pgRecord struct {
	mu     sync.Mutex
	logins []*PostgresLogin
}

// add lists a login. The entry belongs to the record afterwards.
func (r *pgRecord) add(l *PostgresLogin) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logins = append(r.logins, l)
}

// password notes what arrived as a password, before or after the login is listed.
func (r *pgRecord) password(l *PostgresLogin, password string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.PasswordLength = len(password)
	l.PasswordSHA256 = sha256.Sum256([]byte(password))
}
