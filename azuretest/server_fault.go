package azuretest

import (
	"slices"
	"sync"
	"time"
)

// ServerFault is a way in which a database front end misbehaves. The functions
// of this package that return one are all there are; the zero value does nothing.
// One that the front end's protocol does not know does nothing either. A fault
// stays until it is removed; Times limits it.
type ServerFault struct {
	kind    faultKind
	times   int // 0: no limit
	delay   time.Duration
	refusal error  // of the Refuse faults: in the front end's own type
	host    string // of faultRoute
	port    uint16 // of faultRoute
}

type faultKind uint8

const (
	faultNoTLS faultKind = iota + 1
	faultPlaintext
	faultSelfSigned
	faultWrongName
	faultExpiredCertificate
	faultSilent
	faultSlow
	faultAskMD5
	faultAskSCRAM
	faultAskNativePassword
	faultAskCachingSHA2
	faultCloseAfterToken
	faultHalfPacket
	faultPostgresRefuse
	faultMySQLRefuse
	faultSQLServerRefuse
	faultExpiredToken
	faultRoute
)

// NoTLS is a server that was built or configured without TLS, and says so when
// it is asked for it. A client that goes on in clear text is refused before it is
// asked for a password, where the protocol lets the server speak first.
func NoTLS() ServerFault { return ServerFault{kind: faultNoTLS} }

// Plaintext is an impostor on the network: it says that it has no TLS, and asks
// whoever goes on in clear text for the password. The front end's Plaintext method
// tells whether a client fell for it.
func Plaintext() ServerFault { return ServerFault{kind: faultPlaintext} }

// SelfSigned presents a certificate for the right names that no authority
// has signed, and logs in whoever accepts it.
func SelfSigned() ServerFault { return ServerFault{kind: faultSelfSigned} }

// WrongName presents a certificate of the right authority for
// "wrong-name.invalid", and logs in whoever accepts it.
func WrongName() ServerFault { return ServerFault{kind: faultWrongName} }

// ExpiredCertificate presents a certificate of the right authority for
// the right names that expired an hour ago, and logs in whoever accepts it.
func ExpiredCertificate() ServerFault { return ServerFault{kind: faultExpiredCertificate} }

// Silent accepts the connection and says nothing until the client leaves.
func Silent() ServerFault { return ServerFault{kind: faultSilent} }

// Slow waits for delay before each of the answers of a login.
func Slow(delay time.Duration) ServerFault {
	return ServerFault{kind: faultSlow, delay: delay}
}

// CloseAfterToken closes the connection when the token has arrived,
// without an answer.
func CloseAfterToken() ServerFault { return ServerFault{kind: faultCloseAfterToken} }

// HalfPacket answers the token with the first part of a message and
// closes the connection.
func HalfPacket() ServerFault { return ServerFault{kind: faultHalfPacket} }

// ExpiredToken refuses a valid token as expired; a token that is not
// valid is refused for its own reason and does not count, and neither does a
// password.
func ExpiredToken() ServerFault { return ServerFault{kind: faultExpiredToken} }

// Times returns a copy of the fault that ends after it has been met n times. Zero
// or less: no limit.
func (f ServerFault) Times(n int) ServerFault {
	f.times = max(n, 0)
	return f
}

// faultList are the faults in force.
type faultList struct {
	mu     sync.Mutex
	active []*activeServerFault
}

type activeServerFault struct {
	ServerFault
	left int // how often it will still act, if times is not 0
}

func (l *faultList) add(f ServerFault) (remove func()) {
	entry := &activeServerFault{ServerFault: f, left: f.times}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active = append(l.active, entry)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.drop(entry)
	}
}

func (l *faultList) drop(entry *activeServerFault) {
	l.active = slices.DeleteFunc(l.active, func(e *activeServerFault) bool { return e == entry })
}

// take returns the first fault of one of the kinds and counts it; the zero fault
// if there is none.
func (l *faultList) take(kinds ...faultKind) ServerFault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.active {
		if !slices.Contains(kinds, e.kind) {
			continue
		}
		if e.times > 0 {
			if e.left--; e.left == 0 {
				l.drop(e)
			}
		}
		return e.ServerFault
	}
	return ServerFault{}
}

// meets counts and reports a fault of the kind.
func (l *faultList) meets(kind faultKind) bool { return l.take(kind).kind == kind }
