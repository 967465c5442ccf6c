package azuretest

import "time"

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
