package sqlopen_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/sqlopen"
)

type closer struct{ at atomic.Pointer[time.Time] }

func (c *closer) Close() error {
	now := time.Now()
	c.at.Store(&now)
	return nil
}

func TestCloseAfter(t *testing.T) {
	for name, row := range map[string]struct {
		stop   time.Duration // of the watch, after the context's end
		closed bool
	}{
		"never stopped": {time.Hour, true}, "stopped before": {-time.Second, false}, "stopped as the login ends": {time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				var conn closer
				end := time.Now().Add(time.Minute)
				stop := sqlopen.CloseAfter(ctx, &conn)
				time.Sleep(time.Minute + row.stop)
				stop()
				time.Sleep(time.Hour)
				at := conn.at.Load()
				require.Equal(t, row.closed, at != nil)
				if at != nil {
					assert.Positive(t, at.Sub(end), "the native driver may end the login by itself")
					assert.LessOrEqual(t, at.Sub(end), 100*time.Millisecond)
				}
			})
		})
	}
}

// connecting is a native driver's connector.
type connecting func() error

func (c connecting) Connect(context.Context) (driver.Conn, error) { return nil, c() }

func TestConnectMakesErrorsOfPanics(t *testing.T) {
	_, err := sqlopen.Connect(t.Context(), connecting(func() error { panic([]int{}[len(t.Name())]) }))
	require.ErrorIs(t, err, sqlopen.ErrAnswer)
	require.ErrorContains(t, err, "index out of range")
	_, err = sqlopen.Connect(t.Context(), connecting(func() error { return io.EOF }))
	require.Equal(t, io.EOF, err)
	assert.PanicsWithValue(t, "a bug", func() {
		_, _ = sqlopen.Connect(t.Context(), connecting(func() error { panic("a bug") }))
	})
	var received sqlopen.Received
	require.NoError(t, errors.Join(received.Add(3, 5), received.Add(2, 5)))
	require.ErrorIs(t, received.Add(1, 5), sqlopen.ErrTooMuch)
}
