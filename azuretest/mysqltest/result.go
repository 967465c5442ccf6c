package mysqltest

import (
	"encoding/binary"
	"fmt"
)

// Result answers a statement.
type Result struct {
	// Columns of the result, and its rows, each with a value for every column: nil,
	// bool, int, int64, uint64, float64, string, []byte or [time.Time], as the
	// column's type allows. Without columns the statement had no result.
	Columns []Column
	Rows    [][]any

	AffectedRows, LastInsertID uint64 // of a statement without columns

	// More says that another result of the same statement follows, with another
	// call of Send.
	More bool
}

// Status of a session, told with each answer.
const (
	inTransaction = 1 << 0
	autocommit    = 1 << 1
	moreResults   = 1 << 3
)

// Send answers the statement. Rows that do not fit the columns are answered with
// an error, which is returned, too.
func (s *Session) Send(r Result) error {
	if len(r.Columns) == 0 {
		return s.wire.send(s.encodeOK(okPacket, r))
	}
	rows := make([][]byte, len(r.Rows))
	for i, row := range r.Rows {
		var err error
		if rows[i], err = s.encodeRow(r.Columns, row); err != nil {
			err = fmt.Errorf("azuretest: row %d: %w", i, err)
			_ = s.Fail(err) // the handler learns of the error anyway
			return err
		}
	}
	s.wire.queue(appendInt(nil, uint64(len(r.Columns))))
	for _, column := range r.Columns {
		s.wire.queue(column.encode())
	}
	if s.flags&deprecateEOF == 0 {
		s.wire.queue(s.endOfColumns())
	}
	for _, row := range rows {
		s.wire.queue(row)
	}
	return s.wire.send(s.endOfRows(r))
}

// status is the state of the session after a result.
func (s *Session) status(r Result) uint16 {
	status := uint16(autocommit)
	if s.InTransaction {
		status = inTransaction
	}
	if r.More {
		status |= moreResults
	}
	return status
}

// encodeOK makes the packet that ends a statement:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html
func (s *Session) encodeOK(kind byte, r Result) []byte {
	b := appendInt([]byte{kind}, r.AffectedRows)
	b = appendInt(b, r.LastInsertID)
	b = binary.LittleEndian.AppendUint16(b, s.status(r))
	return append(b, 0, 0) // no warnings
}

// endOfRows ends a result, in the form that the client understands.
func (s *Session) endOfRows(r Result) []byte {
	if s.flags&deprecateEOF != 0 {
		return s.encodeOK(eofPacket, r)
	}
	return binary.LittleEndian.AppendUint16([]byte{eofPacket, 0, 0}, s.status(r)) // no warnings
}

// endOfColumns is for clients that expect an end there.
func (s *Session) endOfColumns() []byte { return s.endOfRows(Result{}) }

// encodeError makes the packet of an error, for a client with these flags:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html
func encodeError(e *Error, flags capabilities) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{errPacket}, e.Number)
	if flags&protocol41 != 0 {
		b = append(append(b, '#'), e.state()...)
	}
	return append(b, e.Message...)
}
