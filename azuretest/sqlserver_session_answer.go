package azuretest

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Columns begins a result. Done ends it.
func (s *SQLServerSession) Columns(columns ...SQLServerColumn) error {
	types := make([]tdsType, len(columns))
	b := binary.LittleEndian.AppendUint16([]byte{tdsTokenColumns}, uint16(len(columns)))
	for i, c := range columns {
		t, err := c.Type.wire()
		if err != nil {
			return fmt.Errorf("%w (column %q)", err, c.Name)
		}
		types[i] = t
		flags := tdsColumnWritable
		if !c.NotNull {
			flags |= tdsColumnNullable
		}
		if c.Identity {
			flags = flags&^tdsColumnWritable | tdsColumnIdentity
		}
		b = binary.LittleEndian.AppendUint32(b, 0) // user type
		b = binary.LittleEndian.AppendUint16(b, flags)
		b = appendBVarChar(t.appendInfo(b), c.Name)
	}
	if s.answer == nil {
		return errors.New("azuretest: no request is being answered")
	}
	if !s.cancelled() {
		s.answer.columns = types
		s.put(b)
	}
	return s.err
}

// Row sends a row of the result that Columns began: nil for NULL, int64 or int,
// float64, bool, string, []byte, time.Time, as the column's type is; also int64
// and float64 for decimals and money, which are rounded to their scale, and bool
// for integers. A value that does not fit its column is an error, and nothing of
// the row is sent. It returns the error of the request's Context once the client
// has cancelled.
func (s *SQLServerSession) Row(values ...any) error {
	switch {
	case s.answer == nil || s.answer.columns == nil && !s.cancelled():
		return errors.New("azuretest: a row without columns")
	case s.cancelled():
		return s.answer.request.Context().Err()
	case len(values) != len(s.answer.columns):
		return fmt.Errorf("azuretest: a row of %d values for %d columns", len(values), len(s.answer.columns))
	}
	row := append(s.answer.row[:0], tdsTokenRow)
	for i, t := range s.answer.columns {
		var err error
		if row, err = t.appendValue(row, values[i]); err != nil {
			return fmt.Errorf("%w (column %d)", err, i+1)
		}
	}
	s.answer.row = row
	s.put(row)
	return s.err
}

// Done ends a statement: a result, with the number of its rows, or one without
// rows, with the number of rows it affected. Less than 0: no number, as after SET.
func (s *SQLServerSession) Done(rows int64) {
	if s.answer != nil && !s.cancelled() {
		s.err = errors.Join(s.err, s.answer.done(rows))
	}
}

// Error tells the client of an error of the statement that is running. Done may
// follow, and other statements.
func (s *SQLServerSession) Error(e *SQLServerError) {
	if s.answer != nil && !s.cancelled() {
		s.answer.failed = true
		s.put(appendTDSMessage(nil, tdsTokenError, e))
	}
}

// Info tells the client something that is not an error, as PRINT does (number 0,
// class 0).
func (s *SQLServerSession) Info(e *SQLServerError) {
	if !s.cancelled() {
		s.put(appendTDSMessage(nil, tdsTokenInfo, e))
	}
}

// DatabaseChanged tells the client that USE has been executed.
func (s *SQLServerSession) DatabaseChanged(name string) {
	s.put(appendTDSEnvChange(nil, tdsEnvDatabase, appendBVarChar(nil, name), appendBVarChar(nil, s.Database)))
	s.Database = name
}

// TransactionBegun tells the client that a transaction has begun, by its request
// or by BEGIN TRAN in a batch. It is put down in the answer even when the request
// was cancelled.
func (s *SQLServerSession) TransactionBegun() {
	s.began++
	s.transaction = s.began
	s.put(appendTDSEnvChange(nil, tdsEnvBegin, s.descriptor(), []byte{0}))
}

// TransactionEnded tells the client that its transaction has been committed or
// rolled back, whoever ended it.
func (s *SQLServerSession) TransactionEnded(committed bool) {
	kind := tdsEnvRollback
	if committed {
		kind = tdsEnvCommit
	}
	s.put(appendTDSEnvChange(nil, kind, []byte{0}, s.descriptor()))
	s.transaction = 0
}

// descriptor is the name of the transaction on the wire, with its length.
func (s *SQLServerSession) descriptor() []byte {
	return binary.LittleEndian.AppendUint64([]byte{8}, s.transaction)
}

// ReturnStatus sets what the procedure that was called returns. Without it a
// procedure returns 0.
func (s *SQLServerSession) ReturnStatus(status int32) {
	if s.answer != nil {
		s.answer.status = status
	}
}

// ReturnValue gives an output parameter of the request its value, as [SQLServerSession.Row]
// gives one to a column of the parameter's type. The client gets it when the
// answer ends.
func (s *SQLServerSession) ReturnValue(p SQLServerParameter, value any) error {
	t, err := p.Type.wire()
	if err != nil {
		return fmt.Errorf("%w (parameter %q)", err, p.Name)
	}
	b := append([]byte{tdsTokenReturnValue}, 0, 0) // its position, which clients do not need
	b = appendBVarChar(b, p.Name)
	b = append(b, tdsByReference)
	b = append(b, 0, 0, 0, 0) // user type
	b = append(b, 0, 0)       // flags
	if b, err = t.appendValue(t.appendInfo(b), value); err != nil {
		return fmt.Errorf("%w (parameter %q)", err, p.Name)
	}
	if s.answer != nil {
		s.answer.values = append(s.answer.values, b...)
	}
	return nil
}

// Flush sends what there is of the answer, which otherwise waits until a packet is
// full. It does nothing if all has been sent.
func (s *SQLServerSession) Flush() error {
	if s.answer != nil && s.err == nil {
		s.err = s.answer.flush()
	}
	return s.err
}
