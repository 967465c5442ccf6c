package mysqltest

import (
	"context"
	"errors"
	"io"
	"maps"
	"strings"
)

// Commands of a session:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html
const (
	comQuit            = 0x01
	comInitDB          = 0x02
	comQuery           = 0x03
	comPing            = 0x0e
	comStmtPrepare     = 0x16
	comStmtExecute     = 0x17
	comStmtSendLong    = 0x18
	comStmtClose       = 0x19
	comStmtReset       = 0x1a
	comSetOption       = 0x1b
	comResetConnection = 0x1f
)

// Session is a client that has logged in and has been told so. It is for
// one goroutine.
type Session struct {
	User       string            // whom the client logged in as
	Database   string            // which database it asked for, "" for none
	Parameters map[string]string // its connection attributes, such as _client_name

	// InTransaction is told to the client with each answer. The handler sets it.
	InTransaction bool

	wire     *wire
	flags    capabilities // what client and server agreed on
	prepared map[uint32]*prepared
	last     uint32 // the number of the statement that was prepared last
	binary   bool   // how the rows of the next answer travel
}

// Statement is what a client asks for.
type Statement struct {
	SQL string

	// Args are the values for the question marks of a prepared statement: nil,
	// int64, uint64, float64, string (also for dates, times and decimals, as MySQL
	// writes them) or []byte, which go-sql-driver never sends. Nil for statements
	// that were not prepared.
	Args []any
}

// Receive waits for the client's next statement, which must be answered with
// Send or Fail before the next call. Statements are prepared here, unseen, and
// arrive when they are executed. A change of the database arrives as "USE `name`",
// a reset of the connection as "ROLLBACK"; either is to be answered, too. Receive
// returns [io.EOF] when the client has ended the session, with a word or without.
func (s *Session) Receive() (Statement, error) {
	for {
		s.wire.sequence, s.binary = 0, false // each command begins an exchange
		message, err := s.wire.receive()
		if err != nil {
			return Statement{}, err
		}
		if len(message) == 0 {
			return Statement{}, malformed()
		}
		statement, err := s.command(message[0], message[1:])
		if statement != nil || err != nil {
			if statement == nil {
				statement = new(Statement)
			}
			return *statement, err
		}
	}
}

// command deals with one command. It returns a statement if there is one for the
// handler.
func (s *Session) command(code byte, rest []byte) (*Statement, error) {
	switch code {
	case comQuit:
		return nil, io.EOF
	case comQuery:
		return &Statement{SQL: string(rest)}, nil
	case comInitDB:
		return &Statement{SQL: "USE `" + strings.ReplaceAll(string(rest), "`", "``") + "`"}, nil
	case comResetConnection:
		clear(s.prepared)
		return &Statement{SQL: "ROLLBACK"}, nil
	case comStmtPrepare:
		return nil, s.prepare(string(rest))
	case comStmtExecute:
		return s.execute(rest)
	case comStmtSendLong:
		return nil, s.appendLong(rest) // has no answer
	case comStmtClose:
		r := reader{rest: rest}
		delete(s.prepared, r.uint32()) // has no answer
		return nil, nil
	case comStmtReset:
		r := reader{rest: rest}
		if p := s.prepared[r.uint32()]; p != nil {
			p.long = nil
		}
		return nil, s.Send(Result{})
	case comPing:
		return nil, s.Send(Result{})
	case comSetOption:
		return nil, s.wire.send(s.endOfRows(Result{}))
	default:
		return nil, s.Fail(newError(1047, "08S01", "Unknown command"))
	}
}

// Fail answers the statement with an error: err itself if it is or wraps a
// [*Error], else an error 1105 that says nothing about it.
func (s *Session) Fail(err error) error {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		refusal = newError(1105, "HY000", "Unknown error")
	}
	return s.wire.send(encodeError(refusal, s.flags))
}

// handle lets the Handler speak for the server.
func (c *client) handle(ctx context.Context) {
	c.wire.limit = sessionLimit
	s := &Session{
		User:       c.Entry.User,
		Database:   c.Entry.Database,
		Parameters: maps.Clone(c.Entry.Parameters),
		wire:       c.wire,
		flags:      c.response.flags,
		prepared:   make(map[uint32]*prepared),
	}
	if err := s.Send(Result{}); err != nil { // the login succeeded
		return
	}
	handler := c.server.options.Handler
	if handler == nil {
		handler = noRows
	}
	if last, ok := errors.AsType[*Error](handler(ctx, s)); ok {
		_ = s.Fail(last) // the session is over either way
	}
}

// noRows is the handler of a server without one: every statement succeeds
// and returns nothing, but for the size of packets, which go-sql-driver asks for
// when its DSN says maxAllowedPacket=0.
func noRows(_ context.Context, s *Session) error {
	for {
		statement, err := s.Receive()
		if err != nil {
			return err
		}
		var result Result
		if strings.EqualFold(statement.SQL, "SELECT @@max_allowed_packet") {
			result.Columns = []Column{{Name: "@@max_allowed_packet", Type: Integer}}
			result.Rows = [][]any{{int64(sessionLimit)}}
		}
		if err := s.Send(result); err != nil {
			return err
		}
	}
}
