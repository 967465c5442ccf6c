package environ

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/connectortest"
)

func TestVariablesGet(t *testing.T) {
	env := NewVars([]string{
		"Mixed_Case =  value \r\n", "BLANK= \t", "EMPTY=", "NO_SIGN", "=C:=C:\\dir", "TWO==",
		"one=lower", "ONE=upper", "ONE=second", "two_b=first", "Two_B=second",
	})
	rows := []struct {
		name, ask, want string
		ok              bool
	}{
		{"folded and trimmed, but not at the start", "MIXED_CASE", "  value", true},
		{"blanks in the name asked for", "mixed_case ", "  value", true},
		{"blank value", "BLANK", "", false},
		{"empty value", "EMPTY", "", false},
		{"no equals sign", "NO_SIGN", "", false},
		{"no name", "", "", false},
		{"equals sign in the value", "TWO", "=", true},
		{"upper case before others", "One", "upper", true},
		{"the spelling asked for", "one", "lower", true},
		{"first occurrence", "ONE", "upper", true},
		{"first spelling", "TWO_B", "first", true},
		{"not there", "OTHER", "", false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			value, ok := env.Get(row.ask)
			assert.Equal(t, row.ok, ok)
			assert.Equal(t, row.want, value)
		})
	}
}

func TestVariablesRivals(t *testing.T) {
	env := NewVars([]string{"a=1", "A=2", "A=3", "aA=4", "b=1", "B=1"})
	v, _ := env.find("A")
	assert.Equal(t, []string{"a", "A"}, env.duplicates(v))
	v, _ = env.find("a")
	assert.Equal(t, []string{"A", "A"}, env.duplicates(v))
	v, _ = env.find("B")
	assert.Empty(t, env.duplicates(v))
}

// An ambient variable is checked when it is used: a secret may hold anything else.
func TestUsedVariablesInQuotationMarks(t *testing.T) {
	env := environOf("GOOD=x<y>z", `QUOTED="`+connectortest.Canary+`"`, "UNUSED='x'")
	env.Get("GOOD")
	require.NoError(t, env.CheckUsed())
	env.Get("QUOTED")
	err := env.CheckUsed()
	require.ErrorContains(t, err, "passwordless: QUOTED: the whole value is in quotation marks")
	assert.NotContains(t, err.Error(), connectortest.Canary)

	env = environOf("TEMPLATE=${CLIENT_ID}")
	env.Get("TEMPLATE")
	require.EqualError(t, env.CheckUsed(), "passwordless: TEMPLATE: a placeholder that was not replaced: put the value in its place")
}

func TestOwnIsIndexedAgainOnlyWhenItChanges(t *testing.T) {
	t.Setenv("PASSWORDLESS_TEST", "a")
	first, again := Own(), Own()
	assert.Same(t, &first.list[0], &again.list[0])
	_, _ = first.Get("PASSWORDLESS_TEST")
	assert.Equal(t, []string{"PASSWORDLESS_TEST"}, first.Used())
	assert.Empty(t, again.Used())
	t.Setenv("PASSWORDLESS_TEST", "b")
	now := Own()
	value, _ := now.Get("PASSWORDLESS_TEST")
	assert.Equal(t, "b", value)
	value, _ = again.Get("PASSWORDLESS_TEST")
	assert.Equal(t, "a", value)
}
