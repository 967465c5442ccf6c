package environ

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseReference(t *testing.T) {
	long := strings.Repeat("n", 60)
	rows := []struct {
		name, in string
		want     reference
	}{
		{"empty", "", reference{referenceDefault, ""}},
		{"blank", " \n", reference{referenceDefault, ""}},
		{"connection", "connection:My_conn.2", reference{referenceConnection, "My_conn.2"}},
		{"longest connection", "connection:" + long, reference{referenceConnection, long}},
		{"connection too long", "connection:n" + long, reference{referenceLiteral, "connection:n" + long}},
		{"connection without a name", "connection:", reference{referenceLiteral, "connection:"}},
		{"connection with a hyphen", "connection:a-b", reference{referenceLiteral, "connection:a-b"}},
		{"connection in upper case", "CONNECTION:a", reference{referenceLiteral, "CONNECTION:a"}},
		{"connection that is not the whole string", " connection:a", reference{referenceLiteral, "connection:a"}},
		{"connection with a letter beyond ASCII", "connection:é", reference{referenceLiteral, "connection:é"}},
		{"variable", "env:_My_VAR2", reference{referenceVariable, "_My_VAR2"}},
		{"variable that starts with a digit", "env:2A", reference{referenceLiteral, "env:2A"}},
		{"variable without a name", "env:", reference{referenceLiteral, "env:"}},
		{"variable with a period", "env:a.b", reference{referenceLiteral, "env:a.b"}},
		{"variable with a blank behind it", "env:A ", reference{referenceLiteral, "env:A"}},
		{"user and password", "env:secret@tcp(h:3306)/db", reference{referenceLiteral, "env:secret@tcp(h:3306)/db"}},
		{"characters beside the letters", "connection:@[`{", reference{referenceLiteral, "connection:@[`{"}},
		{"connection string", " host=h ", reference{referenceLiteral, "host=h"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, parseReference(row.in)) })
	}
}
