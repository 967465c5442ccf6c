package azuretest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ServerFault makes a database front end misbehave until it is removed. The zero
// value does nothing.
type ServerFault struct {
	Kind  ServerFaultKind
	Times int           // how often it acts; default: no limit
	Delay time.Duration // of Slow
	Err   error         // of Refuse: an error of the engine, such as a [*pgconn.PgError]
	Host  string        // of Route
	Port  int           // of Route
}

// ServerFaultKind says what a [ServerFault] does.
type ServerFaultKind string

// The faults of every front end. Those of the certificate log in whoever accepts it.
const (
	NoTLS              ServerFaultKind = "no TLS"              // has no TLS, and refuses whoever goes on in clear text
	Plaintext          ServerFaultKind = "plaintext"           // has no TLS, and asks whoever goes on for the password, as an impostor does
	SelfSigned         ServerFaultKind = "self-signed"         // a certificate that no authority has signed
	WrongName          ServerFaultKind = "wrong name"          // a certificate of the right authority for "wrong-name.invalid"
	ExpiredCertificate ServerFaultKind = "expired certificate" // a certificate that expired an hour ago
	Silent             ServerFaultKind = "silent"              // accepts the connection and says nothing
	Slow               ServerFaultKind = "slow"                // waits for Delay before each answer of a login
	CloseAfterToken    ServerFaultKind = "close after token"   // closes the connection when the token or password has arrived
	HalfPacket         ServerFaultKind = "half packet"         // answers it with the first part of a message, and closes the connection
	Refuse             ServerFaultKind = "refuse"              // answers it with Err instead of checking it
	ExpiredToken       ServerFaultKind = "expired token"       // refuses a valid token as expired
)

// The faults of one engine.
const (
	AskMD5            ServerFaultKind = "ask MD5"             // PostgreSQL: asks for an MD5 digest of the password, and refuses it
	AskSCRAM          ServerFaultKind = "ask SCRAM"           // PostgreSQL: the same with SCRAM-SHA-256
	AskNativePassword ServerFaultKind = "ask native password" // MySQL: the same with mysql_native_password
	AskCachingSHA2    ServerFaultKind = "ask caching SHA-2"   // MySQL: the same with caching_sha2_password
	Route             ServerFaultKind = "route"               // SQL Server: logs in and sends the client on to Host and Port
)

// commonFaults are the kinds that every front end knows.
var commonFaults = []ServerFaultKind{
	"", NoTLS, Plaintext, SelfSigned, WrongName, ExpiredCertificate, Silent, Slow, CloseAfterToken, HalfPacket, Refuse, ExpiredToken,
}

// faultList are the faults in force.
type faultList struct {
	engine  string
	own     []ServerFaultKind    // that the engine knows in addition to the common ones
	refuses func(err error) bool // whether err is an error of the engine

	mu     sync.Mutex
	active []*activeServerFault
}

type activeServerFault struct {
	ServerFault
	left int // how often it will still act, if Times is not 0
}

func (l *faultList) add(f ServerFault) (remove func()) {
	switch {
	case !slices.Contains(commonFaults, f.Kind) && !slices.Contains(l.own, f.Kind):
		panic(fmt.Sprintf("azuretest: %s has no fault %q", l.engine, f.Kind))
	case f.Kind == Refuse && !l.refuses(f.Err):
		panic(fmt.Sprintf("azuretest: Err of fault %q is a %T, which is not an error of %s", f.Kind, f.Err, l.engine))
	}
	entry := &activeServerFault{ServerFault: f, left: f.Times}
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
func (l *faultList) take(kinds ...ServerFaultKind) ServerFault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.active {
		if !slices.Contains(kinds, e.Kind) {
			continue
		}
		if e.Times > 0 {
			if e.left--; e.left == 0 {
				l.drop(e)
			}
		}
		return e.ServerFault
	}
	return ServerFault{}
}

// meets counts and reports a fault of the kind.
func (l *faultList) meets(kind ServerFaultKind) bool { return l.take(kind).Kind == kind }

// isError tells whether err is or wraps an E.
func isError[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
