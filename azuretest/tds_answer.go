package azuretest

import "encoding/binary"

// tdsAnswer writes the answer to one request. A DONE token says whether anything
// follows it, so each is held back until that is known.
type tdsAnswer struct {
	request   SQLServerRequest
	out       *tdsWriter
	procedure bool // ended by a return status and DONEPROC

	columns []tdsType // of the result that is open; nil: none is
	row     []byte    // memory for rows
	held    *tdsDone
	failed  bool   // an error since the last DONE
	status  int32  // of a procedure
	values  []byte // the tokens of its output parameters
}

// tdsDone is the end of a statement.
type tdsDone struct {
	status, command uint16
	rows            uint64
}

func newTDSAnswer(stream *tdsStream, request SQLServerRequest) *tdsAnswer {
	a := &tdsAnswer{request: request, out: stream.begin(tdsReply)}
	switch r := request.(type) {
	case *SQLServerCall:
		a.procedure = true
	case *SQLServerBatch:
		a.procedure = r.procedure
	}
	return a
}

// put adds tokens.
func (a *tdsAnswer) put(tokens []byte) error {
	if err := a.release(tdsDoneMore); err != nil {
		return err
	}
	_, err := a.out.Write(tokens)
	return err
}

// release writes the DONE that was held back, of a statement inside a procedure or
// of a batch.
func (a *tdsAnswer) release(status uint16) error {
	if a.held == nil {
		return nil
	}
	token := tdsTokenDone
	if a.procedure {
		token = tdsTokenDoneInProc
	}
	d := a.held
	a.held = nil
	_, err := a.out.Write(appendTDSDone(nil, token, d.status|status, d.command, d.rows))
	return err
}

// done ends a statement; rows less than 0: without a number.
func (a *tdsAnswer) done(rows int64) error {
	err := a.release(tdsDoneMore)
	a.held = &tdsDone{}
	if rows >= 0 {
		a.held.status, a.held.rows = tdsDoneCount, uint64(rows)
	}
	if a.columns != nil {
		a.held.command = tdsSelect
	}
	if a.failed {
		a.held.status |= tdsDoneError
	}
	a.columns, a.failed = nil, false
	return err
}

// close ends the answer; attention: the client has cancelled the request.
func (a *tdsAnswer) close(inTransaction, attention bool) error {
	end := tdsDone{}
	if inTransaction {
		end.status |= tdsDoneInTransaction
	}
	token := tdsTokenDone
	switch {
	case attention:
		end.status |= tdsDoneAttention
	case a.procedure:
		token = tdsTokenDoneProc
		values := binary.LittleEndian.AppendUint32([]byte{tdsTokenReturnStatus}, uint32(a.status))
		if err := a.put(append(values, a.values...)); err != nil {
			return err
		}
	case a.held != nil && !a.failed && a.columns == nil:
		end.status |= a.held.status
		end.command, end.rows, a.held = a.held.command, a.held.rows, nil
	}
	if a.failed && !attention {
		end.status |= tdsDoneError
	}
	if err := a.put(appendTDSDone(nil, token, end.status, end.command, end.rows)); err != nil {
		return err
	}
	return a.out.Close()
}

// flush sends the packet that is not full yet.
func (a *tdsAnswer) flush() error {
	if err := a.release(tdsDoneMore); err != nil {
		return err
	}
	return a.out.Flush()
}
