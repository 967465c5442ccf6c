package tds

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// DecodeRequest reads a message of a client that has logged in; ctx is the
// request's.
func DecodeRequest(ctx context.Context, m Message) (Request, error) {
	r := &reader{data: m.Body}
	var request Request
	if m.Kind != KindBulkLoad {
		r.allHeaders()
	}
	switch m.Kind {
	case KindBatch:
		r.check(len(r.data)%2 == 0, "length of a batch")
		request = &Batch{SQL: ucs2Text(r.data)}
	case KindRPC:
		request = r.rpc()
	case KindTransaction:
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
// transaction that it names is the session's, and nothing else of it matters.
func (r *reader) allHeaders() {
	headers := &reader{data: r.bytes(int(r.uint32()) - 4)}
	for len(headers.data) > 0 {
		header := &reader{data: headers.bytes(int(headers.uint32()) - 4)}
		if header.uint16() == transactionHeader {
			header.bytes(8 + 4) // the transaction, requests under way
			headers.check(len(header.data) == 0, "transaction header")
		}
		headers.check(header.err == nil, "header")
	}
	r.check(headers.err == nil, "headers")
}

// transactionRequests are the transaction manager requests that do something here
// (MS-TDS 2.2.6.9).
var transactionRequests = map[uint16]Action{5: Begin, 7: Commit, 8: Rollback, 9: Save}

func (r *reader) transaction() *Transaction {
	kind := r.uint16()
	t := &Transaction{Action: transactionRequests[kind]}
	if t.Action == 0 {
		r.unsupported("transaction manager request %d", kind)
	}
	if t.Action == Begin {
		t.Isolation = Isolation(r.byte())
		r.check(t.Isolation <= Snapshot, "isolation level")
	}
	t.Name = r.bVarChar()
	if (t.Action == Commit || t.Action == Rollback) && r.byte()&1 != 0 {
		r.unsupported("a transaction that begins when another one ends")
	}
	r.check(len(r.data) == 0, "it goes on after its end")
	return t
}

// bulkLoad reads the rows that follow an INSERT BULK statement: column
// descriptions, rows and an end, as a server would send them (MS-TDS 2.2.6.1).
func (r *reader) bulkLoad() *BulkLoad {
	load := &BulkLoad{}
	r.check(r.byte() == TokenColumns, "bulk load without columns")
	types := make([]WireType, 0, 16)
	for range r.uint16() {
		if r.err != nil {
			return load
		}
		r.uint32() // user type
		flags := r.uint16()
		t := r.typeInfo()
		r.check(t.family != familyNothing, "type of a column")
		types = append(types, t)
		load.Columns = append(load.Columns, Column{
			Name: r.bVarChar(), Type: t.Type, NotNull: flags&columnNullable == 0, Identity: flags&columnIdentity != 0,
		})
	}
	r.check(len(types) > 0, "bulk load without columns")
	for r.err == nil {
		switch token := r.byte(); token {
		case TokenRow:
			row := make([]any, len(types))
			for i, t := range types {
				row[i] = r.value(t)
			}
			load.Rows = append(load.Rows, row)
		case TokenDone:
			r.bytes(12)
			r.check(len(r.data) == 0, "bulk load that goes on after its end")
			return load
		default:
			r.check(false, "token in a bulk load")
		}
	}
	return load
}

// procedures are the procedures that a client may call by number (MS-TDS
// 2.2.6.6).
var procedures = [...]string{
	1: "sp_cursor", 2: "sp_cursoropen", 3: "sp_cursorprepare", 4: "sp_cursorexecute", 5: "sp_cursorprepexec",
	6: "sp_cursorunprepare", 7: "sp_cursorfetch", 8: "sp_cursoroption", 9: "sp_cursorclose", 10: executeSQL,
	11: "sp_prepare", 12: "sp_execute", 13: "sp_prepexec", 14: "sp_prepexecrpc", 15: "sp_unprepare",
}

const executeSQL = "sp_executesql"

// Bits of a parameter's status (MS-TDS 2.2.6.6).
const (
	byReference = 0x01
	encrypted   = 0x08
)

// rpc reads a call of a procedure.
func (r *reader) rpc() Request {
	call := &Call{}
	if length := r.uint16(); length != 0xFFFF {
		call.Procedure = ucs2Text(r.bytes(2 * int(length)))
	} else if id := int(r.uint16()); 0 < id && id < len(procedures) {
		call.Procedure = procedures[id]
	} else {
		r.check(false, "number of a procedure")
	}
	r.uint16() // options, about recompiling and metadata
	for len(r.data) > 0 {
		call.Parameters = append(call.Parameters, r.parameter())
	}
	if strings.EqualFold(call.Procedure, executeSQL) {
		return r.executeSQL(call.Parameters)
	}
	return call
}

// parameter reads a parameter.
func (r *reader) parameter() Parameter {
	if r.data[0] >= 0x80 { // no name is as long: the end of this call
		r.unsupported("several calls in one request")
	}
	p := Parameter{Name: r.bVarChar()}
	status := r.byte()
	if status&encrypted != 0 {
		r.unsupported("an encrypted parameter")
	}
	p.Output = status&byReference != 0
	t := r.typeInfo()
	p.Type = t.Type
	p.Value = r.value(t)
	return p
}

// declarations finds the declarations of sp_executesql: @p1 decimal(5, 2) output.
var declarations = regexp.MustCompile(`(@\S+)\s+([^,()]+?\s*(?:\([^)]*\))?)(?:\s+(?i:output|out|readonly))?\s*(?:,|$)`)

// executeSQL takes the parameters of sp_executesql apart: a statement, the
// declarations of its parameters, and their values in the same order or by name.
// What a declaration says counts, as a client may send NULL without a type.
func (r *reader) executeSQL(parameters []Parameter) *Batch {
	r.check(len(parameters) > 0, "sp_executesql without a statement")
	texts := [2]string{}
	for i := range min(len(texts), len(parameters)) {
		texts[i], _ = parameters[i].Value.(string)
	}
	batch := &Batch{procedure: true, SQL: texts[0]}
	declared := declarations.FindAllStringSubmatch(texts[1], -1)
	for i, p := range parameters[min(2, len(parameters)):] {
		if named := slices.IndexFunc(declared, func(d []string) bool { return strings.EqualFold(d[1], p.Name) }); named >= 0 {
			i = named
		}
		if i < len(declared) {
			p.Name = cmp.Or(p.Name, declared[i][1])
			if t, err := ParseType(declared[i][2]); err == nil {
				p.Type = t
			}
		}
		batch.Parameters = append(batch.Parameters, p)
	}
	return batch
}
