package tds

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// WireType is a type as TYPE_INFO describes it (MS-TDS 2.2.5.6).
type WireType struct {
	Type   // the zero Type for NULL without a type
	id     byte
	family family
	size   int  // bytes that a value may have; unlimited for max
	fixed  bool // a value has no length in front, and is never NULL
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
	w := WireType{Type: t, id: known.id, family: known.family, size: known.size}
	switch f := known.family; {
	case t.Size == Max:
		w.size = unlimited
	case f == familyDecimal:
		w.size += decimalLength(t.Precision)
	case f.hasScale():
		w.size += timeLength(t.Scale)
	case f == familyWide:
		w.size = 2 * t.Size
	case f.hasSize():
		w.size = t.Size
	}
	valid := w.size > 0 && (w.size <= 8000 || w.size == unlimited) && t.Scale <= max(t.Precision, 7)
	if !valid || known.family == familyDecimal && (t.Precision == 0 || t.Precision > 38) {
		return w, fmt.Errorf("azuretest: %v is not a type that SQL Server has", t)
	}
	return w, nil
}

// AppendInfo adds the TYPE_INFO.
func (t WireType) AppendInfo(b []byte) []byte {
	b = append(b, t.id)
	switch {
	case t.family == familyDate:
		return b
	case t.family.hasScale():
		return append(b, t.Scale)
	case t.family == familyDecimal:
		return append(b, byte(t.size), t.Precision, t.Scale)
	case t.family == familyXML:
		return append(b, 0) // no schema
	case t.family == familyBinary:
		return binary.LittleEndian.AppendUint16(b, uint16(t.size))
	case t.family.hasSize():
		return append(binary.LittleEndian.AppendUint16(b, uint16(t.size)), collation[:]...)
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
		return WireType{Type: Type{Name: name}, id: id, family: known.family, size: known.size, fixed: true}
	}
	for _, known := range knownTypes {
		if known.id == id {
			return r.variableType(known)
		}
	}
	r.unsupported("a value of type 0x%02X", id)
	return WireType{}
}

// variableType reads the rest of the TYPE_INFO of a type that is known by its id.
func (r *reader) variableType(known knownType) WireType {
	t := WireType{Type: Type{Name: known.name}, id: known.id, family: known.family, size: known.size}
	switch f := known.family; {
	case f == familyDate:
	case f.hasScale():
		t.Scale = r.byte()
		t.size += timeLength(t.Scale)
		r.check(t.Scale <= 7, "digits of a second")
	case f == familyDecimal:
		t.size, t.Precision, t.Scale = int(r.byte()), r.byte(), r.byte()
		r.check(t.Precision >= 1 && t.Precision <= 38 && t.Scale <= t.Precision, "precision or scale of a decimal")
	case f == familyXML:
		if r.byte() != 0 { // its schema: database, owner, collection
			r.bVarChar()
			r.bVarChar()
			r.usVarChar()
		}
	case f.hasSize():
		t.size = int(r.uint16())
		switch {
		case t.size == unlimited:
			t.Size = Max
		case f == familyWide:
			t.Size = t.size / 2
		default:
			t.Size = t.size
		}
		if f != familyBinary {
			r.bytes(len(collation))
		}
	default: // several types share an id
		t.size = int(r.byte())
		i := slices.IndexFunc(knownTypes, func(k knownType) bool { return k.id == t.id && k.size == t.size })
		r.check(i >= 0 || f == familyGUID && t.size == 0, "size of a type")
		if i >= 0 {
			t.Name = knownTypes[i].name
		}
	}
	return t
}
