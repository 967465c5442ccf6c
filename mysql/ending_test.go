package mysql

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// starved is a context with whose end the connection is closed before the driver's goroutine comes to see it.
type starved struct {
	context.Context
	ended atomic.Bool
}

func (s *starved) Deadline() (time.Time, bool) { return time.Now().Add(time.Hour), true }
func (s *starved) Done() <-chan struct{}       { return make(chan struct{}) }

func (s *starved) Err() error {
	if s.ended.Load() {
		return context.DeadlineExceeded
	}
	return nil
}

func (s *starved) AfterFunc(f func()) (stop func() bool) {
	return time.AfterFunc(10*time.Millisecond, func() {
		s.ended.Store(true)
		f()
	}).Stop
}

// A login ends with its context's error also where the driver notices only that the connection is closed.
func TestTheEndOfTheContextIsTheError(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	for name, greeting := range map[string]string{"before the greeting": "", "in the handshake": packet(greetings[0])} {
		b := engine.Bench(t, nil)
		b.Options.Dial = func(context.Context, string, string) (net.Conn, error) {
			conn, err := net.Dial("tcp", listener.Addr().String())
			require.NoError(t, err)
			server, err := listener.Accept()
			require.NoError(t, err)
			t.Cleanup(func() { server.Close() })
			_, err = io.WriteString(server, greeting)
			return conn, err
		}
		c := b.Connector(t)
		_, err := c.loginAt(&starved{Context: t.Context()}, c.servers[0], connector.Login{User: "app", Password: dsn.NewSecret("t"), IsToken: true})
		assert.Equal(t, context.DeadlineExceeded, err, name)
	}
}
