package observe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/internal/observe"
)

func TestListen(t *testing.T) {
	var heard []string
	assert.False(t, observe.Active())
	observe.Emit(t.Context(), observe.Event{})
	listen := func(name string) func() {
		return observe.Listen(func(_ context.Context, e observe.Event) { heard = append(heard, name+" "+e.Outcome) })
	}
	first, second := listen("first"), listen("second")
	observe.Emit(t.Context(), observe.Event{Outcome: observe.OK})
	first()
	first()
	observe.Emit(t.Context(), observe.Event{Outcome: observe.Failed})
	assert.True(t, observe.Active())
	second()
	assert.False(t, observe.Active())
	observe.Emit(t.Context(), observe.Event{})
	assert.Equal(t, []string{"first ok", "second ok", "second failed"}, heard)
}

func TestErrorType(t *testing.T) {
	assert.Equal(t, "wrong-role", observe.ErrorType(errors.New("x"), "wrong-role"))
	assert.Equal(t, observe.Other, observe.ErrorType(errors.New("x"), ""))
	assert.Equal(t, "canceled", observe.ErrorType(fmt.Errorf("login: %w", context.Canceled), "no-answer"))
}

// Whoever makes no metrics pays nothing for them.
func TestEmitToNoOne(t *testing.T) {
	assert.Zero(t, testing.AllocsPerRun(100, func() { observe.Emit(t.Context(), observe.Event{Kind: observe.Login}) }))
}
