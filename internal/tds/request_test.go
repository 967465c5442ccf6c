package tds

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
	text, err := Type{Name: "nvarchar", Size: Max}.Wire()
	require.NoError(t, err)
	b := request(someHeaders, 0xFF, 0xFF, 10, 0, 0, 0)
	for _, s := range []string{statement, declarations} {
		b, err = text.AppendValue(text.AppendInfo(append(b, 0, 0)), s)
		require.NoError(t, err)
	}
	return append(b, more...)
}

func bulkOf(t testing.TB) []byte {
	t.Helper()
	b := []byte{TokenColumns, 2, 0}
	row := []byte{TokenRow}
	for _, declared := range []string{"decimal(9,2)", "nvarchar(max)"} {
		parsed, err := ParseType(declared)
		require.NoError(t, err)
		w, err := parsed.Wire()
		require.NoError(t, err)
		b = AppendBVarChar(w.AppendInfo(append(b, 0, 0, 0, 0, 1, 0)), "c")
		row, err = w.AppendValue(row, "1")
		require.NoError(t, err)
	}
	return AppendDone(append(b, row...), TokenDone, 0, 0, 0)
}

func TestDecodeRequest(t *testing.T) {
	decode := func(kind Kind, body []byte) Request {
		r, err := DecodeRequest(t.Context(), Message{Kind: kind, Body: body})
		require.NoError(t, err)
		r.common().ctx = nil
		return r
	}
	assert.Equal(t, &Batch{SQL: "a"}, decode(KindBatch, request(someHeaders, 'a', 0)))
	assert.Equal(t, &Batch{SQL: ""}, decode(KindBatch, noHeaders))
	assert.Equal(t, &Transaction{Action: Begin, Isolation: Snapshot, Name: "n"},
		decode(KindTransaction, request(noHeaders, 5, 0, 5, 1, 'n', 0)))
	assert.Equal(t, &Transaction{Action: Commit}, decode(KindTransaction, request(noHeaders, 7, 0, 0, 0)))
	assert.Equal(t, &Transaction{Action: Rollback, Name: "s"}, decode(KindTransaction, request(noHeaders, 8, 0, 1, 's', 0, 0)))
	assert.Equal(t, &Transaction{Action: Save, Name: "s"}, decode(KindTransaction, request(noHeaders, 9, 0, 1, 's', 0)))
	assert.Equal(t, &Call{Procedure: "p", Parameters: []Parameter{{Output: true, Value: nil}}},
		decode(KindRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 1, typeNull)))
	assert.Equal(t, &Call{Procedure: "sp_unprepare", Parameters: []Parameter{{Type: Type{Name: "int"}, Value: int64(-2)}}},
		decode(KindRPC, request(noHeaders, 0xFF, 0xFF, 15, 0, 0, 0, 0, 0, 0x38, 0xFE, 0xFF, 0xFF, 0xFF)))
	assert.Equal(t, &Batch{SQL: "s", procedure: true, Parameters: []Parameter{
		{Name: "@d", Type: Type{Name: "decimal", Precision: 5, Scale: 2}, Value: nil},
		{Name: "@b", Type: Type{Name: "bit"}, Value: true},
	}}, decode(KindRPC, rpcOf(t, "s", "@d decimal(5, 2) OUTPUT,@b  bit", 0, 0, typeNull, 0, 0, 0x32, 1)))
	load := decode(KindBulkLoad, bulkOf(t)).(*BulkLoad)
	assert.Equal(t, [][]any{{"1.00", "1"}}, load.Rows)
}

func TestDecodeRequestRefuses(t *testing.T) {
	for _, row := range []struct {
		name        string
		kind        Kind
		body        []byte
		unsupported bool
	}{
		{"login", KindLogin, noHeaders, false},
		{"no headers", KindBatch, nil, false},
		{"half a character", KindBatch, request(noHeaders, 'a'), false},
		{"headers too long", KindBatch, []byte{5, 0, 0, 0}, false},
		{"headers too short", KindBatch, []byte{3, 0, 0, 0}, false},
		{"no statement", KindRPC, request(noHeaders, 0xFF, 0xFF, 10, 0, 0, 0), false},
		{"no such procedure", KindRPC, request(noHeaders, 0xFF, 0xFF, 16, 0, 0, 0), false},
		{"no value", KindRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 0, 0x38, 0xFE), false},
		{"table", KindRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 0, 0xF3), true},
		{"encrypted", KindRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 8, 0x38, 0, 0, 0, 0), true},
		{"two calls", KindRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0x80, 0xFF, 0xFF, 10, 0, 0, 0), true},
		{"a length that lies", KindRPC, request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 0, 0xE7, 2, 0, 9, 4, 0xD0, 0, 0x34, 4, 0, 'a', 0, 'b', 0), false},
		{"distributed", KindTransaction, request(noHeaders, 0, 0, 0, 0), true},
		{"isolation", KindTransaction, request(noHeaders, 5, 0, 6, 0), false},
		{"begins again", KindTransaction, request(noHeaders, 7, 0, 0, 1, 0, 0), true},
		{"no columns", KindBulkLoad, []byte{TokenColumns, 0, 0, TokenDone}, false},
		{"column of NULL", KindBulkLoad, []byte{TokenColumns, 1, 0, 0, 0, 0, 0, 0, 0, typeNull, 0}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := DecodeRequest(t.Context(), Message{Kind: row.kind, Body: row.body})
			require.Error(t, err)
			_, unsupported := errors.AsType[*unsupported](err)
			assert.Equal(t, row.unsupported, unsupported, "%v", err)
		})
	}
}

func FuzzDecodeRequest(f *testing.F) {
	f.Add(byte(KindBatch), request(someHeaders, 'a', 0))
	f.Add(byte(KindRPC), rpcOf(f, "select @a", "@a int", 0, 1, 0x26, 4, 4, 1, 0, 0, 0))
	f.Add(byte(KindRPC), request(noHeaders, 1, 0, 'p', 0, 0, 0, 0, 0, 0x2B, 7, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0))
	f.Add(byte(KindTransaction), request(noHeaders, 5, 0, 2, 0))
	f.Add(byte(KindBulkLoad), bulkOf(f))
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := DecodeRequest(t.Context(), Message{Kind: Kind(kind), Body: body})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 64*uint64(len(body))+1<<20 {
			t.Fatalf("%d bytes for a request of %d", used, len(body))
		}
		if err != nil {
			return
		}
		// What has been read can be sent back.
		var values []any
		var types []Type
		switch r := r.(type) {
		case *Call:
			for _, p := range r.Parameters {
				values, types = append(values, p.Value), append(types, p.Type)
			}
		case *BulkLoad:
			for _, row := range r.Rows {
				for i, v := range row {
					values, types = append(values, v), append(types, r.Columns[i].Type)
				}
			}
		}
		for i, declared := range types {
			w, err := declared.Wire()
			if err != nil {
				continue // as a client may declare a type of no size
			}
			b, err := w.AppendValue(nil, values[i])
			if err != nil {
				continue // a decimal with more digits than its precision, for example
			}
			back := &reader{data: b}
			again := back.value(w)
			require.NoError(t, back.err, "%v: %v", declared, values[i])
			require.Equal(t, values[i] == nil, again == nil)
		}
	})
}

// TestMessageIsCut: what is too long for its field does not break the stream.
func TestMessageIsCut(t *testing.T) {
	long := make([]rune, 3000)
	for i := range long {
		long[i] = 'é'
	}
	b := AppendMessage(nil, TokenError, &Error{Message: string(long), Procedure: string(long)})
	assert.Equal(t, len(b)-3, int(binary.LittleEndian.Uint16(b[1:])), "the length of the token")
	r := &reader{data: b[3+6:]}
	assert.Equal(t, string(long[:2047]), r.usVarChar())
	assert.Equal(t, serverName, r.bVarChar())
	assert.Equal(t, string(long[:255]), r.bVarChar())
	require.NoError(t, r.err)
}
