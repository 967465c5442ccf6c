package tds

import (
	"fmt"
	"slices"
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

// hasScale tells whether a type of the family has digits of a second.
func (f family) hasScale() bool {
	return f == familyTime || f == familyDateTime2 || f == familyDateTimeOffset
}

// hasSize tells whether a type of the family is declared with a size. The lengths of
// its values have two bytes.
func (f family) hasSize() bool {
	return f == familyNarrow || f == familyWide || f == familyBinary
}

// knownType is a row of the table of types.
type knownType struct {
	name   string
	id     byte // in a TYPE_INFO (MS-TDS 2.2.5.4): of the variant that can be NULL
	family family
	size   int // bytes, without the digits of decimals and times; 0: as declared
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
	{"decimal", 0x6A, familyDecimal, 1},
	{"numeric", 0x6C, familyDecimal, 1},
	{"smallmoney", 0x6E, familyMoney, 4},
	{"money", 0x6E, familyMoney, 8},
	{"uniqueidentifier", 0x24, familyGUID, 16},
	{"date", 0x28, familyDate, 3},
	{"time", 0x29, familyTime, 0},
	{"datetime2", 0x2A, familyDateTime2, 3},
	{"datetimeoffset", 0x2B, familyDateTimeOffset, 5},
	{"smalldatetime", 0x6F, familyDateTime, 4},
	{"datetime", 0x6F, familyDateTime, 8},
	{"char", 0xAF, familyNarrow, 0},
	{"varchar", 0xA7, familyNarrow, 0},
	{"nchar", 0xEF, familyWide, 0},
	{"nvarchar", 0xE7, familyWide, 0},
	{"binary", 0xAD, familyBinary, 0},
	{"varbinary", 0xA5, familyBinary, 0},
	{"xml", 0xF1, familyXML, unlimited},
}

// typeNamed looks a type up.
func typeNamed(name string) (knownType, bool) {
	if i := slices.IndexFunc(knownTypes, func(k knownType) bool { return k.name == name }); i >= 0 {
		return knownTypes[i], true
	}
	return knownType{}, false
}

// typeSynonyms are other names of types ("Data type synonyms" in the reference
// of Transact-SQL), and sysname.
var typeSynonyms = map[string]string{
	"integer": "int", "dec": "decimal", "double precision": "float", "character": "char",
	"character varying": "varchar", "national character": "nchar", "national character varying": "nvarchar",
	"binary varying": "varbinary", "rowversion": "binary(8)", "timestamp": "binary(8)", "sysname": "nvarchar(128)",
}

// typeArguments are the numbers in parentheses after a type: what a number is if it
// is left out, its least and its most.
var typeArguments = map[family][][3]int{
	familyFloat:          {{53, 1, 53}},
	familyDecimal:        {{18, 1, 38}, {0, 0, 38}},
	familyTime:           {{7, 0, 7}},
	familyDateTime2:      {{7, 0, 7}},
	familyDateTimeOffset: {{7, 0, 7}},
	familyNarrow:         {{1, 1, 8000}},
	familyWide:           {{1, 1, 4000}},
	familyBinary:         {{1, 1, 8000}},
}

// ParseType reads a type as Transact-SQL writes it: "int", "nvarchar(40)",
// "varbinary(max)", "decimal(18, 2)", in any case. Sizes that are left out are those of
// a column; float with up to 24 bits is real.
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
	arguments := typeArguments[family]
	if len(numbers) > len(arguments) {
		return false
	}
	var values [2]int
	for i, a := range arguments {
		values[i] = a[0]
		if i >= len(numbers) {
			continue
		}
		number := strings.TrimSpace(numbers[i])
		n, err := strconv.Atoi(number)
		switch {
		case number == "max" && strings.Contains(t.Name, "var"):
			n = Max
		case err != nil || n < a[1] || n > a[2]:
			return false
		}
		values[i] = n
	}
	switch {
	case family.hasSize():
		t.Size = values[0]
	case family.hasScale():
		t.Scale = uint8(values[0])
	case family == familyDecimal:
		t.Precision, t.Scale = uint8(values[0]), uint8(values[1])
		return t.Scale <= t.Precision
	case family == familyFloat && values[0] <= 24:
		t.Name = "real"
	}
	return true
}

// String is the type as Transact-SQL writes it.
func (t Type) String() string {
	known, _ := typeNamed(t.Name)
	switch f := known.family; {
	case f == familyDecimal:
		return fmt.Sprintf("%s(%d,%d)", t.Name, t.Precision, t.Scale)
	case f.hasScale():
		return fmt.Sprintf("%s(%d)", t.Name, t.Scale)
	case f.hasSize() && t.Size == Max:
		return t.Name + "(max)"
	case f.hasSize():
		return fmt.Sprintf("%s(%d)", t.Name, t.Size)
	}
	return t.Name
}
