package live_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/live"
)

type thing struct{ name string }

func nameOf(t *thing) any { return t.name }

func TestStatusesAreInOrder(t *testing.T) {
	first, second := &thing{"first"}, &thing{"second"}
	live.Add(first, nameOf)
	live.Add(second, nameOf)
	assert.Equal(t, []any{"first", "second"}, live.Statuses())
	live.Remove(first)
	live.Remove(first)
	assert.Equal(t, []any{"second"}, live.Statuses())
	live.Remove(second)
	assert.Empty(t, live.Statuses())
	runtime.KeepAlive(first)
}

func TestCollectedThingsAreNotListed(t *testing.T) {
	live.Add(&thing{"dropped"}, nameOf)
	require.Eventually(t, func() bool {
		runtime.GC()
		return len(live.Statuses()) == 0
	}, 10*time.Second, time.Millisecond)
}
