package tds

import (
	"encoding/binary"
	"fmt"
	"math"
)

// value reads a value of a row or parameter: nil for NULL, int64, bool, float64,
// string for characters, decimals, money and uniqueidentifier, []byte, time.Time.
func (r *reader) value(t WireType) any {
	data, null := r.valueBytes(t)
	if null || r.err != nil {
		return nil
	}
	switch t.family {
	case familyInteger:
		return r.integer(data)
	case familyBool:
		r.check(len(data) == 1, "length of a bit")
		return len(data) == 1 && data[0] != 0
	case familyFloat:
		return r.float(data)
	case familyDecimal:
		return r.decimal(t, data)
	case familyMoney:
		return r.money(data)
	case familyGUID:
		return r.guid(data)
	case familyDate, familyTime, familyDateTime, familyDateTime2, familyDateTimeOffset:
		return r.time(t, data)
	case familyNarrow:
		return windows1252Text(data)
	case familyWide, familyXML:
		r.check(len(data)%2 == 0, "length of a text")
		return ucs2Text(data)
	}
	return append([]byte{}, data...) // not the message's memory
}

// valueBytes reads the bytes of a value, or that it is NULL.
func (r *reader) valueBytes(t WireType) (data []byte, null bool) {
	var length int
	switch {
	case t.family == familyNothing:
		return nil, true
	case t.fixed:
		return r.padded(t.size), false
	case t.size == unlimited:
		return r.chunks()
	case t.hasShortLength():
		length = int(r.uint16())
		null = length == math.MaxUint16
	default:
		length = int(r.byte())
		null = length == 0
	}
	if null {
		return nil, true
	}
	r.check(length <= t.size, "a value longer than its type")
	return r.bytes(length), false
}

// chunks reads a value of a type without a limit (MS-TDS 2.2.5.2.3).
func (r *reader) chunks() (data []byte, null bool) {
	const unknown = math.MaxUint64 - 1
	total := r.uint64()
	if total == math.MaxUint64 {
		return nil, true
	}
	for r.err == nil {
		length := r.uint32()
		if length == 0 {
			break
		}
		data = append(data, r.bytes(int(length))...)
	}
	r.check(total == unknown || total == uint64(len(data)), "length of a value in chunks")
	return data, false
}

func (r *reader) integer(data []byte) int64 {
	switch len(data) {
	case 1:
		return int64(data[0])
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(data)))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(data)))
	case 8:
		return int64(binary.LittleEndian.Uint64(data))
	}
	r.check(false, "length of an integer")
	return 0
}

func (r *reader) float(data []byte) float64 {
	switch len(data) {
	case 4:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(data)))
	case 8:
		return math.Float64frombits(binary.LittleEndian.Uint64(data))
	}
	r.check(false, "length of a float")
	return 0
}

// guid writes a uniqueidentifier as SQL Server does, in upper case.
func (r *reader) guid(data []byte) string {
	if len(data) != 16 {
		r.check(false, "length of a uniqueidentifier")
		return ""
	}
	b := swapGUID(data)
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
