package azuretest

import (
	"crypto/sha256"
	"maps"
	"slices"
	"sync"
	"time"
)

// ServerLogin is what a database front end saw of one connection. Connections
// that said nothing and requests to cancel a query leave none.
type ServerLogin struct {
	Time       time.Time         // when the connection began
	User       string            // "" if the client did not get that far
	Database   string            // as the client named it; PostgreSQL's default is the user name
	Parameters map[string]string // what else the client said of itself, such as application_name
	TLS        bool              // whether a TLS handshake succeeded
	TLSVersion uint16            // such as tls.VersionTLS13; 0 without TLS
	ServerName string            // the name the client asked for in the handshake (SNI)

	// PasswordLength counts the bytes of the password or token that arrived, and
	// PasswordSHA256 is its digest, to compare it by. The password itself is not
	// kept. Where the client answers a challenge, as for MD5, it is that answer;
	// SCRAM sends no password.
	PasswordLength int
	PasswordSHA256 [sha256.Size]byte

	// Err tells why there was no session: the refusal that was sent to the client,
	// a failed handshake, a client that left, a fault. Nil: logged in.
	Err error
}

// loginRecord holds the logins; entries change only under mu.
type loginRecord struct {
	mu     sync.Mutex
	logins []*ServerLogin
}

// add lists a login. The entry belongs to the record afterwards.
func (r *loginRecord) add(l *ServerLogin) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logins = append(r.logins, l)
}

// password notes what arrived as a password, before or after the login is listed.
func (r *loginRecord) password(l *ServerLogin, password string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.PasswordLength = len(password)
	l.PasswordSHA256 = sha256.Sum256([]byte(password))
}

// Logins returns what the server saw so far, in the order in which logins were
// decided. A login is listed before the client learns how it ended; a handshake
// that the client ends, and what a client sends after it was refused, a moment
// later, so ask after Close to show that something did not happen.
func (f *frontEnd) Logins() []ServerLogin {
	r := &f.record
	r.mu.Lock()
	defer r.mu.Unlock()
	logins := make([]ServerLogin, 0, len(r.logins))
	for _, l := range r.logins {
		login := *l
		login.Parameters = maps.Clone(l.Parameters)
		logins = append(logins, login)
	}
	return logins
}

// Plaintext returns the logins in which a password or token arrived outside TLS,
// whether the server asked for it ([Plaintext]) or not.
func (f *frontEnd) Plaintext() []ServerLogin {
	return slices.DeleteFunc(f.Logins(), func(l ServerLogin) bool {
		return l.TLS || l.PasswordLength == 0
	})
}
