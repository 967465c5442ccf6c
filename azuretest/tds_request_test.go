package azuretest

import (
	"encoding/binary"
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Requests as clients send them.
var (
	noHeaders   = []byte{4, 0, 0, 0}
	someHeaders = append([]byte{22, 0, 0, 0, 18, 0, 0, 0, 2, 0}, make([]byte, 12)...)
)

func request(headers []byte, body ...byte) []byte {
	return append(append([]byte{}, headers...), body...)
}

// rpcOf is a call of sp_executesql with a statement, declarations and more
// parameters.
func rpcOf(t testing.TB, statement, declarations string, more ...byte) []byte {
	t.Helper()
	text, err := SQLServerType{Name: "nvarchar", Size: SQLServerMax}.wire()
	require.NoError(t, err)
	b := request(someHeaders, 0xFF, 0xFF, 10, 0, 0, 0)
	for _, s := range []string{statement, declarations} {
		b, err = text.appendValue(text.appendInfo(append(b, 0, 0)), s)
		require.NoError(t, err)
	}
	return append(b, more...)
}

func bulkOf(t testing.TB) []byte {
	t.Helper()
	b := []byte{tdsTokenColumns, 2, 0}
	row := []byte{tdsTokenRow}
	for _, declared := range []string{"decimal(9,2)", "nvarchar(max)"} {
		parsed, err := ParseSQLServerType(declared)
		require.NoError(t, err)
		w, err := parsed.wire()
		require.NoError(t, err)
		b = appendBVarChar(w.appendInfo(append(b, 0, 0, 0, 0, 1, 0)), "c")
		row, err = w.appendValue(row, "1")
		require.NoError(t, err)
	}
	return appendTDSDone(append(b, row...), tdsTokenDone, 0, 0, 0)
}

func TestDecodeTDSRequest(t *testing.T) {
	decode := func(kind tdsKind, body []byte) SQLServerRequest {
		r, err := decodeTDSRequest(t.Context(), tdsMessage{kind: kind, body: body})
		require.NoError(t, err)
		r.common().ctx = nil
		return r
	}
	assert.Equal(t, &SQLServerBatch{SQL: "a"}, decode(tdsBatch, request(someHeaders, 'a', 0)))
	assert.Equal(t, &SQLServerBatch{SQL: ""}, decode(tdsBatch, noHeaders))
	assert.Equal(t, &SQLServerTransaction{Action: SQLServerBegin, Isolation: SQLServerSnapshot, Name: "n"},
		decode(tdsTransaction, request(noHeaders, 5, 0, 5, 1, 'n', 0)))
	assert.Equal(t, &SQLServerTransaction{Action: SQLServerCommit}, decode(tdsTransaction, request(noHeaders, 7, 0, 0, 0)))
	assert.Equal(t, &SQLServerTransaction{Action: SQLServerRollback, Name: "s"}, decode(tdsTransaction, request(noHeaders, 8, 0, 1, 's', 0, 0)))
	assert.Equal(t, &SQLServerTransaction{Action: SQLServerSave, Name: "s"}, decode(tdsTransaction, request(noHeaders, 9, 0, 1, 's', 0)))
	assert.Equal(t, &SQLServerCall{Procedure: "p", Parameters: []SQLServerParameter{{Output: true, Value: nil}}},
		decode(tdsRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 1, tdsTypeNull)))
	assert.Equal(t, &SQLServerCall{Procedure: "sp_unprepare", Parameters: []SQLServerParameter{{Type: SQLServerType{Name: "int"}, Value: int64(-2)}}},
		decode(tdsRPC, request(noHeaders, 0xFF, 0xFF, 15, 0, 0, 0, 0, 0, 0x38, 0xFE, 0xFF, 0xFF, 0xFF)))
	assert.Equal(t, &SQLServerBatch{SQL: "s", procedure: true, Parameters: []SQLServerParameter{
		{Name: "@d", Type: SQLServerType{Name: "decimal", Precision: 5, Scale: 2}, Value: nil},
		{Name: "@b", Type: SQLServerType{Name: "bit"}, Value: true},
	}}, decode(tdsRPC, rpcOf(t, "s", "@d decimal(5, 2) OUTPUT,@b  bit", 0, 0, tdsTypeNull, 0, 0, 0x32, 1)))
	load := decode(tdsBulkLoad, bulkOf(t)).(*SQLServerBulkLoad)
	assert.Equal(t, [][]any{{"1.00", "1"}}, load.Rows)
}

func TestDecodeTDSRequestRefuses(t *testing.T) {
	for _, row := range []struct {
		name        string
		kind        tdsKind
		body        []byte
		unsupported bool
	}{
		{"login", tdsLogin7, noHeaders, false},
		{"no headers", tdsBatch, nil, false},
		{"half a character", tdsBatch, request(noHeaders, 'a'), false},
		{"headers too long", tdsBatch, []byte{5, 0, 0, 0}, false},
		{"headers too short", tdsBatch, []byte{3, 0, 0, 0}, false},
		{"no statement", tdsRPC, request(noHeaders, 0xFF, 0xFF, 10, 0, 0, 0), false},
		{"no such procedure", tdsRPC, request(noHeaders, 0xFF, 0xFF, 16, 0, 0, 0), false},
		{"no value", tdsRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 0, 0x38, 0xFE), false},
		{"table", tdsRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 0, 0xF3), true},
		{"encrypted", tdsRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 8, 0x38, 0, 0, 0, 0), true},
		{"two calls", tdsRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0x80, 0xFF, 0xFF, 10, 0, 0, 0), true},
		{"a length that lies", tdsRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 0, 0xE7, 2, 0, 9, 4, 0xD0, 0, 0x34, 4, 0, 'a', 0, 'b', 0), false},
		{"distributed", tdsTransaction, request(noHeaders, 0, 0, 0, 0), true},
		{"isolation", tdsTransaction, request(noHeaders, 5, 0, 6, 0), false},
		{"begins again", tdsTransaction, request(noHeaders, 7, 0, 0, 1, 0, 0), true},
		{"no columns", tdsBulkLoad, []byte{tdsTokenColumns, 0, 0, tdsTokenDone}, false},
		{"column of NULL", tdsBulkLoad, []byte{tdsTokenColumns, 1, 0, 0, 0, 0, 0, 0, 0, tdsTypeNull, 0}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := decodeTDSRequest(t.Context(), tdsMessage{kind: row.kind, body: row.body})
			require.Error(t, err)
			_, unsupported := errors.AsType[*tdsUnsupported](err)
			assert.Equal(t, row.unsupported, unsupported, "%v", err)
		})
	}
}

func FuzzDecodeTDSRequest(f *testing.F) {
	f.Add(byte(tdsBatch), request(someHeaders, 'a', 0))
	f.Add(byte(tdsRPC), rpcOf(f, "select @a", "@a int", 0, 1, 0x26, 4, 4, 1, 0, 0, 0))
	f.Add(byte(tdsRPC), request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 0, 0x2B, 7, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0))
	f.Add(byte(tdsTransaction), request(noHeaders, 5, 0, 2, 0))
	f.Add(byte(tdsBulkLoad), bulkOf(f))
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := decodeTDSRequest(t.Context(), tdsMessage{kind: tdsKind(kind), body: body})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 64*uint64(len(body))+1<<20 {
			t.Fatalf("%d bytes for a request of %d", used, len(body))
		}
		if err != nil {
			return
		}
		// What has been read can be sent back.
		var values []any
		var types []SQLServerType
		switch r := r.(type) {
		case *SQLServerCall:
			for _, p := range r.Parameters {
				values, types = append(values, p.Value), append(types, p.Type)
			}
		case *SQLServerBulkLoad:
			for _, row := range r.Rows {
				for i, v := range row {
					values, types = append(values, v), append(types, r.Columns[i].Type)
				}
			}
		}
		for i, declared := range types {
			w, err := declared.wire()
			if err != nil {
				continue // as a client may declare a type of no size
			}
			b, err := w.appendValue(nil, values[i])
			if err != nil {
				continue // a decimal with more digits than its precision, for example
			}
			back := &tdsReader{data: b}
			again := back.value(w)
			require.NoError(t, back.err, "%v: %v", declared, values[i])
			require.Equal(t, values[i] == nil, again == nil)
		}
	})
}

// TestTDSMessageIsCut: what is too long for its field does not break the stream.
func TestTDSMessageIsCut(t *testing.T) {
	long := make([]rune, 3000)
	for i := range long {
		long[i] = 'é'
	}
	b := appendTDSMessage(nil, tdsTokenError, &SQLServerError{Message: string(long), Procedure: string(long)})
	assert.Equal(t, len(b)-3, int(binary.LittleEndian.Uint16(b[1:])), "the length of the token")
	r := &tdsReader{data: b[3+6:]}
	assert.Equal(t, string(long[:2047]), r.usVarChar())
	assert.Equal(t, tdsServerName, r.bVarChar())
	assert.Equal(t, string(long[:255]), r.bVarChar())
	require.NoError(t, r.err)
}
