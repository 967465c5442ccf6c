package mysqltest

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Column describes a column of a result.
type Column struct {
	Name string
	Type Type
}

// Type is what a column holds.
type Type uint8

// The types of columns that a handler can answer with, and the values they take.
const (
	Text     Type = iota // any value, as text
	Blob                 // any value, as bytes
	Integer              // bool, int, int64; uint64 up to the largest int64
	Unsigned             // uint64; bool, int and int64 from 0
	Double               // float64 and all integers
	DateTime             // time.Time, told in its own time zone
	Date                 // time.Time, of which the time of day is not told
)

// timeLayout is how MySQL writes a DATETIME.
const timeLayout = "2006-01-02 15:04:05.999999"

// encode makes the packet that describes a column:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html
func (c Column) encode() []byte {
	const blob, unsigned, binaryFlag = 1 << 4, 1 << 5, 1 << 7
	const binaryCharset = 63
	kind, charset, flags, length := byte(typeLongLong), uint16(binaryCharset), uint16(binaryFlag), uint32(20)
	switch c.Type {
	case Text:
		kind, charset, flags, length = typeVarString, utF8, 0, math.MaxUint32
	case Blob:
		kind, flags, length = typeBlob, blob|binaryFlag, math.MaxUint32
	case Unsigned:
		flags |= unsigned
	case Double:
		kind, length = typeDouble, 22
	case DateTime:
		kind, length = typeDateTime, uint32(len(timeLayout))
	case Date:
		kind, length = typeDate, uint32(len(time.DateOnly))
	}
	b := appendString(nil, "def")
	for _, name := range []string{"", "", "", c.Name, ""} { // schema, table and its own name, column and its own name
		b = appendString(b, name)
	}
	b = binary.LittleEndian.AppendUint16(append(b, 0x0c), charset)
	b = binary.LittleEndian.AppendUint32(b, length)
	b = binary.LittleEndian.AppendUint16(append(b, kind), flags)
	return append(b, decimals(c.Type), 0, 0)
}

// decimals is how many digits after the point a client should expect; 31
// says that there is no telling.
func decimals(t Type) byte {
	switch t {
	case Double:
		return 31
	case DateTime:
		return 6
	}
	return 0
}

// encodeRow makes the packet of a row, in the form that the statement asks for.
func (s *Session) encodeRow(columns []Column, row []any) ([]byte, error) {
	if len(row) != len(columns) {
		return nil, fmt.Errorf("%d values for %d columns", len(row), len(columns))
	}
	var b []byte
	if s.binary {
		b = make([]byte, 1+(len(columns)+2+7)/8) // a zero byte, then a bit for each column that is NULL, after two
	}
	for i, value := range row {
		text, number, err := columns[i].Type.convert(value)
		switch {
		case err != nil:
			return nil, fmt.Errorf("column %q: %w", columns[i].Name, err)
		case value == nil && s.binary:
			b[1+(i+2)/8] |= 1 << ((i + 2) % 8)
		case value == nil:
			b = append(b, 0xfb)
		case s.binary && columns[i].Type >= DateTime:
			b = columns[i].Type.appendTime(b, value.(time.Time))
		case s.binary && columns[i].Type >= Integer:
			b = binary.LittleEndian.AppendUint64(b, number)
		default:
			b = appendString(b, text)
		}
	}
	return b, nil
}

// convert returns a value of a column as text and, for numbers, as the eight
// bytes of its binary form.
func (t Type) convert(value any) (text string, number uint64, err error) {
	fits := t <= Blob
	switch v := value.(type) {
	case nil:
		fits = true
	case bool:
		if v {
			return t.convert(int64(1))
		}
		return t.convert(int64(0))
	case int:
		return t.convert(int64(v))
	case int64:
		text, number = strconv.FormatInt(v, 10), uint64(v)
		fits = fits || t == Integer || t == Unsigned && v >= 0
		if t == Double {
			return t.convert(float64(v))
		}
	case uint64:
		text, number = strconv.FormatUint(v, 10), v
		fits = fits || t == Unsigned || t == Integer && v <= math.MaxInt64
		if t == Double {
			return t.convert(float64(v))
		}
	case float64:
		text, number = strconv.FormatFloat(v, 'g', -1, 64), math.Float64bits(v)
		fits = fits || t == Double
	case string:
		text = v
	case []byte:
		text = string(v)
	case time.Time:
		text = v.Format(timeLayout)
		if t == Date {
			text = v.Format(time.DateOnly)
		}
		fits = fits || t >= DateTime
	default:
		fits = false
	}
	if !fits {
		err = fmt.Errorf("a value of type %T does not fit", value)
	}
	return text, number, err
}

// appendTime appends a date in binary form, with the time of day if the column
// has one.
func (t Type) appendTime(b []byte, v time.Time) []byte {
	length := byte(11)
	if t == Date {
		length = 4
	}
	year, month, day := v.Date()
	b = binary.LittleEndian.AppendUint16(append(b, length), uint16(year))
	b = append(b, byte(month), byte(day))
	if t == Date {
		return b
	}
	b = append(b, byte(v.Hour()), byte(v.Minute()), byte(v.Second()))
	return binary.LittleEndian.AppendUint32(b, uint32(v.Nanosecond()/int(time.Microsecond)))
}
