package tds

import (
	"context"
	"errors"
	"fmt"
)

// DecodeRequest reads a message of a client that has logged in; ctx is the
// request's.
func DecodeRequest(ctx context.Context, m Message) (Request, error) {
	r := &reader{data: m.Body}
	var request Request
	switch m.Kind {
	case KindBatch:
		r.allHeaders()
		r.check(len(r.data)%2 == 0, "length of a batch")
		request = &Batch{SQL: ucs2Text(r.data)}
	case KindRPC:
		r.allHeaders()
		request = r.rpc()
	case KindTransaction:
		r.allHeaders()
		request = r.transaction()
	case KindBulkLoad:
		request = r.bulkLoad()
	default:
		return nil, fmt.Errorf("azuretest: a message of type %d is not a request", m.Kind)
	}
	if r.err != nil {
		return nil, r.err
	}
	common := request.common()
	common.ctx, common.reset = ctx, m.Status&(statusReset|statusResetSkip) != 0
	common.keepTransaction = m.Status&statusResetSkip != 0
	return request, nil
}

// transactionHeader is the type of the header that names the transaction
// (MS-TDS 2.2.5.3.2).
const transactionHeader = 2

// allHeaders reads what comes before most requests (MS-TDS 2.2.5.3). The
// transaction that it names is the session's own, and nothing else of it matters.
func (r *reader) allHeaders() {
	headers := &reader{data: r.bytes(int(r.uint32()) - 4)}
	for len(headers.data) > 0 {
		header := &reader{data: headers.bytes(int(headers.uint32()) - 4)}
		if header.uint16() == transactionHeader {
			header.uint64() // the transaction
			header.uint32() // requests under way
			headers.check(len(header.data) == 0, "transaction header")
		}
		headers.check(header.err == nil, "header")
	}
	r.check(headers.err == nil, "headers")
}

// transaction reads a transaction manager request (MS-TDS 2.2.6.9).
func (r *reader) transaction() *Transaction {
	t := &Transaction{}
	switch kind := r.uint16(); kind {
	case 5:
		t.Action, t.Isolation = Begin, r.isolation()
		t.Name = r.bVarChar()
	case 7, 8:
		t.Action = Commit
		if kind == 8 {
			t.Action = Rollback
		}
		t.Name = r.bVarChar()
		if r.byte()&1 != 0 {
			r.unsupported("a transaction that begins when another one ends")
		}
	case 9:
		t.Action = Save
		t.Name = r.bVarChar()
	default:
		r.unsupported("transaction manager request %d", kind)
	}
	r.check(len(r.data) == 0, "it goes on after its end")
	return t
}

func (r *reader) isolation() Isolation {
	level := Isolation(r.byte())
	r.check(level <= Snapshot, "isolation level")
	return level
}

// RequestError is what the client is told about a message that is not a request
// that could be answered; fatal: its end cannot be trusted.
func RequestError(err error) (refusal *Error, fatal bool) {
	if u, ok := errors.AsType[*unsupported](err); ok {
		return &Error{Number: 50000, State: 1, Class: 16, Message: u.Error()}, false
	}
	return &Error{
		Number: 4002, State: 1, Class: 20,
		Message: "The incoming tabular data stream (TDS) protocol stream is incorrect. The stream ended unexpectedly.",
	}, true
}
