package azuretest

import (
	"fmt"
	"strconv"
	"strings"
)

// SQLServerType is a data type of SQL Server, as [ParseSQLServerType] reads it.
type SQLServerType struct {
	Name      string // in lower case: "int", "nvarchar", "datetime2"
	Size      int    // of char and binary types: characters of two bytes for nchar and nvarchar, else bytes; [SQLServerMax]: max
	Precision uint8  // of decimal and numeric: digits, 1 to 38
	Scale     uint8  // of decimal and numeric: digits after the point; of times: digits of a second, 0 to 7
}

// SQLServerMax is the Size of varchar(max), nvarchar(max) and varbinary(max).
const SQLServerMax = -1

// tdsFamily tells how values of a type are written.
type tdsFamily uint8

const (
	tdsNothing tdsFamily = iota // only NULL
	tdsInteger
	tdsBool
	tdsFloat
	tdsDecimal
	tdsMoney
	tdsGUID
	tdsDate
	tdsTime
	tdsDateTime // the old one: days since 1900 and a fraction of a day
	tdsDateTime2
	tdsDateTimeOffset
	tdsNarrow // char, varchar
	tdsWide   // nchar, nvarchar
	tdsBinary
	tdsXML
)

// tdsKnownType is a row of the table of types.
type tdsKnownType struct {
	name   string
	id     byte // in a TYPE_INFO (MS-TDS 2.2.5.4): of the variant that can be NULL
	family tdsFamily
	size   int // bytes; 0: as declared
}

// tdsKnownTypes are all types but sql_variant, CLR types, table-valued parameters
// and the outdated text, ntext and image. The first of several with one id and
// size is the one that a TYPE_INFO is read as.
var tdsKnownTypes = []tdsKnownType{
	{"tinyint", 0x26, tdsInteger, 1},
	{"smallint", 0x26, tdsInteger, 2},
	{"int", 0x26, tdsInteger, 4},
	{"bigint", 0x26, tdsInteger, 8},
	{"bit", 0x68, tdsBool, 1},
	{"real", 0x6D, tdsFloat, 4},
	{"float", 0x6D, tdsFloat, 8},
	{"decimal", 0x6A, tdsDecimal, 0},
	{"numeric", 0x6C, tdsDecimal, 0},
	{"smallmoney", 0x6E, tdsMoney, 4},
	{"money", 0x6E, tdsMoney, 8},
	{"uniqueidentifier", 0x24, tdsGUID, 16},
	{"date", 0x28, tdsDate, 0},
	{"time", 0x29, tdsTime, 0},
	{"datetime2", 0x2A, tdsDateTime2, 0},
	{"datetimeoffset", 0x2B, tdsDateTimeOffset, 0},
	{"smalldatetime", 0x6F, tdsDateTime, 4},
	{"datetime", 0x6F, tdsDateTime, 8},
	{"char", 0xAF, tdsNarrow, 0},
	{"varchar", 0xA7, tdsNarrow, 0},
	{"nchar", 0xEF, tdsWide, 0},
	{"nvarchar", 0xE7, tdsWide, 0},
	{"binary", 0xAD, tdsBinary, 0},
	{"varbinary", 0xA5, tdsBinary, 0},
	{"xml", 0xF1, tdsXML, 0},
}

// tdsTypeSynonyms are other names of types ("Data type synonyms" in the reference
// of Transact-SQL), and sysname.
var tdsTypeSynonyms = map[string]string{
	"integer": "int", "dec": "decimal", "double precision": "float", "character": "char",
	"character varying": "varchar", "national character": "nchar", "national character varying": "nvarchar",
	"binary varying": "varbinary", "rowversion": "binary(8)", "timestamp": "binary(8)", "sysname": "nvarchar(128)",
}

// ParseSQLServerType reads a type as Transact-SQL writes it: "int",
// "nvarchar(40)", "varbinary(max)", "decimal(18, 2)", in any case. Sizes that are
// left out are those of a column: 1 for char and binary types, decimal(18, 0), 7
// digits of a second; float with up to 24 bits is real. sql_variant, table types,
// CLR types, text, ntext and image are not known.
func ParseSQLServerType(declaration string) (SQLServerType, error) {
	name, arguments, found := strings.Cut(strings.ToLower(declaration), "(")
	name = strings.Join(strings.Fields(name), " ")
	if other, ok := tdsTypeSynonyms[name]; ok {
		if found {
			other += "(" + arguments
		}
		return ParseSQLServerType(other)
	}
	t := SQLServerType{Name: name}
	known, ok := tdsTypeNamed(name)
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
func (t *SQLServerType) set(family tdsFamily, numbers []string) bool {
	number := func(i, missing, least, most int) (int, bool) {
		if i >= len(numbers) {
			return missing, true
		}
		n, err := strconv.Atoi(strings.TrimSpace(numbers[i]))
		return n, err == nil && least <= n && n <= most
	}
	ok, allowed := true, 0
	switch family {
	case tdsDecimal:
		precision, first := number(0, 18, 1, 38)
		scale, second := number(1, 0, 0, max(precision, 0))
		t.Precision, t.Scale, ok, allowed = uint8(precision), uint8(scale), first && second, 2
	case tdsTime, tdsDateTime2, tdsDateTimeOffset:
		var scale int
		scale, ok = number(0, 7, 0, 7)
		t.Scale, allowed = uint8(scale), 1
	case tdsFloat:
		var bits int
		bits, ok = number(0, 53, 1, 53)
		if bits <= 24 {
			t.Name = "real"
		}
		allowed = 1
	case tdsNarrow, tdsWide, tdsBinary:
		allowed = 1
		if len(numbers) > 0 && strings.TrimSpace(numbers[0]) == "max" && strings.Contains(t.Name, "var") {
			t.Size = SQLServerMax
			break
		}
		most := 8000
		if family == tdsWide {
			most = 4000
		}
		t.Size, ok = number(0, 1, 1, most)
	}
	return ok && len(numbers) <= allowed
}

// String is the type as Transact-SQL writes it.
func (t SQLServerType) String() string {
	known, _ := tdsTypeNamed(t.Name)
	switch known.family {
	case tdsDecimal:
		return fmt.Sprintf("%s(%d,%d)", t.Name, t.Precision, t.Scale)
	case tdsTime, tdsDateTime2, tdsDateTimeOffset:
		return fmt.Sprintf("%s(%d)", t.Name, t.Scale)
	case tdsNarrow, tdsWide, tdsBinary:
		if t.Size == SQLServerMax {
			return t.Name + "(max)"
		}
		return fmt.Sprintf("%s(%d)", t.Name, t.Size)
	}
	return t.Name
}

// tdsTypeNamed looks a type up.
func tdsTypeNamed(name string) (tdsKnownType, bool) {
	for _, known := range tdsKnownTypes {
		if known.name == name {
			return known, true
		}
	}
	return tdsKnownType{}, false
}
