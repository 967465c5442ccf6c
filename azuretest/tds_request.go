package azuretest

import (
	"context"
	"errors"
	"fmt"
)

// decodeTDSRequest reads a message of a client that has logged in; ctx is the
// request's.
func decodeTDSRequest(ctx context.Context, m tdsMessage) (SQLServerRequest, error) {
	r := &tdsReader{data: m.body}
	var request SQLServerRequest
	switch m.kind {
	case tdsBatch:
		r.allHeaders()
		r.check(len(r.data)%2 == 0, "length of a batch")
		request = &SQLServerBatch{SQL: ucs2Text(r.data)}
	case tdsRPC:
		r.allHeaders()
		request = r.rpc()
	case tdsTransaction:
		r.allHeaders()
		request = r.transaction()
	case tdsBulkLoad:
		request = r.bulkLoad()
	default:
		return nil, fmt.Errorf("azuretest: a message of type %d is not a request", m.kind)
	}
	if r.err != nil {
		return nil, r.err
	}
	common := request.common()
	common.ctx, common.reset = ctx, m.status&(tdsReset|tdsResetSkip) != 0
	common.keepTransaction = m.status&tdsResetSkip != 0
	return request, nil
}

// tdsTransactionHeader is the type of the header that names the transaction
// (MS-TDS 2.2.5.3.2).
const tdsTransactionHeader = 2

// allHeaders reads what comes before most requests (MS-TDS 2.2.5.3). The
// transaction that it names is the session's own, and nothing else of it matters.
func (r *tdsReader) allHeaders() {
	headers := &tdsReader{data: r.bytes(int(r.uint32()) - 4)}
	for len(headers.data) > 0 {
		header := &tdsReader{data: headers.bytes(int(headers.uint32()) - 4)}
		if header.uint16() == tdsTransactionHeader {
			header.uint64() // the transaction
			header.uint32() // requests under way
			headers.check(len(header.data) == 0, "transaction header")
		}
		headers.check(header.err == nil, "header")
	}
	r.check(headers.err == nil, "headers")
}

// transaction reads a transaction manager request (MS-TDS 2.2.6.9).
func (r *tdsReader) transaction() *SQLServerTransaction {
	t := &SQLServerTransaction{}
	switch kind := r.uint16(); kind {
	case 5:
		t.Action, t.Isolation = SQLServerBegin, r.isolation()
		t.Name = r.bVarChar()
	case 7, 8:
		t.Action = SQLServerCommit
		if kind == 8 {
			t.Action = SQLServerRollback
		}
		t.Name = r.bVarChar()
		if r.byte()&1 != 0 {
			r.refuse("a transaction that begins when another one ends")
		}
	case 9:
		t.Action = SQLServerSave
		t.Name = r.bVarChar()
	default:
		r.refuse("transaction manager request %d", kind)
	}
	r.check(len(r.data) == 0, "it goes on after its end")
	return t
}

func (r *tdsReader) isolation() SQLServerIsolation {
	level := SQLServerIsolation(r.byte())
	r.check(level <= SQLServerSnapshot, "isolation level")
	return level
}

// requestError is what the client is told about a message that is not a request
// that could be answered; fatal: its end cannot be trusted.
func requestError(err error) (refusal *SQLServerError, fatal bool) {
	if u, ok := errors.AsType[*tdsUnsupported](err); ok {
		return &SQLServerError{Number: 50000, State: 1, Class: 16, Message: u.Error()}, false
	}
	return &SQLServerError{
		Number: 4002, State: 1, Class: 20,
		Message: "The incoming tabular data stream (TDS) protocol stream is incorrect. The stream ended unexpectedly.",
	}, true
}
