package tds

import "encoding/binary"

// Answer writes the answer to one request. A DONE token says whether anything
// follows it, so each is held back until that is known.
type Answer struct {
	Request   Request
	out       *writer
	procedure bool // ended by a return status and DONEPROC

	Columns []WireType // of the result that is open; nil: none is
	Row     []byte     // memory for rows
	held    *done
	Failed  bool   // an error since the last DONE
	Status  int32  // of a procedure
	Values  []byte // the tokens of its output parameters
}

// done is the end of a statement.
type done struct {
	status, command uint16
	rows            uint64
}

func NewAnswer(stream *Stream, request Request) *Answer {
	a := &Answer{Request: request, out: stream.begin(KindReply)}
	switch r := request.(type) {
	case *Call:
		a.procedure = true
	case *Batch:
		a.procedure = r.procedure
	}
	return a
}

// Put adds tokens.
func (a *Answer) Put(tokens []byte) error {
	if err := a.release(doneMore); err != nil {
		return err
	}
	_, err := a.out.Write(tokens)
	return err
}

// release writes the DONE that was held back, of a statement inside a procedure or
// of a batch.
func (a *Answer) release(status uint16) error {
	if a.held == nil {
		return nil
	}
	token := TokenDone
	if a.procedure {
		token = tokenDoneInProc
	}
	d := a.held
	a.held = nil
	_, err := a.out.Write(AppendDone(nil, token, d.status|status, d.command, d.rows))
	return err
}

// Done ends a statement; rows less than 0: without a number.
func (a *Answer) Done(rows int64) error {
	err := a.release(doneMore)
	a.held = &done{}
	if rows >= 0 {
		a.held.status, a.held.rows = doneCount, uint64(rows)
	}
	if a.Columns != nil {
		a.held.command = commandSelect
	}
	if a.Failed {
		a.held.status |= DoneError
	}
	a.Columns, a.Failed = nil, false
	return err
}

// Close ends the answer; attention: the client has cancelled the request.
func (a *Answer) Close(inTransaction, attention bool) error {
	end := done{}
	if inTransaction {
		end.status |= doneInTransaction
	}
	token := TokenDone
	switch {
	case attention:
		end.status |= DoneAttention
	case a.procedure:
		token = tokenDoneProc
		values := binary.LittleEndian.AppendUint32([]byte{tokenReturnStatus}, uint32(a.Status))
		if err := a.Put(append(values, a.Values...)); err != nil {
			return err
		}
	case a.held != nil && !a.Failed && a.Columns == nil:
		end.status |= a.held.status
		end.command, end.rows, a.held = a.held.command, a.held.rows, nil
	}
	if a.Failed && !attention {
		end.status |= DoneError
	}
	if err := a.Put(AppendDone(nil, token, end.status, end.command, end.rows)); err != nil {
		return err
	}
	return a.out.Close()
}

// Flush sends the packet that is not full yet.
func (a *Answer) Flush() error {
	if err := a.release(doneMore); err != nil {
		return err
	}
	return a.out.Flush()
}
