package mysqltest

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
	typeTiny      = 1
	typeShort     = 2
	typeLong      = 3
	typeFloat     = 4
	typeDouble    = 5
	typeNull      = 6
	typeTimestamp = 7
	typeLongLong  = 8
	typeInt24     = 9
	typeDate      = 10
	typeTime      = 11
	typeDateTime  = 12
	typeYear      = 13
	typeTinyBlob  = 249
	typeBlob      = 252
	typeVarString = 253

	unsignedBit = 0x8000 // of a type of two bytes
)

// prepared is a prepared statement.
type prepared struct {
	sql        string
	parameters int
	types      []uint16       // of the parameters, as of the last execution
	long       map[int][]byte // values that were sent ahead
}

// prepare answers a request to prepare a statement. As MySQL does for statements
// of which it does not know the result yet, it announces no columns; they come
// with each execution.
func (s *Session) prepare(sql string) error {
	s.last++
	p := &prepared{sql: sql, parameters: countParameters(sql)}
	if p.parameters > math.MaxUint16 {
		return s.Fail(newError(1390, "HY000", "Prepared statement contains too many placeholders"))
	}
	s.prepared[s.last] = p
	b := binary.LittleEndian.AppendUint32([]byte{okPacket}, s.last)
	b = binary.LittleEndian.AppendUint16(b, 0) // columns
	b = binary.LittleEndian.AppendUint16(b, uint16(p.parameters))
	s.wire.queue(append(b, 0, 0, 0)) // filler, no warnings
	for range p.parameters {
		s.wire.queue(Column{Name: "?"}.encode())
	}
	if p.parameters > 0 && s.flags&deprecateEOF == 0 {
		s.wire.queue(s.endOfColumns())
	}
	return s.wire.flush()
}

// appendLong notes a part of a value that is sent ahead of an execution.
func (s *Session) appendLong(rest []byte) error {
	r := reader{rest: rest}
	p, n := s.prepared[r.uint32()], int(r.uint16())
	if r.bad || p == nil || n >= p.parameters {
		return nil // the execution will fail
	}
	if p.long == nil {
		p.long = make(map[int][]byte)
	}
	if len(p.long[n])+len(r.rest) > s.wire.limit {
		return tooLong()
	}
	p.long[n] = append(p.long[n], r.rest...)
	return nil
}

// execute reads the values of a prepared statement:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html
func (s *Session) execute(rest []byte) (*Statement, error) {
	r := reader{rest: rest}
	id := r.uint32()
	p := s.prepared[id]
	if p == nil {
		return nil, s.Fail(newError(1243, "HY000", fmt.Sprintf("Unknown prepared statement handler (%d) given to EXECUTE", id)))
	}
	r.bytes(5) // flags, which ask for cursors, and a count that is always 1
	args, err := p.read(&r)
	p.long = nil
	if err != nil {
		return nil, s.Fail(err)
	}
	s.binary = true
	return &Statement{SQL: p.sql, Args: args}, nil
}

// read takes the values out of the rest of a message.
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
		return nil, malformed()
	}
	args := make([]any, p.parameters)
	for i, kind := range p.types {
		switch long, sent := p.long[i]; {
		case sent:
			args[i] = stringOrBytes(kind, long)
		case null[i/8]&(1<<(i%8)) == 0:
			args[i] = r.value(kind)
		}
	}
	if r.bad {
		return nil, malformed()
	}
	return args, nil
}

// value reads a value in binary form:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html
func (r *reader) value(kind uint16) any {
	switch kind &^ unsignedBit {
	case typeNull:
		return nil
	case typeTiny:
		return signed(r.uint(1), 8, kind)
	case typeShort, typeYear:
		return signed(r.uint(2), 16, kind)
	case typeLong, typeInt24:
		return signed(r.uint(4), 32, kind)
	case typeLongLong:
		return signed(r.uint(8), 64, kind)
	case typeFloat:
		return float64(math.Float32frombits(r.uint32()))
	case typeDouble:
		return math.Float64frombits(r.uint(8))
	case typeDate, typeDateTime, typeTimestamp:
		return r.date()
	case typeTime:
		return r.duration()
	default:
		return stringOrBytes(kind, slices.Clone(r.bytes(r.length())))
	}
}

// signed gives an integer of some bits its sign.
func signed(n uint64, bits int, kind uint16) any {
	if kind&unsignedBit != 0 {
		return n
	}
	return int64(n<<(64-bits)) >> (64 - bits)
}

func stringOrBytes(kind uint16, b []byte) any {
	if kind >= typeTinyBlob && kind <= typeBlob {
		return b
	}
	return string(b)
}

// date reads a date, with the time of day if there is one.
func (r *reader) date() string {
	d := reader{rest: r.bytes(uint64(r.uint8()))}
	more := len(d.rest) > 4
	text := fmt.Sprintf("%04d-%02d-%02d", d.uint16(), d.uint8(), d.uint8())
	if more {
		text += fmt.Sprintf(" %02d:%02d:%02d", d.uint8(), d.uint8(), d.uint8())
	}
	return text + d.fraction()
}

// duration reads a time, which may be of days and negative.
func (r *reader) duration() string {
	d := reader{rest: r.bytes(uint64(r.uint8()))}
	sign := ""
	if d.uint8() == 1 {
		sign = "-"
	}
	hours := uint64(d.uint32())*24 + uint64(d.uint8())
	return fmt.Sprintf("%s%02d:%02d:%02d", sign, hours, d.uint8(), d.uint8()) + d.fraction()
}

// fraction reads microseconds, if there are any.
func (r *reader) fraction() string {
	if len(r.rest) == 0 {
		return ""
	}
	return fmt.Sprintf(".%06d", r.uint32())
}

// countParameters counts the question marks in a statement, but for those
// in strings, quoted names and comments.
func countParameters(sql string) int {
	count := 0
	for i := 0; i < len(sql); i++ {
		switch rest := sql[i:]; {
		case rest[0] == '?':
			count++
		case strings.IndexByte("'\"`", rest[0]) >= 0:
			i += quoted(rest) - 1
		case rest[0] == '#' || rest == "--" || len(rest) > 2 && rest[:2] == "--" && rest[2] <= ' ':
			i += upTo(rest, "\n") - 1
		case strings.HasPrefix(rest, "/*"):
			i += 1 + upTo(rest[2:], "*/")
		}
	}
	return count
}

// quoted is the length of the quoted text with which sql begins. A doubled
// quote counts as two texts, which comes to the same.
func quoted(sql string) int {
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

// upTo is the length of what sql begins with, up to and with the end.
func upTo(sql, end string) int {
	if i := strings.Index(sql, end); i >= 0 {
		return i + len(end)
	}
	return len(sql)
}
