package mysqlfront

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
)

// Types of values on the wire:
// https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html
const (
	typeTiny      = 1
	typeShort     = 2
	typeLong      = 3
	typeDouble    = 5
	typeNull      = 6
	typeLongLong  = 8
	typeDateTime  = 12
	typeTinyBlob  = 249
	typeBlob      = 252
	typeVarString = 253
	typeString    = 254

	unsignedBit = 0x8000 // of a type of two bytes
)

// timeLayout is how MySQL writes a DATETIME.
const timeLayout = "2006-01-02 15:04:05.999999"

// send answers with rows.
func (s *session) send(t *frontend.Table, inBinary bool) error {
	s.wire.queue(appendInt(nil, uint64(len(t.Columns))))
	for i, name := range t.Columns {
		s.wire.queue(encodeColumn(name, t.Kinds[i]))
	}
	s.endOfColumns()
	for _, row := range t.Rows {
		s.wire.queue(encodeRow(row, inBinary))
	}
	return s.wire.send(s.endOfRows())
}

// endOfRows ends a result, in the form that the client understands.
func (s *session) endOfRows() []byte {
	if s.flags&deprecateEOF != 0 {
		return s.encodeOK(eofPacket, azuretest.Result{})
	}
	return binary.LittleEndian.AppendUint16([]byte{eofPacket, 0, 0}, s.status()) // no warnings
}

// endOfColumns is for clients that expect an end there.
func (s *session) endOfColumns() {
	if s.flags&deprecateEOF == 0 {
		s.wire.queue(s.endOfRows())
	}
}

// encodeColumn makes the packet that describes a column with such values:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html
func encodeColumn(name string, kind driver.Value) []byte {
	const binaryCharset = 63
	code, charset, length, decimals := byte(typeVarString), uint16(utf8mb4), uint32(math.MaxUint32), byte(0)
	switch kind.(type) {
	case int64, bool:
		code, charset, length = typeLongLong, binaryCharset, 20
	case float64:
		code, charset, length, decimals = typeDouble, binaryCharset, 22, 31 // 31: there is no telling
	case time.Time:
		code, charset, length, decimals = typeDateTime, binaryCharset, uint32(len(timeLayout)), 6
	case []byte:
		code, charset = typeBlob, binaryCharset
	}
	b := appendString(nil, "def")
	for _, text := range []string{"", "", "", name, ""} { // schema, table and its own name, column and its own name
		b = appendString(b, text)
	}
	b = binary.LittleEndian.AppendUint16(append(b, 0x0c), charset)
	b = binary.LittleEndian.AppendUint32(b, length)
	return append(b, code, 0, 0, decimals, 0, 0)
}

// encodeRow makes the packet of a row: in binary form for a prepared statement.
func encodeRow(row []driver.Value, inBinary bool) []byte {
	var b []byte
	if inBinary {
		b = make([]byte, 1+(len(row)+2+7)/8) // a zero byte, then a bit for each column that is NULL, after two
	}
	for i, v := range row {
		switch {
		case v == nil && inBinary:
			b[1+(i+2)/8] |= 1 << ((i + 2) % 8)
		case v == nil:
			b = append(b, 0xfb)
		case inBinary:
			b = appendBinary(b, v)
		default:
			b = appendString(b, text(v))
		}
	}
	return b
}

// text is a value as MySQL writes it.
func text(v driver.Value) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "1"
		}
		return "0"
	case []byte:
		return string(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case time.Time:
		return v.Format(timeLayout)
	}
	return fmt.Sprint(v)
}

// appendBinary appends a value in binary form:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html
func appendBinary(b []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case bool:
		return binary.LittleEndian.AppendUint64(b, uint64(text(v)[0]-'0'))
	case int64:
		return binary.LittleEndian.AppendUint64(b, uint64(v))
	case float64:
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	case time.Time:
		b = binary.LittleEndian.AppendUint16(append(b, 11), uint16(v.Year())) // after the length
		b = append(b, byte(v.Month()), byte(v.Day()), byte(v.Hour()), byte(v.Minute()), byte(v.Second()))
		return binary.LittleEndian.AppendUint32(b, uint32(v.Nanosecond()/int(time.Microsecond)))
	}
	return appendString(b, text(v))
}

// prepared is a prepared statement.
type prepared struct {
	sql        string
	parameters int
	types      []uint16       // of the parameters, as of the last execution
	long       map[int][]byte // values that were sent ahead
}

// read takes the values of an execution out of the rest of a message.
func (p *prepared) read(r *reader) ([]any, error) {
	if p.parameters == 0 {
		return nil, nil
	}
	null := r.bytes(uint64(p.parameters+7) / 8)
	if r.uint8() == 1 { // new types
		p.types = make([]uint16, p.parameters)
		for i := range p.types {
			p.types[i] = r.uint16()
		}
	}
	if r.bad || len(p.types) != p.parameters {
		return nil, malformed
	}
	args := make([]any, p.parameters)
	for i, kind := range p.types {
		long, sent := p.long[i]
		switch {
		case sent && kind >= typeTinyBlob && kind <= typeBlob:
			args[i] = long
		case sent:
			args[i] = string(long)
		case null[i/8]&(1<<(i%8)) == 0:
			args[i] = r.value(kind)
		}
	}
	if r.bad {
		return nil, malformed
	}
	return args, nil
}

// widths are the sizes of integers in bytes.
var widths = map[uint16]uint64{typeTiny: 1, typeShort: 2, typeLong: 4, typeLongLong: 8}

// value reads a value in binary form. Types that go-sql-driver does not send, but
// for those of integers, are malformed.
func (r *reader) value(kind uint16) any {
	code := kind &^ unsignedBit
	if width, ok := widths[code]; ok {
		n, unused := r.uint(width), 64-8*width
		if kind&unsignedBit != 0 {
			return n
		}
		return int64(n<<unused) >> unused
	}
	switch {
	case code == typeNull:
		return nil
	case code == typeDouble:
		return math.Float64frombits(r.uint(8))
	case code == typeVarString, code == typeString:
		return r.string()
	case code >= typeTinyBlob && code <= typeBlob:
		return []byte(r.string())
	}
	r.bad = true
	return nil
}

// lexeme finds question marks, and the strings, quoted names and comments in which
// they mean nothing. A doubled quote makes two texts, which comes to the same.
var lexeme = regexp.MustCompile(`(?s)\?|'(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?|` + "`[^`]*`?" +
	`|#[^\n]*|--(?:[\x00-\x09\x0b-\x20][^\n]*|\n|$)|/\*.*?(?:\*/|$)`)

// countParameters counts the question marks of a statement.
func countParameters(sql string) (count int) {
	for _, at := range lexeme.FindAllStringIndex(sql, -1) {
		if sql[at[0]] == '?' {
			count++
		}
	}
	return count
}
