package tds

import (
	"fmt"
	"strconv"
	"strings"
)

// Type is a data type of SQL Server, as [ParseType] reads it.
type Type struct {
	Name      string // in lower case: "int", "nvarchar", "datetime2"
	Size      int    // of char and binary types: characters of two bytes for nchar and nvarchar, else bytes; [Max]: max
	Precision uint8  // of decimal and numeric: digits, 1 to 38
	Scale     uint8  // of decimal and numeric: digits after the point; of times: digits of a second, 0 to 7
}

// Max is the Size of varchar(max), nvarchar(max) and varbinary(max).
const Max = -1

// family tells how values of a type are written.
type family uint8

const (
	familyNothing family = iota // only NULL
	familyInteger
	familyBool
	familyFloat
	familyDecimal
	familyMoney
	familyGUID
	familyDate
	familyTime
	familyDateTime // the old one: days since 1900 and a fraction of a day
	familyDateTime2
	familyDateTimeOffset
	familyNarrow // char, varchar
	familyWide   // nchar, nvarchar
	familyBinary
	familyXML
)

// knownType is a row of the table of types.
type knownType struct {
	name   string
	id     byte // in a TYPE_INFO (MS-TDS 2.2.5.4): of the variant that can be NULL
	family family
	size   int // bytes; 0: as declared
}

// knownTypes are all types but sql_variant, CLR types, table-valued parameters
// and the outdated text, ntext and image. The first of several with one id and
// size is the one that a TYPE_INFO is read as.
var knownTypes = []knownType{
	{"tinyint", 0x26, familyInteger, 1},
	{"smallint", 0x26, familyInteger, 2},
	{"int", 0x26, familyInteger, 4},
	{"bigint", 0x26, familyInteger, 8},
	{"bit", 0x68, familyBool, 1},
	{"real", 0x6D, familyFloat, 4},
	{"float", 0x6D, familyFloat, 8},
	{"decimal", 0x6A, familyDecimal, 0},
	{"numeric", 0x6C, familyDecimal, 0},
	{"smallmoney", 0x6E, familyMoney, 4},
	{"money", 0x6E, familyMoney, 8},
	{"uniqueidentifier", 0x24, familyGUID, 16},
	{"date", 0x28, familyDate, 0},
	{"time", 0x29, familyTime, 0},
	{"datetime2", 0x2A, familyDateTime2, 0},
	{"datetimeoffset", 0x2B, familyDateTimeOffset, 0},
	{"smalldatetime", 0x6F, familyDateTime, 4},
	{"datetime", 0x6F, familyDateTime, 8},
	{"char", 0xAF, familyNarrow, 0},
	{"varchar", 0xA7, familyNarrow, 0},
	{"nchar", 0xEF, familyWide, 0},
	{"nvarchar", 0xE7, familyWide, 0},
	{"binary", 0xAD, familyBinary, 0},
	{"varbinary", 0xA5, familyBinary, 0},
	{"xml", 0xF1, familyXML, 0},
}

// typeSynonyms are other names of types ("Data type synonyms" in the reference
// of Transact-SQL), and sysname.
var typeSynonyms = map[string]string{
	"integer": "int", "dec": "decimal", "double precision": "float", "character": "char",
	"character varying": "varchar", "national character": "nchar", "national character varying": "nvarchar",
	"binary varying": "varbinary", "rowversion": "binary(8)", "timestamp": "binary(8)", "sysname": "nvarchar(128)",
}

// ParseType reads a type as Transact-SQL writes it: "int",
// "nvarchar(40)", "varbinary(max)", "decimal(18, 2)", in any case. Sizes that are
// left out are those of a column: 1 for char and binary types, decimal(18, 0), 7
// digits of a second; float with up to 24 bits is real. sql_variant, table types,
// CLR types, text, ntext and image are not known.
func ParseType(declaration string) (Type, error) {
	name, arguments, found := strings.Cut(strings.ToLower(declaration), "(")
	name = strings.Join(strings.Fields(name), " ")
	if other, ok := typeSynonyms[name]; ok {
		if found {
			other += "(" + arguments
		}
		return ParseType(other)
	}
	t := Type{Name: name}
	known, ok := typeNamed(name)
	if !ok {
		return t, fmt.Errorf("azuretest: %q is not a type of SQL Server that azuretest knows", declaration)
	}
	var numbers []string
	if found {
		inside, after, _ := strings.Cut(arguments, ")")
		if strings.TrimSpace(after) != "" {
			return t, fmt.Errorf("azuretest: type %q goes on after its size", declaration)
		}
		numbers = strings.Split(inside, ",")
	}
	if !t.set(known.family, numbers) {
		return t, fmt.Errorf("azuretest: type %q has a size that it cannot have", declaration)
	}
	return t, nil
}

// set takes what was written in parentheses; it reports false if that is wrong.
func (t *Type) set(family family, numbers []string) bool {
	number := func(i, missing, least, most int) (int, bool) {
		if i >= len(numbers) {
			return missing, true
		}
		n, err := strconv.Atoi(strings.TrimSpace(numbers[i]))
		return n, err == nil && least <= n && n <= most
	}
	ok, allowed := true, 0
	switch family {
	case familyDecimal:
		precision, first := number(0, 18, 1, 38)
		scale, second := number(1, 0, 0, max(precision, 0))
		t.Precision, t.Scale, ok, allowed = uint8(precision), uint8(scale), first && second, 2
	case familyTime, familyDateTime2, familyDateTimeOffset:
		var scale int
		scale, ok = number(0, 7, 0, 7)
		t.Scale, allowed = uint8(scale), 1
	case familyFloat:
		var bits int
		bits, ok = number(0, 53, 1, 53)
		if bits <= 24 {
			t.Name = "real"
		}
		allowed = 1
	case familyNarrow, familyWide, familyBinary:
		allowed = 1
		if len(numbers) > 0 && strings.TrimSpace(numbers[0]) == "max" && strings.Contains(t.Name, "var") {
			t.Size = Max
			break
		}
		most := 8000
		if family == familyWide {
			most = 4000
		}
		t.Size, ok = number(0, 1, 1, most)
	}
	return ok && len(numbers) <= allowed
}

// String is the type as Transact-SQL writes it.
func (t Type) String() string {
	known, _ := typeNamed(t.Name)
	switch known.family {
	case familyDecimal:
		return fmt.Sprintf("%s(%d,%d)", t.Name, t.Precision, t.Scale)
	case familyTime, familyDateTime2, familyDateTimeOffset:
		return fmt.Sprintf("%s(%d)", t.Name, t.Scale)
	case familyNarrow, familyWide, familyBinary:
		if t.Size == Max {
			return t.Name + "(max)"
		}
		return fmt.Sprintf("%s(%d)", t.Name, t.Size)
	}
	return t.Name
}

// typeNamed looks a type up.
func typeNamed(name string) (knownType, bool) {
	for _, known := range knownTypes {
		if known.name == name {
			return known, true
		}
	}
	return knownType{}, false
}
