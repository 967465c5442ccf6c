package azuretest

import (
	"crypto/tls"
	"slices"
	"sync"
	"time"
)

// ServerFault is a way in which a [PostgresServer] misbehaves. The functions
// of this package that return one are all there are; the zero value does nothing.
// A fault stays until it is removed; Times limits it.
type ServerFault struct {
	kind    pgFaultKind
	times   int // 0: no limit
	delay   time.Duration
	code    string
	message string
	hint    string
}

type pgFaultKind uint8

const (
	pgNoTLS pgFaultKind = iota + 1
	pgPlaintext
	pgSelfSigned
	pgWrongName
	pgExpiredCertificate
	pgSilent
	pgSlow
	pgAskMD5
	pgAskSCRAM
	pgCloseAfterToken
	pgHalfPacket
	pgRefuse
	pgExpiredToken
)

// NoTLS answers the request for TLS with "N", as a server does that was
// built or configured without it. A client that goes on in plain text is refused
// before it is asked for a password.
func NoTLS() ServerFault { return ServerFault{kind: pgNoTLS} }

// Plaintext answers the request for TLS with "N" and asks whoever goes on
// in plain text for the password: an impostor on the network. [PostgresServer.Plaintext]
// tells whether a client fell for it.
func Plaintext() ServerFault { return ServerFault{kind: pgPlaintext} }

// SelfSigned presents a certificate for the right names that no authority
// has signed, and logs in whoever accepts it.
func SelfSigned() ServerFault { return ServerFault{kind: pgSelfSigned} }

// WrongName presents a certificate of the right authority for
// "wrong-name.invalid", and logs in whoever accepts it.
func WrongName() ServerFault { return ServerFault{kind: pgWrongName} }

// ExpiredCertificate presents a certificate of the right authority for
// the right names that expired an hour ago, and logs in whoever accepts it.
func ExpiredCertificate() ServerFault { return ServerFault{kind: pgExpiredCertificate} }

// Silent accepts the connection and says nothing until the client leaves.
func Silent() ServerFault { return ServerFault{kind: pgSilent} }

// Slow waits for delay before each of the answers of a login: to the
// request for TLS, to the startup message, and to the password.
func Slow(delay time.Duration) ServerFault {
	return ServerFault{kind: pgSlow, delay: delay}
}

// AskMD5 asks for an MD5 digest of the password, as a server does for a
// role with an MD5 password that is not an Entra role, and refuses it.
func AskMD5() ServerFault { return ServerFault{kind: pgAskMD5} }

// AskSCRAM asks for SCRAM-SHA-256, as a server does for a role with a
// password that is not an Entra role, and refuses the proof.
func AskSCRAM() ServerFault { return ServerFault{kind: pgAskSCRAM} }

// CloseAfterToken closes the connection when the token has arrived,
// without an answer.
func CloseAfterToken() ServerFault { return ServerFault{kind: pgCloseAfterToken} }

// HalfPacket answers the token with the first part of a message and
// closes the connection.
func HalfPacket() ServerFault { return ServerFault{kind: pgHalfPacket} }

// PostgresRefuse answers the password with an error of severity FATAL instead of
// checking it. The hint may be empty.
func PostgresRefuse(sqlstate, message, hint string) ServerFault {
	return ServerFault{kind: pgRefuse, code: sqlstate, message: message, hint: hint}
}

// ExpiredToken refuses a valid token as expired; a token that is not
// valid is refused for its own reason and does not count.
func ExpiredToken() ServerFault { return ServerFault{kind: pgExpiredToken} }

// Times returns a copy of the fault that ends after it has been met n times. Zero
// or less: no limit.
func (f ServerFault) Times(n int) ServerFault {
	f.times = max(n, 0)
	return f
}

// Inject adds a fault, which later connections meet, and open ones that have not
// reached the point where it acts. Of several faults that act at the same point
// the one injected first acts. Calling remove, also more than once, ends it.
func (s *PostgresServer) Inject(f ServerFault) (remove func()) {
	return s.faults.add(f)
}

// certificate returns the certificate for the next handshake.
func (s *PostgresServer) certificate() (tls.Certificate, error) {
	switch s.faults.take(pgSelfSigned, pgWrongName, pgExpiredCertificate).kind {
	case pgSelfSigned:
		return s.ca.issueSelfSigned(s.options.Names...)
	case pgWrongName:
		return s.ca.Issue(wrongName)
	case pgExpiredCertificate:
		return s.ca.issueExpired(s.options.Names...)
	}
	return s.options.Certificate, nil
}

// pgFaults are the faults in force.
type pgFaults struct {
	mu     sync.Mutex
	active []*pgActiveFault
}

type pgActiveFault struct {
	ServerFault
	left int // how often it will still act, if times is not 0
}

func (l *pgFaults) add(f ServerFault) (remove func()) {
	entry := &pgActiveFault{ServerFault: f, left: f.times}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active = append(l.active, entry)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.drop(entry)
	}
}

func (l *pgFaults) drop(entry *pgActiveFault) {
	l.active = slices.DeleteFunc(l.active, func(e *pgActiveFault) bool { return e == entry })
}

// take returns the first fault of one of the kinds and counts it; the zero fault
// if there is none.
func (l *pgFaults) take(kinds ...pgFaultKind) ServerFault {
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
