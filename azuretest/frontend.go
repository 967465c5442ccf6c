package azuretest

import (
	"context"
	"crypto/sha256"
	"net"
	"time"
)

// Server is a login front end: of package postgrestest, mysqltest or
// sqlservertest. Its methods are safe for concurrent use.
type Server interface {
	// Addr is the address to connect to, such as "127.0.0.1:40123"; "" for a server
	// that does not listen. Host and Port are its parts.
	Addr() string
	Host() string
	Port() int

	// Environ returns every variable that an app needs to log in as a managed
	// identity of the cloud, in the form that Service Connector and App Service give
	// them: the connection, with database "app", the identity, its endpoint, and the
	// server and its CA as trusted ones. See [Setenv]. The CA's file is removed when
	// the cloud is closed. A server that does not listen panics.
	Environ(id Identity) []string

	// Inject adds a fault, which later connections meet, and open ones that have not
	// reached the point where it acts. Of several faults that act at the same point
	// the one injected first acts. A fault that the engine does not have panics.
	// Calling remove, also more than once, ends it.
	Inject(f ServerFault) (remove func())

	// Logins returns the logins so far, in the order in which they were decided. A
	// login is listed before the client learns how it ended; a handshake that the
	// client ends, and what a client sends after it was refused, a moment later: ask
	// after Close to show that something did not happen.
	Logins() []ServerLogin

	// Plaintext returns the logins in which a password or token arrived outside TLS,
	// whether the server asked for it or not.
	Plaintext() []ServerLogin

	// ServeConn serves one client on conn, closes conn and returns when the session
	// is over: the client left, ctx ended, or the server was closed. It suits
	// [net.Pipe] inside a testing/synctest bubble, where sockets would hold the clock.
	ServeConn(ctx context.Context, conn net.Conn)

	// Close stops listening, ends every session and waits for them to return.
	// Cloud.Close calls it. Closing again does nothing.
	Close() error
}

// Statement is what a client asks a front end's Query for.
type Statement struct {
	SQL      string
	Args     []any  // values of the parameters; of PostgreSQL, nil or a string: it is not said what type they have
	User     string // that the client logged in as
	Database string

	// Describe asks for the columns of the result only, before the Args are known,
	// which are nil then. PostgreSQL's clients do so for statements with parameters
	// or that they prepare. Nothing must be changed.
	Describe bool
}

// Result answers a Statement.
type Result struct {
	// Columns are the names of the columns; without any the statement returns no
	// rows. The type of a column is that of its first value that is not nil, and
	// text if there is none.
	Columns []string
	Rows    [][]any // a value for each column: nil, bool, string, []byte, time.Time, or any integer or float

	RowsAffected int64  // of a statement without columns
	LastInsertID int64  // the same; MySQL
	Tag          string // PostgreSQL's command tag; default: the statement's first word and the number of rows
}

// ServerLogin is what a database front end saw of one connection. Connections
// that said nothing and requests to cancel a query leave none.
type ServerLogin struct {
	Time       time.Time         // when the connection began
	User       string            // "" if the client did not get that far
	Database   string            // as the client named it; PostgreSQL's default is the user name
	Parameters map[string]string // what else the client said of itself, such as application_name
	TLS        uint16            // the version, such as tls.VersionTLS13; 0 without a successful handshake
	ServerName string            // the name the client asked for in the handshake (SNI)

	// PasswordLength counts the bytes of the password or token that arrived, and
	// PasswordSHA256 is its digest, to compare it by. The password itself is not
	// kept. Where the client answers a challenge, as for MD5, it is that answer;
	// SCRAM sends no password.
	PasswordLength int
	PasswordSHA256 [sha256.Size]byte

	// Err tells why there was no session: the error that was sent to the client,
	// a failed handshake, a client that left, a fault. If nil, logged in.
	Err error
}
