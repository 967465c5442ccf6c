package azuretest

import (
	"encoding/binary"
	"fmt"
)

// MySQLResult answers a statement.
type MySQLResult struct {
	// Columns of the result, and its rows, each with a value for every column: nil,
	// bool, int, int64, uint64, float64, string, []byte or [time.Time], as the
	// column's type allows. Without columns the statement had no result.
	Columns []MySQLColumn
	Rows    [][]any

	AffectedRows, LastInsertID uint64 // of a statement without columns

	// More says that another result of the same statement follows, with another
	// call of Send.
	More bool
}

// Status of a session, told with each answer.
const (
	mysqlInTransaction = 1 << 0
	mysqlAutocommit    = 1 << 1
	mysqlMoreResults   = 1 << 3
)

// Send answers the statement. Rows that do not fit the columns are answered with
// an error, which is returned, too.
func (s *MySQLSession) Send(r MySQLResult) error {
	if len(r.Columns) == 0 {
		return s.wire.send(s.encodeOK(mysqlOKPacket, r))
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
	s.wire.queue(appendMySQLInt(nil, uint64(len(r.Columns))))
	for _, column := range r.Columns {
		s.wire.queue(column.encode())
	}
	if s.flags&mysqlDeprecateEOF == 0 {
		s.wire.queue(s.endOfColumns())
	}
	for _, row := range rows {
		s.wire.queue(row)
	}
	return s.wire.send(s.endOfRows(r))
}

// status is the state of the session after a result.
func (s *MySQLSession) status(r MySQLResult) uint16 {
	status := uint16(mysqlAutocommit)
	if s.InTransaction {
		status = mysqlInTransaction
	}
	if r.More {
		status |= mysqlMoreResults
	}
	return status
}

// encodeOK makes the packet that ends a statement:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html
func (s *MySQLSession) encodeOK(kind byte, r MySQLResult) []byte {
	b := appendMySQLInt([]byte{kind}, r.AffectedRows)
	b = appendMySQLInt(b, r.LastInsertID)
	b = binary.LittleEndian.AppendUint16(b, s.status(r))
	return append(b, 0, 0) // no warnings
}

// endOfRows ends a result, in the form that the client understands.
func (s *MySQLSession) endOfRows(r MySQLResult) []byte {
	if s.flags&mysqlDeprecateEOF != 0 {
		return s.encodeOK(mysqlEOFPacket, r)
	}
	return binary.LittleEndian.AppendUint16([]byte{mysqlEOFPacket, 0, 0}, s.status(r)) // no warnings
}

// endOfColumns is for clients that expect an end there.
func (s *MySQLSession) endOfColumns() []byte { return s.endOfRows(MySQLResult{}) }

// encodeMySQLError makes the packet of an error, for a client with these flags:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html
func encodeMySQLError(e *MySQLError, flags mysqlFlags) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{mysqlErrPacket}, e.Number)
	if flags&mysqlProtocol41 != 0 {
		b = append(append(b, '#'), e.state()...)
	}
	return append(b, e.Message...)
}
