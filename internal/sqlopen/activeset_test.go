package sqlopen_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/internal/sqlopen"
)

func TestActiveSet(t *testing.T) {
	var said []bool
	s := sqlopen.NewActiveSet[string](func(active bool) { said = append(said, active) })
	s.Remove("a")
	assert.Equal(t, []bool{false}, said)
	s.Add("a")
	s.Add("b")
	s.Remove("a")
	s.Remove("a")
	assert.Equal(t, []bool{false, true}, said)
	s.Remove("b")
	assert.Equal(t, []bool{false, true, false}, said)
}
