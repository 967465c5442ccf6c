package tds

import "encoding/binary"

// answer writes the answer to one request. A DONE token says whether anything
// follows it, so each is held back until that is known.
type answer struct {
	request   Request
	out       *writer
	procedure bool // ended by a return status and DONEPROC

	columns []WireType // of the open result; nil if there is none
	row     []byte     // memory for rows
	held    *done
	failed  bool   // an error since the last DONE
	values  []byte // the tokens of its output parameters
}

// done is the end of a statement.
type done struct {
	status, command uint16
	rows            uint64
}

func newAnswer(stream *Stream, request Request) *answer {
	_, procedure := request.(*Call)
	if batch, ok := request.(*Batch); ok {
		procedure = batch.procedure
	}
	return &answer{request: request, out: stream.begin(KindReply), procedure: procedure}
}

// put adds tokens.
func (a *answer) put(tokens []byte) error {
	if err := a.release(); err != nil {
		return err
	}
	return a.out.write(tokens)
}

// release writes the DONE that was held back: more follows it.
func (a *answer) release() error {
	if a.held == nil {
		return nil
	}
	token := TokenDone
	if a.procedure {
		token = tokenDoneInProc
	}
	err := a.out.write(AppendDone(nil, token, a.held.status|doneMore, a.held.command, a.held.rows))
	a.held = nil
	return err
}

// done ends a statement; rows less than 0: without a number.
func (a *answer) done(rows int64) error {
	err := a.release()
	a.held = &done{}
	if rows >= 0 {
		a.held.status, a.held.rows = doneCount, uint64(rows)
	}
	if a.columns != nil {
		a.held.command = commandSelect
	}
	if a.failed {
		a.held.status |= DoneError
	}
	a.columns, a.failed = nil, false
	return err
}

// close ends the answer; attention: the client has cancelled the request.
func (a *answer) close(inTransaction, attention bool) error {
	end, token := done{}, TokenDone
	switch {
	case attention:
		end.status = DoneAttention
	case a.procedure:
		token = tokenDoneProc
		values := binary.LittleEndian.AppendUint32([]byte{tokenReturnStatus}, 0)
		if err := a.put(append(values, a.values...)); err != nil {
			return err
		}
	case a.held != nil && !a.failed && a.columns == nil:
		end, a.held = *a.held, nil
	}
	if a.failed && !attention {
		end.status |= DoneError
	}
	if inTransaction {
		end.status |= doneInTransaction
	}
	if err := a.put(AppendDone(nil, token, end.status, end.command, end.rows)); err != nil {
		return err
	}
	return a.out.close()
}
