package azuretest

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Types of values on the wire:
// https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html
const (
	mysqlTypeTiny      = 1
	mysqlTypeShort     = 2
	mysqlTypeLong      = 3
	mysqlTypeFloat     = 4
	mysqlTypeDouble    = 5
	mysqlTypeNull      = 6
	mysqlTypeTimestamp = 7
	mysqlTypeLongLong  = 8
	mysqlTypeInt24     = 9
	mysqlTypeDate      = 10
	mysqlTypeTime      = 11
	mysqlTypeDateTime  = 12
	mysqlTypeYear      = 13
	mysqlTypeTinyBlob  = 249
	mysqlTypeBlob      = 252
	mysqlTypeVarString = 253

	mysqlUnsignedBit = 0x8000 // of a type of two bytes
)

// mysqlPrepared is a prepared statement.
type mysqlPrepared struct {
	sql        string
	parameters int
	types      []uint16       // of the parameters, as of the last execution
	long       map[int][]byte // values that were sent ahead
}

// prepare answers a request to prepare a statement. As MySQL does for statements
// of which it does not know the result yet, it announces no columns; they come
// with each execution.
func (s *MySQLSession) prepare(sql string) error {
	s.last++
	p := &mysqlPrepared{sql: sql, parameters: countMySQLParameters(sql)}
	if p.parameters > math.MaxUint16 {
		return s.Fail(mysqlError(1390, "HY000", "Prepared statement contains too many placeholders"))
	}
	s.prepared[s.last] = p
	b := binary.LittleEndian.AppendUint32([]byte{mysqlOKPacket}, s.last)
	b = binary.LittleEndian.AppendUint16(b, 0) // columns
	b = binary.LittleEndian.AppendUint16(b, uint16(p.parameters))
	s.wire.queue(append(b, 0, 0, 0)) // filler, no warnings
	for range p.parameters {
		s.wire.queue(MySQLColumn{Name: "?"}.encode())
	}
	if p.parameters > 0 && s.flags&mysqlDeprecateEOF == 0 {
		s.wire.queue(s.endOfColumns())
	}
	return s.wire.flush()
}

// appendLong notes a part of a value that is sent ahead of an execution.
func (s *MySQLSession) appendLong(rest []byte) error {
	r := mysqlReader{rest: rest}
	p, n := s.prepared[r.uint32()], int(r.uint16())
	if r.bad || p == nil || n >= p.parameters {
		return nil // the execution will fail
	}
	if p.long == nil {
		p.long = make(map[int][]byte)
	}
	if len(p.long[n])+len(r.rest) > s.wire.limit {
		return mysqlTooLong()
	}
	p.long[n] = append(p.long[n], r.rest...)
	return nil
}

// execute reads the values of a prepared statement:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html
func (s *MySQLSession) execute(rest []byte) (*MySQLStatement, error) {
	r := mysqlReader{rest: rest}
	id := r.uint32()
	p := s.prepared[id]
	if p == nil {
		return nil, s.Fail(mysqlError(1243, "HY000", fmt.Sprintf("Unknown prepared statement handler (%d) given to EXECUTE", id)))
	}
	r.bytes(5) // flags, which ask for cursors, and a count that is always 1
	args, err := p.read(&r)
	p.long = nil
	if err != nil {
		return nil, s.Fail(err)
	}
	s.binary = true
	return &MySQLStatement{SQL: p.sql, Args: args}, nil
}

// read takes the values out of the rest of a message.
func (p *mysqlPrepared) read(r *mysqlReader) ([]any, error) {
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
		return nil, mysqlMalformed()
	}
	args := make([]any, p.parameters)
	for i, kind := range p.types {
		switch long, sent := p.long[i]; {
		case sent:
			args[i] = mysqlStringOrBytes(kind, long)
		case null[i/8]&(1<<(i%8)) == 0:
			args[i] = r.value(kind)
		}
	}
	if r.bad {
		return nil, mysqlMalformed()
	}
	return args, nil
}

// value reads a value in binary form:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html
func (r *mysqlReader) value(kind uint16) any {
	switch kind &^ mysqlUnsignedBit {
	case mysqlTypeNull:
		return nil
	case mysqlTypeTiny:
		return mysqlInt(r.uint(1), 8, kind)
	case mysqlTypeShort, mysqlTypeYear:
		return mysqlInt(r.uint(2), 16, kind)
	case mysqlTypeLong, mysqlTypeInt24:
		return mysqlInt(r.uint(4), 32, kind)
	case mysqlTypeLongLong:
		return mysqlInt(r.uint(8), 64, kind)
	case mysqlTypeFloat:
		return float64(math.Float32frombits(r.uint32()))
	case mysqlTypeDouble:
		return math.Float64frombits(r.uint(8))
	case mysqlTypeDate, mysqlTypeDateTime, mysqlTypeTimestamp:
		return r.date()
	case mysqlTypeTime:
		return r.duration()
	default:
		return mysqlStringOrBytes(kind, slices.Clone(r.bytes(r.length())))
	}
}

// mysqlInt gives an integer of some bits its sign.
func mysqlInt(n uint64, bits int, kind uint16) any {
	if kind&mysqlUnsignedBit != 0 {
		return n
	}
	return int64(n<<(64-bits)) >> (64 - bits)
}

func mysqlStringOrBytes(kind uint16, b []byte) any {
	if kind >= mysqlTypeTinyBlob && kind <= mysqlTypeBlob {
		return b
	}
	return string(b)
}

// date reads a date, with the time of day if there is one.
func (r *mysqlReader) date() string {
	d := mysqlReader{rest: r.bytes(uint64(r.uint8()))}
	more := len(d.rest) > 4
	text := fmt.Sprintf("%04d-%02d-%02d", d.uint16(), d.uint8(), d.uint8())
	if more {
		text += fmt.Sprintf(" %02d:%02d:%02d", d.uint8(), d.uint8(), d.uint8())
	}
	return text + d.fraction()
}

// duration reads a time, which may be of days and negative.
func (r *mysqlReader) duration() string {
	d := mysqlReader{rest: r.bytes(uint64(r.uint8()))}
	sign := ""
	if d.uint8() == 1 {
		sign = "-"
	}
	hours := uint64(d.uint32())*24 + uint64(d.uint8())
	return fmt.Sprintf("%s%02d:%02d:%02d", sign, hours, d.uint8(), d.uint8()) + d.fraction()
}

// fraction reads microseconds, if there are any.
func (r *mysqlReader) fraction() string {
	if len(r.rest) == 0 {
		return ""
	}
	return fmt.Sprintf(".%06d", r.uint32())
}

// countMySQLParameters counts the question marks in a statement, but for those
// in strings, quoted names and comments.
func countMySQLParameters(sql string) int {
	count := 0
	for i := 0; i < len(sql); i++ {
		switch rest := sql[i:]; {
		case rest[0] == '?':
			count++
		case strings.IndexByte("'\"`", rest[0]) >= 0:
			i += mysqlQuoted(rest) - 1
		case rest[0] == '#' || rest == "--" || len(rest) > 2 && rest[:2] == "--" && rest[2] <= ' ':
			i += mysqlUpTo(rest, "\n") - 1
		case strings.HasPrefix(rest, "/*"):
			i += 1 + mysqlUpTo(rest[2:], "*/")
		}
	}
	return count
}

// mysqlQuoted is the length of the quoted text with which sql begins. A doubled
// quote counts as two texts, which comes to the same.
func mysqlQuoted(sql string) int {
	quote := sql[0]
	for i := 1; i < len(sql); i++ {
		switch {
		case sql[i] == quote:
			return i + 1
		case sql[i] == '\\' && quote != '`':
			i++
		}
	}
	return len(sql)
}

// mysqlUpTo is the length of what sql begins with, up to and with the end.
func mysqlUpTo(sql, end string) int {
	if i := strings.Index(sql, end); i >= 0 {
		return i + len(end)
	}
	return len(sql)
}
