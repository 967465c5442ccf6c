package azuretest

import (
	"encoding/binary"
	"fmt"
)

// tdsType is a type as TYPE_INFO describes it (MS-TDS 2.2.5.6).
type tdsType struct {
	id        byte
	family    tdsFamily
	name      string // in Transact-SQL; "" for NULL without a type
	size      int    // bytes that a value may have; tdsUnlimited for max
	fixed     bool   // a value has no length of its own, and is never NULL
	precision uint8
	scale     uint8
}

// tdsUnlimited is the size of types whose values come in chunks (MS-TDS 2.2.5.2.3).
const tdsUnlimited = 0xFFFF

// tdsFixedTypes are the types whose values cannot be NULL (MS-TDS 2.2.5.4.1): id
// to the type that can.
var tdsFixedTypes = map[byte]string{
	0x30: "tinyint", 0x34: "smallint", 0x38: "int", 0x7F: "bigint", 0x32: "bit", 0x3B: "real", 0x3E: "float",
	0x7A: "smallmoney", 0x3C: "money", 0x3A: "smalldatetime", 0x3D: "datetime",
}

// tdsTypeNull is a parameter that is NULL and has no type.
const tdsTypeNull byte = 0x1F

// wire is the type as columns and output parameters are described.
func (t SQLServerType) wire() (tdsType, error) {
	known, ok := tdsTypeNamed(t.Name)
	if !ok {
		return tdsType{}, fmt.Errorf("azuretest: %q is not a type of SQL Server that azuretest knows", t.Name)
	}
	w := tdsType{id: known.id, family: known.family, name: known.name, size: known.size, precision: t.Precision, scale: t.Scale}
	switch known.family {
	case tdsDecimal:
		w.size = 1 + decimalLength(t.Precision)
	case tdsDate:
		w.size = 3
	case tdsTime:
		w.size = timeLength(t.Scale)
	case tdsDateTime2:
		w.size = timeLength(t.Scale) + 3
	case tdsDateTimeOffset:
		w.size = timeLength(t.Scale) + 5
	case tdsNarrow, tdsBinary:
		w.size = t.Size
	case tdsWide:
		w.size = 2 * t.Size
	case tdsXML:
		w.size = tdsUnlimited
	}
	if t.Size == SQLServerMax {
		w.size = tdsUnlimited
	}
	valid := w.size > 0 && (w.size <= 8000 || w.size == tdsUnlimited) && t.Scale <= max(t.Precision, 7)
	if !valid || known.family == tdsDecimal && (t.Precision == 0 || t.Precision > 38) {
		return w, fmt.Errorf("azuretest: %v is not a type that SQL Server has", t)
	}
	return w, nil
}

// declared is the type as Transact-SQL has it.
func (t tdsType) declared() SQLServerType {
	d := SQLServerType{Name: t.name}
	switch t.family {
	case tdsDecimal:
		d.Precision, d.Scale = t.precision, t.scale
	case tdsTime, tdsDateTime2, tdsDateTimeOffset:
		d.Scale = t.scale
	case tdsNarrow, tdsBinary:
		d.Size = t.size
	case tdsWide:
		d.Size = t.size / 2
	}
	if t.size == tdsUnlimited && t.family != tdsXML {
		d.Size = SQLServerMax
	}
	return d
}

// appendInfo adds the TYPE_INFO.
func (t tdsType) appendInfo(b []byte) []byte {
	b = append(b, t.id)
	switch t.family {
	case tdsDate:
		return b
	case tdsTime, tdsDateTime2, tdsDateTimeOffset:
		return append(b, t.scale)
	case tdsDecimal:
		return append(b, byte(t.size), t.precision, t.scale)
	case tdsXML:
		return append(b, 0) // no schema
	case tdsNarrow, tdsWide:
		b = binary.LittleEndian.AppendUint16(b, uint16(t.size))
		return append(b, tdsCollation[:]...)
	case tdsBinary:
		return binary.LittleEndian.AppendUint16(b, uint16(t.size))
	}
	return append(b, byte(t.size))
}

// typeInfo reads a TYPE_INFO.
func (r *tdsReader) typeInfo() tdsType {
	id := r.byte()
	if id == tdsTypeNull {
		return tdsType{id: id, family: tdsNothing, fixed: true}
	}
	if name, ok := tdsFixedTypes[id]; ok {
		known, _ := tdsTypeNamed(name)
		return tdsType{id: id, family: known.family, name: name, size: known.size, fixed: true}
	}
	for _, known := range tdsKnownTypes {
		if known.id == id {
			return r.variableType(known)
		}
	}
	r.refuse("a value of type 0x%02X", id)
	return tdsType{}
}

// variableType reads the rest of the TYPE_INFO of a type that is known by its id.
func (r *tdsReader) variableType(known tdsKnownType) tdsType {
	t := tdsType{id: known.id, family: known.family, name: known.name}
	switch t.family {
	case tdsDate:
		t.size = 3
	case tdsTime, tdsDateTime2, tdsDateTimeOffset:
		t.scale = r.byte()
		r.check(t.scale <= 7, "digits of a second")
		w, _ := t.declared().wire() // checked above
		t.size = w.size
	case tdsDecimal:
		t.size, t.precision, t.scale = int(r.byte()), r.byte(), r.byte()
		r.check(t.precision >= 1 && t.precision <= 38 && t.scale <= t.precision, "precision or scale of a decimal")
	case tdsXML:
		t.size = tdsUnlimited
		if r.byte() != 0 { // its schema: database, owner, collection
			r.bVarChar()
			r.bVarChar()
			r.usVarChar()
		}
	case tdsNarrow, tdsWide:
		t.size = int(r.uint16())
		r.bytes(len(tdsCollation))
	case tdsBinary:
		t.size = int(r.uint16())
	default:
		t.size = int(r.byte())
		t.nameBySize(r)
	}
	return t
}

// nameBySize tells apart the types that share an id.
func (t *tdsType) nameBySize(r *tdsReader) {
	for _, known := range tdsKnownTypes {
		if known.id == t.id && known.size == t.size {
			t.name = known.name
			return
		}
	}
	r.check(t.family == tdsGUID && t.size == 0, "size of a type")
}
