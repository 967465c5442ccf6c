package passwordless

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEventKindString(t *testing.T) {
	assert.Equal(t, "fetched", Fetched.String())
	assert.Equal(t, "recovered", Recovered.String())
	assert.Equal(t, "EventKind(0)", EventKind(0).String())
	assert.Equal(t, "EventKind(99)", EventKind(99).String())
}

func TestStatsAsJSON(t *testing.T) {
	text, err := json.Marshal(Stats{Requests: 2, LastError: errors.New("no answer")})
	require.NoError(t, err)
	var back map[string]any
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, "no answer", back["LastError"])
	assert.EqualValues(t, 2, back["Requests"])
	assert.Len(t, back, 12, "each field once")

	text, err = json.Marshal(Stats{})
	require.NoError(t, err)
	assert.Contains(t, string(text), `"LastError":""`)
}
