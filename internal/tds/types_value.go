package tds

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
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
		return b, fmt.Errorf("azuretest: a value of %d bytes is too long for %v", len(value), t)
	case t.family.hasSize():
		b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	default:
		b = append(b, byte(len(value)))
	}
	return append(b, value...), nil
}

func (t WireType) appendNull(b []byte) []byte {
	switch {
	case t.size == unlimited:
		return binary.LittleEndian.AppendUint64(b, math.MaxUint64)
	case t.family.hasSize():
		return binary.LittleEndian.AppendUint16(b, math.MaxUint16)
	}
	return append(b, 0)
}

// encode makes the bytes of a value that is not NULL.
func (t WireType) encode(v any) ([]byte, error) {
	if n, ok := v.(int); ok {
		v = int64(n)
	}
	switch t.family {
	case familyInteger, familyBool:
		return t.encodeInteger(v)
	case familyFloat:
		return t.encodeFloat(v)
	case familyDecimal, familyMoney:
		return t.encodeDecimal(v)
	case familyGUID:
		if text, ok := v.(string); ok {
			value, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
			if err != nil || len(value) != 16 || len(text) != 36 {
				return nil, fmt.Errorf("a text is not a %v", t)
			}
			return swapGUID(value), nil
		}
	case familyDate, familyTime, familyDateTime, familyDateTime2, familyDateTimeOffset:
		if moment, ok := v.(time.Time); ok {
			return t.encodeTime(moment)
		}
	case familyBinary:
		if bytes, ok := v.([]byte); ok {
			return t.pad(bytes, 0), nil
		}
	case familyNarrow:
		if text, ok := v.(string); ok {
			return t.pad(windows1252(text), ' '), nil
		}
	default:
		if text, ok := v.(string); ok {
			return t.pad(appendUCS2(nil, text), ' ', 0), nil
		}
	}
	return nil, t.wrongType(v)
}

func (t WireType) wrongType(v any) error {
	return fmt.Errorf("a value of type %T does not become %v", v, t)
}

func (t WireType) outOfRange() error {
	return fmt.Errorf("a value is out of range for %v", t)
}

func (t WireType) encodeInteger(v any) ([]byte, error) {
	n, ok := v.(int64)
	if !ok && v != true && v != false {
		return nil, t.wrongType(v)
	}
	if v == true || t.family == familyBool && n != 0 {
		n = 1
	}
	least, most := int64(math.MinInt64)>>(64-8*t.size), int64(math.MaxInt64)>>(64-8*t.size)
	if t.size == 1 {
		least, most = 0, math.MaxUint8 // tinyint has no sign
	}
	if n < least || n > most {
		return nil, t.outOfRange()
	}
	return appendNumber(nil, uint64(n), t.size), nil
}

func (t WireType) encodeFloat(v any) ([]byte, error) {
	f, ok := v.(float64)
	if n, whole := v.(int64); whole {
		f, ok = float64(n), true
	}
	switch {
	case !ok:
		return nil, t.wrongType(v)
	case t.size == 8:
		return appendNumber(nil, math.Float64bits(f), 8), nil
	case math.Abs(f) > math.MaxFloat32:
		return nil, t.outOfRange()
	}
	return appendNumber(nil, uint64(math.Float32bits(float32(f))), 4), nil
}

// pad fills the values of char, nchar and binary up to their size.
func (t WireType) pad(value []byte, with ...byte) []byte {
	if t.Name != "char" && t.Name != "nchar" && t.Name != "binary" {
		return value
	}
	value = append([]byte(nil), value...)
	for len(value) < t.size {
		value = append(value, with...)
	}
	return value
}

// value reads a value of a row or parameter: nil for NULL, int64, bool, float64,
// string for characters, decimals, money and uniqueidentifier, []byte, time.Time.
func (r *reader) value(t WireType) any {
	data, null := r.valueBytes(t)
	if null || r.err != nil {
		return nil
	}
	switch t.family {
	case familyDecimal:
		return r.decimal(t, data)
	case familyNarrow:
		return windows1252Text(data)
	case familyWide, familyXML:
		r.check(len(data)%2 == 0, "length of a text")
		return ucs2Text(data)
	case familyBinary:
		return append([]byte{}, data...) // not the message's memory
	}
	if r.check(len(data) == t.size, "length of a value"); r.err != nil {
		return nil
	}
	switch {
	case t.family == familyBool:
		return data[0] != 0
	case t.family == familyInteger && t.size == 1:
		return int64(data[0])
	case t.family == familyInteger:
		return signed(data)
	case t.family == familyFloat && t.size == 4:
		return float64(math.Float32frombits(uint32(number(data))))
	case t.family == familyFloat:
		return math.Float64frombits(number(data))
	case t.family == familyMoney && t.size == 4:
		return scaled(big.NewInt(signed(data)), moneyScale)
	case t.family == familyMoney: // its high half comes first (MS-TDS 2.2.5.5.1.5)
		return scaled(big.NewInt(int64(bits.RotateLeft64(number(data), 32))), moneyScale)
	case t.family == familyGUID:
		b := swapGUID(data)
		return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	}
	return r.time(t, data)
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
	case t.family.hasSize():
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

// swapGUID turns the bytes as they are printed into those on the wire and back:
// the first three groups have their low byte first (GUID in MS-DTYP 2.3.4).
func swapGUID(b []byte) []byte {
	return []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}

// windows1252High are the characters of Windows-1252 from 0x80 to 0x9F, where it
// differs from ISO 8859-1; 0 where it has none (the WHATWG's Encoding Standard).
var windows1252High = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

// windows1252 encodes the text of char and varchar. Like SQL Server it writes a
// question mark for what the code page does not have.
func windows1252(text string) []byte {
	value := make([]byte, 0, len(text))
	for _, c := range text {
		high := slices.Index(windows1252High[:], c)
		switch {
		case c < 0x80 || 0xA0 <= c && c <= 0xFF:
			value = append(value, byte(c))
		case c != 0 && high >= 0:
			value = append(value, byte(0x80+high))
		default:
			value = append(value, '?')
		}
	}
	return value
}

// windows1252Text is the text of char and varchar.
func windows1252Text(data []byte) string {
	text := make([]rune, len(data))
	for i, b := range data {
		text[i] = rune(b)
		if 0x80 <= b && b <= 0x9F && windows1252High[b-0x80] != 0 {
			text[i] = windows1252High[b-0x80]
		}
	}
	return string(text)
}
