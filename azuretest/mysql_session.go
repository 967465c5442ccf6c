package azuretest

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
	mysqlComQuit            = 0x01
	mysqlComInitDB          = 0x02
	mysqlComQuery           = 0x03
	mysqlComPing            = 0x0e
	mysqlComStmtPrepare     = 0x16
	mysqlComStmtExecute     = 0x17
	mysqlComStmtSendLong    = 0x18
	mysqlComStmtClose       = 0x19
	mysqlComStmtReset       = 0x1a
	mysqlComSetOption       = 0x1b
	mysqlComResetConnection = 0x1f
)

// MySQLSession is a client that has logged in and has been told so. It is for
// one goroutine.
type MySQLSession struct {
	User       string            // whom the client logged in as
	Database   string            // which database it asked for, "" for none
	Parameters map[string]string // its connection attributes, such as _client_name

	// InTransaction is told to the client with each answer. The handler sets it.
	InTransaction bool

	wire     *mysqlWire
	flags    mysqlFlags // what client and server agreed on
	prepared map[uint32]*mysqlPrepared
	last     uint32 // the number of the statement that was prepared last
	binary   bool   // how the rows of the next answer travel
}

// MySQLStatement is what a client asks for.
type MySQLStatement struct {
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
func (s *MySQLSession) Receive() (MySQLStatement, error) {
	for {
		s.wire.sequence, s.binary = 0, false // each command begins an exchange
		message, err := s.wire.receive()
		if err != nil {
			return MySQLStatement{}, err
		}
		if len(message) == 0 {
			return MySQLStatement{}, mysqlMalformed()
		}
		statement, err := s.command(message[0], message[1:])
		if statement != nil || err != nil {
			if statement == nil {
				statement = new(MySQLStatement)
			}
			return *statement, err
		}
	}
}

// command deals with one command. It returns a statement if there is one for the
// handler.
func (s *MySQLSession) command(code byte, rest []byte) (*MySQLStatement, error) {
	switch code {
	case mysqlComQuit:
		return nil, io.EOF
	case mysqlComQuery:
		return &MySQLStatement{SQL: string(rest)}, nil
	case mysqlComInitDB:
		return &MySQLStatement{SQL: "USE `" + strings.ReplaceAll(string(rest), "`", "``") + "`"}, nil
	case mysqlComResetConnection:
		clear(s.prepared)
		return &MySQLStatement{SQL: "ROLLBACK"}, nil
	case mysqlComStmtPrepare:
		return nil, s.prepare(string(rest))
	case mysqlComStmtExecute:
		return s.execute(rest)
	case mysqlComStmtSendLong:
		return nil, s.appendLong(rest) // has no answer
	case mysqlComStmtClose:
		r := mysqlReader{rest: rest}
		delete(s.prepared, r.uint32()) // has no answer
		return nil, nil
	case mysqlComStmtReset:
		r := mysqlReader{rest: rest}
		if p := s.prepared[r.uint32()]; p != nil {
			p.long = nil
		}
		return nil, s.Send(MySQLResult{})
	case mysqlComPing:
		return nil, s.Send(MySQLResult{})
	case mysqlComSetOption:
		return nil, s.wire.send(s.endOfRows(MySQLResult{}))
	default:
		return nil, s.Fail(mysqlError(1047, "08S01", "Unknown command"))
	}
}

// Fail answers the statement with an error: err itself if it is or wraps a
// [*MySQLError], else an error 1105 that says nothing about it.
func (s *MySQLSession) Fail(err error) error {
	refusal, ok := errors.AsType[*MySQLError](err)
	if !ok {
		refusal = mysqlError(1105, "HY000", "Unknown error")
	}
	return s.wire.send(encodeMySQLError(refusal, s.flags))
}

// handle lets the Handler speak for the server.
func (c *mysqlConn) handle(ctx context.Context) {
	c.wire.limit = mysqlSessionLimit
	s := &MySQLSession{
		User:       c.login.User,
		Database:   c.login.Database,
		Parameters: maps.Clone(c.login.Parameters),
		wire:       c.wire,
		flags:      c.response.flags,
		prepared:   make(map[uint32]*mysqlPrepared),
	}
	if err := s.Send(MySQLResult{}); err != nil { // the login succeeded
		return
	}
	handler := c.server.options.Handler
	if handler == nil {
		handler = mysqlNoRows
	}
	if last, ok := errors.AsType[*MySQLError](handler(ctx, s)); ok {
		_ = s.Fail(last) // the session is over either way
	}
}

// mysqlNoRows is the handler of a server without one: every statement succeeds
// and returns nothing, but for the size of packets, which go-sql-driver asks for
// when its DSN says maxAllowedPacket=0.
func mysqlNoRows(_ context.Context, s *MySQLSession) error {
	for {
		statement, err := s.Receive()
		if err != nil {
			return err
		}
		var result MySQLResult
		if strings.EqualFold(statement.SQL, "SELECT @@max_allowed_packet") {
			result.Columns = []MySQLColumn{{Name: "@@max_allowed_packet", Type: MySQLInteger}}
			result.Rows = [][]any{{int64(mysqlSessionLimit)}}
		}
		if err := s.Send(result); err != nil {
			return err
		}
	}
}
