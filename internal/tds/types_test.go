package tds

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseType(t *testing.T) {
	for declaration, want := range map[string]string{
		"INT":                           "int",
		"Integer":                       "int",
		" nvarchar ( MAX ) ":            "nvarchar(max)",
		"nvarchar":                      "nvarchar(1)",
		"national character varying(7)": "nvarchar(7)",
		"sysname":                       "nvarchar(128)",
		"rowversion":                    "binary(8)",
		"dec(10)":                       "decimal(10,0)",
		"decimal":                       "decimal(18,0)",
		"numeric(38, 38)":               "numeric(38,38)",
		"datetime2":                     "datetime2(7)",
		"datetimeoffset(0)":             "datetimeoffset(0)",
		"double  precision":             "float",
		"float(24)":                     "real",
		"varbinary(8000)":               "varbinary(8000)",
	} {
		got, err := ParseType(declaration)
		require.NoError(t, err, declaration)
		assert.Equal(t, want, got.String())
		again, err := ParseType(got.String())
		require.NoError(t, err)
		assert.Equal(t, got, again)
		w, err := got.Wire()
		require.NoError(t, err)
		assert.Equal(t, got, (&reader{data: w.AppendInfo(nil)}).typeInfo().Type, "what goes over the wire says the same")
	}
	for _, declaration := range []string{
		"", "text", "geography", "sql_variant", "int(4)", "nvarchar(4001)", "nvarchar(0)", "char(max)", "varchar(8001)", "varchar(x)", "varchar(1,2)",
		"decimal(39)", "decimal(5,6)", "decimal(5,-1)", "time(8)", "float(54)", "int identity", "nvarchar(3) null", "0(00\xc9)", "dec\xc9(1)",
	} {
		_, err := ParseType(declaration)
		assert.Error(t, err, declaration)
	}
	for _, impossible := range []Type{
		{}, {Name: "decimal"}, {Name: "decimal", Precision: 40}, {Name: "nvarchar"}, {Name: "varchar", Size: -2}, {Name: "time", Scale: 8},
	} {
		_, err := impossible.Wire()
		assert.Error(t, err, "%+v", impossible)
	}
}
