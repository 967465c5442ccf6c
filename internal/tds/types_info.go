package tds

import (
	"encoding/binary"
	"fmt"
)

// WireType is a type as TYPE_INFO describes it (MS-TDS 2.2.5.6).
type WireType struct {
	id        byte
	family    family
	name      string // in Transact-SQL; "" for NULL without a type
	size      int    // bytes that a value may have; unlimited for max
	fixed     bool   // a value has no length of its own, and is never NULL
	precision uint8
	scale     uint8
}

// unlimited is the size of types whose values come in chunks (MS-TDS 2.2.5.2.3).
const unlimited = 0xFFFF

// fixedTypes are the types whose values cannot be NULL (MS-TDS 2.2.5.4.1): id
// to the type that can.
var fixedTypes = map[byte]string{
	0x30: "tinyint", 0x34: "smallint", 0x38: "int", 0x7F: "bigint", 0x32: "bit", 0x3B: "real", 0x3E: "float",
	0x7A: "smallmoney", 0x3C: "money", 0x3A: "smalldatetime", 0x3D: "datetime",
}

// typeNull is a parameter that is NULL and has no type.
const typeNull byte = 0x1F

// Wire is the type as columns and output parameters are described.
func (t Type) Wire() (WireType, error) {
	known, ok := typeNamed(t.Name)
	if !ok {
		return WireType{}, fmt.Errorf("azuretest: %q is not a type of SQL Server that azuretest knows", t.Name)
	}
	w := WireType{id: known.id, family: known.family, name: known.name, size: known.size, precision: t.Precision, scale: t.Scale}
	switch known.family {
	case familyDecimal:
		w.size = 1 + decimalLength(t.Precision)
	case familyDate:
		w.size = 3
	case familyTime:
		w.size = timeLength(t.Scale)
	case familyDateTime2:
		w.size = timeLength(t.Scale) + 3
	case familyDateTimeOffset:
		w.size = timeLength(t.Scale) + 5
	case familyNarrow, familyBinary:
		w.size = t.Size
	case familyWide:
		w.size = 2 * t.Size
	case familyXML:
		w.size = unlimited
	}
	if t.Size == Max {
		w.size = unlimited
	}
	valid := w.size > 0 && (w.size <= 8000 || w.size == unlimited) && t.Scale <= max(t.Precision, 7)
	if !valid || known.family == familyDecimal && (t.Precision == 0 || t.Precision > 38) {
		return w, fmt.Errorf("azuretest: %v is not a type that SQL Server has", t)
	}
	return w, nil
}

// declared is the type as Transact-SQL has it.
func (t WireType) declared() Type {
	d := Type{Name: t.name}
	switch t.family {
	case familyDecimal:
		d.Precision, d.Scale = t.precision, t.scale
	case familyTime, familyDateTime2, familyDateTimeOffset:
		d.Scale = t.scale
	case familyNarrow, familyBinary:
		d.Size = t.size
	case familyWide:
		d.Size = t.size / 2
	}
	if t.size == unlimited && t.family != familyXML {
		d.Size = Max
	}
	return d
}

// AppendInfo adds the TYPE_INFO.
func (t WireType) AppendInfo(b []byte) []byte {
	b = append(b, t.id)
	switch t.family {
	case familyDate:
		return b
	case familyTime, familyDateTime2, familyDateTimeOffset:
		return append(b, t.scale)
	case familyDecimal:
		return append(b, byte(t.size), t.precision, t.scale)
	case familyXML:
		return append(b, 0) // no schema
	case familyNarrow, familyWide:
		b = binary.LittleEndian.AppendUint16(b, uint16(t.size))
		return append(b, collation[:]...)
	case familyBinary:
		return binary.LittleEndian.AppendUint16(b, uint16(t.size))
	}
	return append(b, byte(t.size))
}

// typeInfo reads a TYPE_INFO.
func (r *reader) typeInfo() WireType {
	id := r.byte()
	if id == typeNull {
		return WireType{id: id, family: familyNothing, fixed: true}
	}
	if name, ok := fixedTypes[id]; ok {
		known, _ := typeNamed(name)
		return WireType{id: id, family: known.family, name: name, size: known.size, fixed: true}
	}
	for _, known := range knownTypes {
		if known.id == id {
			return r.variableType(known)
		}
	}
	r.refuse("a value of type 0x%02X", id)
	return WireType{}
}

// variableType reads the rest of the TYPE_INFO of a type that is known by its id.
func (r *reader) variableType(known knownType) WireType {
	t := WireType{id: known.id, family: known.family, name: known.name}
	switch t.family {
	case familyDate:
		t.size = 3
	case familyTime, familyDateTime2, familyDateTimeOffset:
		t.scale = r.byte()
		r.check(t.scale <= 7, "digits of a second")
		w, _ := t.declared().Wire() // checked above
		t.size = w.size
	case familyDecimal:
		t.size, t.precision, t.scale = int(r.byte()), r.byte(), r.byte()
		r.check(t.precision >= 1 && t.precision <= 38 && t.scale <= t.precision, "precision or scale of a decimal")
	case familyXML:
		t.size = unlimited
		if r.byte() != 0 { // its schema: database, owner, collection
			r.bVarChar()
			r.bVarChar()
			r.usVarChar()
		}
	case familyNarrow, familyWide:
		t.size = int(r.uint16())
		r.bytes(len(collation))
	case familyBinary:
		t.size = int(r.uint16())
	default:
		t.size = int(r.byte())
		t.nameBySize(r)
	}
	return t
}

// nameBySize tells apart the types that share an id.
func (t *WireType) nameBySize(r *reader) {
	for _, known := range knownTypes {
		if known.id == t.id && known.size == t.size {
			t.name = known.name
			return
		}
	}
	r.check(t.family == familyGUID && t.size == 0, "size of a type")
}
