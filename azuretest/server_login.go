package azuretest

import (
	"crypto/sha256"
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
