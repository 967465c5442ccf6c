package tds

import (
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// reader takes a message apart. After the first error it returns zeros; the
// message is in memory as a whole, so a length that is wrong costs nothing.
type reader struct {
	data []byte // what has not been read
	err  error
}

// unsupported is a request that is well-formed, as far as it was read, and
// beyond what this package does.
type unsupported struct{ what string }

func (e *unsupported) Error() string { return "azuretest: not supported: " + e.what }

// fail stops reading.
func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.data = nil
}

// check stops reading unless what was read is right.
func (r *reader) check(right bool, what string) {
	if !right {
		r.fail(fmt.Errorf("azuretest: malformed message: %s", what))
	}
}

// unsupported stops reading at something that is not supported.
func (r *reader) unsupported(format string, args ...any) {
	r.fail(&unsupported{fmt.Sprintf(format, args...)})
}

// bytes reads n bytes, which share the message's memory; nil if there are fewer.
func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.data) {
		r.check(false, "a part of it is beyond its end")
		return nil
	}
	out := r.data[:n:n]
	r.data = r.data[n:]
	return out
}

// part is n bytes at an offset of a message that says itself where it has them.
func (r *reader) part(message []byte, offset, n int) []byte {
	p := &reader{data: message}
	p.bytes(offset)
	b := p.bytes(n)
	if p.err != nil {
		r.fail(p.err)
	}
	return b
}

// padded reads n bytes; zeros if there are fewer.
func (r *reader) padded(n int) []byte {
	if b := r.bytes(n); b != nil {
		return b
	}
	return make([]byte, n)
}

func (r *reader) byte() byte     { return r.padded(1)[0] }
func (r *reader) uint16() uint16 { return binary.LittleEndian.Uint16(r.padded(2)) }
func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.padded(4)) }
func (r *reader) uint64() uint64 { return binary.LittleEndian.Uint64(r.padded(8)) }

// bVarChar and usVarChar read texts whose length in characters comes first, in one
// and two bytes.
func (r *reader) bVarChar() string  { return ucs2Text(r.bytes(2 * int(r.byte()))) }
func (r *reader) usVarChar() string { return ucs2Text(r.bytes(2 * int(r.uint16()))) }

// ucs2Text is the text in UTF-16, low byte first. Half a pair becomes U+FFFD.
func ucs2Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// number is a number of up to eight bytes, low byte first; signed is one with a sign.
func number(b []byte) uint64 {
	var wide [8]byte
	copy(wide[:], b)
	return binary.LittleEndian.Uint64(wide[:])
}

func signed(b []byte) int64 {
	unused := 64 - 8*len(b)
	return int64(number(b)<<unused) >> unused
}

// appendNumber adds the lower bytes of a number.
func appendNumber(b []byte, n uint64, size int) []byte {
	return append(b, binary.LittleEndian.AppendUint64(nil, n)[:size]...)
}
