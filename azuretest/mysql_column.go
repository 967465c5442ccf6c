package azuretest

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
)

// MySQLColumn describes a column of a result.
type MySQLColumn struct {
	Name string
	Type MySQLType
}

// MySQLType is what a column holds.
type MySQLType uint8

// The types of columns that a handler can answer with, and the values they take.
const (
	MySQLText     MySQLType = iota // any value, as text
	MySQLBlob                      // any value, as bytes
	MySQLInteger                   // bool, int, int64; uint64 up to the largest int64
	MySQLUnsigned                  // uint64; bool, int and int64 from 0
	MySQLDouble                    // float64 and all integers
	MySQLDateTime                  // time.Time, told in its own time zone
	MySQLDate                      // time.Time, of which the time of day is not told
)

// mysqlTimeLayout is how MySQL writes a DATETIME.
const mysqlTimeLayout = "2006-01-02 15:04:05.999999"

// encode makes the packet that describes a column:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html
func (c MySQLColumn) encode() []byte {
	const blob, unsigned, binaryFlag = 1 << 4, 1 << 5, 1 << 7
	const binaryCharset = 63
	kind, charset, flags, length := byte(mysqlTypeLongLong), uint16(binaryCharset), uint16(binaryFlag), uint32(20)
	switch c.Type {
	case MySQLText:
		kind, charset, flags, length = mysqlTypeVarString, mysqlUTF8, 0, math.MaxUint32
	case MySQLBlob:
		kind, flags, length = mysqlTypeBlob, blob|binaryFlag, math.MaxUint32
	case MySQLUnsigned:
		flags |= unsigned
	case MySQLDouble:
		kind, length = mysqlTypeDouble, 22
	case MySQLDateTime:
		kind, length = mysqlTypeDateTime, uint32(len(mysqlTimeLayout))
	case MySQLDate:
		kind, length = mysqlTypeDate, uint32(len(time.DateOnly))
	}
	b := appendMySQLString(nil, "def")
	for _, name := range []string{"", "", "", c.Name, ""} { // schema, table and its own name, column and its own name
		b = appendMySQLString(b, name)
	}
	b = binary.LittleEndian.AppendUint16(append(b, 0x0c), charset)
	b = binary.LittleEndian.AppendUint32(b, length)
	b = binary.LittleEndian.AppendUint16(append(b, kind), flags)
	return append(b, mysqlDecimals(c.Type), 0, 0)
}

// mysqlDecimals is how many digits after the point a client should expect; 31
// says that there is no telling.
func mysqlDecimals(t MySQLType) byte {
	switch t {
	case MySQLDouble:
		return 31
	case MySQLDateTime:
		return 6
	}
	return 0
}

// encodeRow makes the packet of a row, in the form that the statement asks for.
func (s *MySQLSession) encodeRow(columns []MySQLColumn, row []any) ([]byte, error) {
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
		case s.binary && columns[i].Type >= MySQLDateTime:
			b = columns[i].Type.appendTime(b, value.(time.Time))
		case s.binary && columns[i].Type >= MySQLInteger:
			b = binary.LittleEndian.AppendUint64(b, number)
		default:
			b = appendMySQLString(b, text)
		}
	}
	return b, nil
}

// convert returns a value of a column as text and, for numbers, as the eight
// bytes of its binary form.
func (t MySQLType) convert(value any) (text string, number uint64, err error) {
	fits := t <= MySQLBlob
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
		fits = fits || t == MySQLInteger || t == MySQLUnsigned && v >= 0
		if t == MySQLDouble {
			return t.convert(float64(v))
		}
	case uint64:
		text, number = strconv.FormatUint(v, 10), v
		fits = fits || t == MySQLUnsigned || t == MySQLInteger && v <= math.MaxInt64
		if t == MySQLDouble {
			return t.convert(float64(v))
		}
	case float64:
		text, number = strconv.FormatFloat(v, 'g', -1, 64), math.Float64bits(v)
		fits = fits || t == MySQLDouble
	case string:
		text = v
	case []byte:
		text = string(v)
	case time.Time:
		text = v.Format(mysqlTimeLayout)
		if t == MySQLDate {
			text = v.Format(time.DateOnly)
		}
		fits = fits || t >= MySQLDateTime
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
func (t MySQLType) appendTime(b []byte, v time.Time) []byte {
	length := byte(11)
	if t == MySQLDate {
		length = 4
	}
	year, month, day := v.Date()
	b = binary.LittleEndian.AppendUint16(append(b, length), uint16(year))
	b = append(b, byte(month), byte(day))
	if t == MySQLDate {
		return b
	}
	b = append(b, byte(v.Hour()), byte(v.Minute()), byte(v.Second()))
	return binary.LittleEndian.AppendUint32(b, uint32(v.Nanosecond()/int(time.Microsecond)))
}
