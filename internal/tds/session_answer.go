package tds

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Columns begins a result. Done ends it.
func (s *Session) Columns(columns ...Column) error {
	types := make([]WireType, len(columns))
	b := binary.LittleEndian.AppendUint16([]byte{TokenColumns}, uint16(len(columns)))
	for i, c := range columns {
		t, err := c.Type.Wire()
		if err != nil {
			return fmt.Errorf("%w (column %q)", err, c.Name)
		}
		types[i] = t
		flags := columnWritable
		if !c.NotNull {
			flags |= columnNullable
		}
		if c.Identity {
			flags = flags&^columnWritable | columnIdentity
		}
		b = binary.LittleEndian.AppendUint16(append(b, 0, 0, 0, 0), flags) // after a user type
		b = AppendBVarChar(t.AppendInfo(b), c.Name)
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
// float64, bool, string, []byte, time.Time, as the column's type is; also numbers for
// decimals and money, rounded to their scale, and bool for integers. If a value does
// not fit nothing of the row is sent. Once the client has cancelled the error is that
// of the request's Context.
func (s *Session) Row(values ...any) error {
	switch {
	case s.answer == nil || s.answer.columns == nil && !s.cancelled():
		return errors.New("azuretest: a row without columns")
	case s.cancelled():
		return s.answer.request.Context().Err()
	case len(values) != len(s.answer.columns):
		return fmt.Errorf("azuretest: a row of %d values for %d columns", len(values), len(s.answer.columns))
	}
	row := append(s.answer.row[:0], TokenRow)
	for i, t := range s.answer.columns {
		var err error
		if row, err = t.AppendValue(row, values[i]); err != nil {
			return fmt.Errorf("%w (column %d)", err, i+1)
		}
	}
	s.answer.row = row
	s.put(row)
	return s.err
}

// Done ends a statement: a result, with the number of its rows, or one without
// rows, with the number of rows it affected. Less than 0: no number, as after SET.
func (s *Session) Done(rows int64) {
	if s.answer != nil && !s.cancelled() {
		s.err = errors.Join(s.err, s.answer.done(rows))
	}
}

// Error tells the client of an error of the statement that is running. Done may
// follow, and other statements.
func (s *Session) Error(e *Error) {
	if s.answer != nil && !s.cancelled() {
		s.answer.failed = true
		s.put(AppendMessage(nil, TokenError, e))
	}
}

// Info tells the client something that is not an error, as PRINT does (number 0,
// class 0).
func (s *Session) Info(e *Error) {
	if !s.cancelled() {
		s.put(AppendMessage(nil, TokenInfo, e))
	}
}

// DatabaseChanged tells the client that USE has been executed.
func (s *Session) DatabaseChanged(name string) {
	s.put(AppendEnvChange(nil, EnvDatabase, AppendBVarChar(nil, name), AppendBVarChar(nil, s.Database)))
	s.Database = name
}

// FollowTransaction answers a transaction request of a server that has no
// transactions: begun and ended as the client wishes.
func (s *Session) FollowTransaction(t *Transaction) {
	switch t.Action {
	case Begin:
		s.TransactionBegun()
	case Commit, Rollback:
		s.TransactionEnded(t.Action == Commit)
	}
}

// TransactionBegun tells the client that a transaction has begun, by its request
// or by BEGIN TRAN in a batch, also when the request was cancelled.
func (s *Session) TransactionBegun() {
	s.began++
	s.transaction = s.began
	s.put(AppendEnvChange(nil, envBegin, s.descriptor(), []byte{0}))
}

// TransactionEnded tells the client that its transaction has been committed or
// rolled back, whoever ended it.
func (s *Session) TransactionEnded(committed bool) {
	kind := envRollback
	if committed {
		kind = envCommit
	}
	s.put(AppendEnvChange(nil, kind, []byte{0}, s.descriptor()))
	s.transaction = 0
}

// descriptor is the name of the transaction on the wire, with its length.
func (s *Session) descriptor() []byte {
	return binary.LittleEndian.AppendUint64([]byte{8}, s.transaction)
}

// ReturnValue gives an output parameter of the request its value, as [Session.Row]
// gives one to a column of the parameter's type. The client gets it when the
// answer ends.
func (s *Session) ReturnValue(p Parameter, value any) error {
	t, err := p.Type.Wire()
	if err == nil {
		b := AppendBVarChar([]byte{tokenReturnValue, 0, 0}, p.Name) // after its position, which clients do not need
		b = append(b, byReference, 0, 0, 0, 0, 0, 0)                // user type, flags
		if b, err = t.AppendValue(t.AppendInfo(b), value); err == nil && s.answer != nil {
			s.answer.values = append(s.answer.values, b...)
		}
	}
	if err != nil {
		return fmt.Errorf("%w (parameter %q)", err, p.Name)
	}
	return nil
}
