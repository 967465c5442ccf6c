package mysqltest

import (
	"bytes"
	"encoding/binary"
)

// appendInt appends a length-encoded integer:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html
func appendInt(b []byte, n uint64) []byte {
	switch {
	case n < 251:
		return append(b, byte(n))
	case n < 1<<16:
		return binary.LittleEndian.AppendUint16(append(b, 0xfc), uint16(n))
	case n < 1<<24:
		return append(b, 0xfd, byte(n), byte(n>>8), byte(n>>16))
	default:
		return binary.LittleEndian.AppendUint64(append(b, 0xfe), n)
	}
}

// appendString appends a string with its length in front.
func appendString[S string | []byte](b []byte, s S) []byte {
	return append(appendInt(b, uint64(len(s))), s...)
}

// reader takes a message apart. Reading beyond its end yields zeros and
// sets bad, so that a message needs one check, at the end.
type reader struct {
	rest []byte
	bad  bool
}

// bytes returns the next n bytes; of the message itself, not a copy.
func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.rest, r.bad = nil, true
		return nil
	}
	var taken []byte
	taken, r.rest = r.rest[:n:n], r.rest[n:]
	return taken
}

func (r *reader) uint8() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// uint reads an integer of width bytes, 8 at most.
func (r *reader) uint(width uint64) uint64 {
	var wide [8]byte
	copy(wide[:], r.bytes(width))
	return binary.LittleEndian.Uint64(wide[:])
}

func (r *reader) uint16() uint16 { return uint16(r.uint(2)) }
func (r *reader) uint32() uint32 { return uint32(r.uint(4)) }

// length reads a length-encoded integer.
func (r *reader) length() uint64 {
	switch first := r.uint8(); first {
	case 0xfb, 0xff: // NULL and an error: no lengths
		r.bad = true
		return 0
	case 0xfc:
		return r.uint(2)
	case 0xfd:
		return r.uint(3)
	case 0xfe:
		return r.uint(8)
	default:
		return uint64(first)
	}
}

// string reads a string with its length in front.
func (r *reader) string() string { return string(r.bytes(r.length())) }

// terminated reads a string up to a zero byte, or to the end of the message.
func (r *reader) terminated() string {
	text, rest, _ := bytes.Cut(r.rest, []byte{0})
	r.rest = rest
	return string(text)
}
