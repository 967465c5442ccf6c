package mysqlfront

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
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

// session answers the commands of a client that has logged in.
type session struct {
	wire      *wire
	flags     capabilities // what client and server agreed on
	query     func(context.Context, azuretest.Statement) (azuretest.Result, error)
	statement azuretest.Statement // whom the client logged in as, and the database
	open      bool                // a transaction

	prepared map[uint32]*prepared
	last     uint32 // the number of the statement that was prepared last
}

// handle lets the Query speak for the server.
func (c *client) handle(ctx context.Context) {
	c.wire.limit = sessionLimit
	s := &session{
		wire: c.wire, flags: c.response.flags, query: c.server.options.Query,
		statement: azuretest.Statement{User: c.Entry.User, Database: c.Entry.Database},
		prepared:  make(map[uint32]*prepared),
	}
	err := s.ok(azuretest.Result{}) // the login succeeded
	for err == nil {
		err = s.receive(ctx)
	}
	if last, ok := errors.AsType[*azuretest.ServerError](err); ok {
		_ = s.fail(last) // the session is over either way
	}
}

// receive answers the next command.
func (s *session) receive(ctx context.Context) error {
	s.wire.sequence = 0 // each command begins an exchange
	message, err := s.wire.receive()
	if err != nil {
		return err
	}
	if len(message) == 0 {
		return malformed
	}
	rest := message[1:]
	switch message[0] {
	case comQuit:
		return io.EOF
	case comQuery:
		return s.run(ctx, string(rest), nil, false)
	case comStmtPrepare:
		return s.prepare(string(rest))
	case comStmtExecute:
		return s.execute(ctx, rest)
	case comStmtSendLong: // has no answer
		return s.appendLong(rest)
	case comStmtClose: // has no answer
		r := reader{rest: rest}
		delete(s.prepared, r.uint32())
		return nil
	case comStmtReset:
		r := reader{rest: rest}
		if p := s.prepared[r.uint32()]; p != nil {
			p.long = nil
		}
	case comInitDB:
		s.statement.Database = string(rest)
	case comResetConnection:
		s.open = false
		clear(s.prepared)
	case comSetOption:
		return s.wire.send(s.endOfRows())
	case comPing:
	default:
		return s.fail(newError(1047, "08S01", "Unknown command"))
	}
	return s.ok(azuretest.Result{})
}

// run has a statement answered.
func (s *session) run(ctx context.Context, sql string, args []any, inBinary bool) error {
	var result azuretest.Result
	switch {
	case strings.EqualFold(sql, "SELECT @@max_allowed_packet"): // of go-sql-driver, if its DSN says maxAllowedPacket=0
		result = azuretest.Result{Columns: []string{"@@max_allowed_packet"}, Rows: [][]any{{sessionLimit}}}
	case s.query != nil:
		statement := s.statement
		statement.SQL, statement.Args = sql, args
		var err error
		if result, err = s.query(ctx, statement); err != nil {
			return s.fail(err)
		}
	}
	s.open = frontend.InTransaction(sql, s.open)
	if len(result.Columns) == 0 {
		return s.ok(result)
	}
	table, err := frontend.NewTable(result)
	if err != nil {
		return s.fail(err)
	}
	return s.send(table, inBinary)
}

// fail answers with an error; io.EOF ends the session.
func (s *session) fail(err error) error {
	if errors.Is(err, io.EOF) {
		return err
	}
	e, ok := errors.AsType[*azuretest.ServerError](err)
	if !ok {
		e = newError(1105, "HY000", err.Error())
	}
	return s.wire.send(encodeError(e, s.flags))
}

// ok ends a statement without rows:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html
func (s *session) ok(r azuretest.Result) error { return s.wire.send(s.encodeOK(okPacket, r)) }

func (s *session) encodeOK(kind byte, r azuretest.Result) []byte {
	b := appendInt([]byte{kind}, uint64(r.RowsAffected))
	b = appendInt(b, uint64(r.LastInsertID))
	return append(binary.LittleEndian.AppendUint16(b, s.status()), 0, 0) // no warnings
}

// Status of a session, told with each answer.
const (
	inTransaction = 1 << 0
	autocommit    = 1 << 1
)

func (s *session) status() uint16 {
	if s.open {
		return inTransaction
	}
	return autocommit
}

// encodeError makes the packet of an error, for a client with these flags:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html
func encodeError(e *azuretest.ServerError, flags capabilities) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{errPacket}, uint16(e.Number))
	if flags&protocol41 != 0 {
		b = append(append(b, '#'), state(e)...)
	}
	return append(b, e.Message...)
}

// prepare answers a request to prepare a statement. As MySQL does for statements
// of which it does not know the result yet, it announces no columns; they come
// with each execution.
func (s *session) prepare(sql string) error {
	s.last++
	p := &prepared{sql: sql, parameters: countParameters(sql)}
	if p.parameters > 1<<16-1 {
		return s.fail(newError(1390, "HY000", "Prepared statement contains too many placeholders"))
	}
	s.prepared[s.last] = p
	b := binary.LittleEndian.AppendUint32([]byte{okPacket}, s.last)
	b = binary.LittleEndian.AppendUint16(b, 0) // columns
	b = binary.LittleEndian.AppendUint16(b, uint16(p.parameters))
	s.wire.queue(append(b, 0, 0, 0)) // filler, no warnings
	for range p.parameters {
		s.wire.queue(encodeColumn("?", nil))
	}
	if p.parameters > 0 {
		s.endOfColumns()
	}
	return s.wire.flush()
}

// appendLong notes a part of a value that is sent ahead of an execution.
func (s *session) appendLong(rest []byte) error {
	r := reader{rest: rest}
	p, n := s.prepared[r.uint32()], int(r.uint16())
	if r.bad || p == nil || n >= p.parameters {
		return nil // the execution will fail
	}
	if p.long == nil {
		p.long = make(map[int][]byte)
	}
	if len(p.long[n])+len(r.rest) > s.wire.limit {
		return tooLong
	}
	p.long[n] = append(p.long[n], r.rest...)
	return nil
}

// execute runs a prepared statement:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html
func (s *session) execute(ctx context.Context, rest []byte) error {
	r := reader{rest: rest}
	id := r.uint32()
	p := s.prepared[id]
	if p == nil {
		return s.fail(newError(1243, "HY000", fmt.Sprintf("Unknown prepared statement handler (%d) given to EXECUTE", id)))
	}
	r.bytes(5) // flags, which ask for cursors, and a count that is always 1
	args, err := p.read(&r)
	p.long = nil
	if err != nil {
		return s.fail(err)
	}
	return s.run(ctx, p.sql, args, true)
}
