package tds

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"
)

// AppendValue adds a value as rows and parameters have it (MS-TDS 2.2.5.5): its
// length, then its bytes.
func (t WireType) AppendValue(b []byte, v any) ([]byte, error) {
	if v == nil {
		return t.appendNull(b), nil
	}
	value, err := t.encode(v)
	if err != nil {
		return b, fmt.Errorf("azuretest: %w", err)
	}
	switch {
	case t.size == unlimited:
		b = binary.LittleEndian.AppendUint64(b, uint64(len(value)))
		if len(value) > 0 {
			b = binary.LittleEndian.AppendUint32(b, uint32(len(value)))
			b = append(b, value...)
		}
		return binary.LittleEndian.AppendUint32(b, 0), nil // the end of the chunks
	case len(value) > t.size:
		return b, fmt.Errorf("azuretest: a value of %d bytes is too long for %v", len(value), t.declared())
	case t.hasShortLength():
		b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	default:
		b = append(b, byte(len(value)))
	}
	return append(b, value...), nil
}

// appendNull adds NULL.
func (t WireType) appendNull(b []byte) []byte {
	switch {
	case t.size == unlimited:
		return binary.LittleEndian.AppendUint64(b, math.MaxUint64)
	case t.hasShortLength():
		return binary.LittleEndian.AppendUint16(b, math.MaxUint16)
	}
	return append(b, 0)
}

// hasShortLength tells whether the length of a value has two bytes.
func (t WireType) hasShortLength() bool {
	return t.family == familyNarrow || t.family == familyWide || t.family == familyBinary
}

// encode makes the bytes of a value that is not NULL.
func (t WireType) encode(v any) ([]byte, error) {
	switch t.family {
	case familyInteger, familyBool:
		return t.encodeInteger(v)
	case familyFloat:
		return t.encodeFloat(v)
	case familyDecimal, familyMoney:
		return t.encodeDecimal(v)
	case familyGUID:
		return t.encodeGUID(v)
	case familyDate, familyTime, familyDateTime, familyDateTime2, familyDateTimeOffset:
		if moment, ok := v.(time.Time); ok {
			return t.encodeTime(moment)
		}
	case familyBinary:
		if bytes, ok := v.([]byte); ok {
			return t.pad(bytes, 0), nil
		}
	default:
		if text, ok := v.(string); ok {
			return t.encodeText(text), nil
		}
	}
	return nil, t.wrongType(v)
}

func (t WireType) wrongType(v any) error {
	return fmt.Errorf("a value of type %T does not become %v", v, t.declared())
}

func (t WireType) outOfRange() error {
	return fmt.Errorf("a value is out of range for %v", t.declared())
}

func (t WireType) encodeInteger(v any) ([]byte, error) {
	var n int64
	switch v := v.(type) {
	case int64:
		n = v
	case int:
		n = int64(v)
	case bool:
		if v {
			n = 1
		}
	default:
		return nil, t.wrongType(v)
	}
	if t.family == familyBool && n != 0 {
		n = 1
	}
	least, most := int64(math.MinInt64)>>(64-8*t.size), int64(math.MaxInt64)>>(64-8*t.size)
	if t.size == 1 {
		least, most = 0, math.MaxUint8 // tinyint has no sign
	}
	if n < least || n > most {
		return nil, t.outOfRange()
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(n))[:t.size], nil
}

func (t WireType) encodeFloat(v any) ([]byte, error) {
	var f float64
	switch v := v.(type) {
	case float64:
		f = v
	case int64:
		f = float64(v)
	case int:
		f = float64(v)
	default:
		return nil, t.wrongType(v)
	}
	if t.size == 8 {
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)), nil
	}
	if math.Abs(f) > math.MaxFloat32 {
		return nil, t.outOfRange()
	}
	return binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(f))), nil
}

// encodeText writes characters; those of char and nchar fill their size.
func (t WireType) encodeText(text string) []byte {
	if t.family == familyNarrow {
		return t.pad(windows1252(text), ' ')
	}
	value := appendUCS2(nil, text)
	if t.name == "nchar" {
		value = appendUCS2(value, strings.Repeat(" ", max(0, t.size-len(value))/2))
	}
	return value
}

// pad fills the values of char and binary.
func (t WireType) pad(value []byte, with byte) []byte {
	if t.name != "char" && t.name != "binary" {
		return value
	}
	value = append([]byte(nil), value...)
	for len(value) < t.size {
		value = append(value, with)
	}
	return value
}

// encodeGUID reads 6F9619FF-8B86-D011-B42D-00C04FC964FF, in any case.
func (t WireType) encodeGUID(v any) ([]byte, error) {
	text, ok := v.(string)
	if !ok {
		return nil, t.wrongType(v)
	}
	value, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(value) != 16 || len(text) != 36 {
		return nil, fmt.Errorf("a text is not a %v", t.declared())
	}
	return swapGUID(value), nil
}

// swapGUID turns the bytes as they are printed into those on the wire and back:
// the first three groups have their low byte first (RFC 4122, 4.1.2, and GUID in
// MS-DTYP 2.3.4).
func swapGUID(b []byte) []byte {
	return []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}
