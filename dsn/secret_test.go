package dsn

import (
	"fmt"
	"reflect"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

// recorder is a testing.T that keeps what testify says.
type recorder string

func (r *recorder) Errorf(format string, args ...any) { *r += recorder(fmt.Sprintf(format, args...)) }

// testify's diffs call no methods and follow pointers.
func TestSecretIsNotInADiff(t *testing.T) {
	var said recorder
	a := Config{Password: NewSecret("canary-one"), Database: "shown"}
	b := Config{Password: NewSecret("canary-two"), Identity: Identity{ClientSecret: NewSecret("canary-three")}}
	assert.Equal(&said, a, b)
	assert.Equal(&said, &a, &b)
	assert.Contains(t, said, "shown")
	assert.NotContains(t, said, "canary")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%t", "%p", "%d"} {
		hidden := fmt.Sprintf(verb, struct{ s Secret }{a.Password}) // fmt calls no method of such a field
		assert.NotContains(t, hidden, "canary")
		assert.NotContains(t, hidden, fmt.Sprintf("%x", "canary"))
	}
}

func TestSecretsOfOneValueAreEqual(t *testing.T) {
	a, b, other := NewSecret("x"), NewSecret("x"), NewSecret("y")
	assert.True(t, a == b)
	assert.True(t, reflect.DeepEqual(a, b))
	assert.False(t, a == other)
	assert.False(t, reflect.DeepEqual(a, other))
	assert.True(t, NewSecret("") == Secret{})
	assert.Equal(t, "x", b.Reveal())
}

// Tokens come and go: their boxes must not stay.
func TestSecretsAreCollected(t *testing.T) {
	held := func() int {
		boxes.mu.Lock()
		defer boxes.mu.Unlock()
		return len(boxes.all)
	}
	before := held()
	for i := range 1000 {
		NewSecret(fmt.Sprint("secret ", i))
	}
	for range 100 {
		if held() <= before {
			break
		}
		runtime.GC()
		runtime.Gosched()
	}
	assert.LessOrEqual(t, held(), before)
}
