package sqlopen

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// LoginTimeout bounds the login at each server for which neither the context nor the
// connection string has a limit.
const LoginTimeout = 30 * time.Second

// What a server may send until a login is done, in bytes; an honest one sends less than 100 KB.
const (
	MaxMessage = 1 << 20  // one message
	MaxLogin   = 16 << 20 // all of them
)

// ErrTooMuch is the error of a login whose server sends more than that.
var ErrTooMuch = errors.New("the server sends more than belongs to a login")

// ErrAnswer is the error of a login whose server sends what the native driver cannot read.
var ErrAnswer = errors.New("the server's answer is malformed")

// Received counts the bytes that a server has sent.
type Received int

// Add counts n more, and returns [ErrTooMuch] if there are more than most.
func (r *Received) Add(n, most int) error {
	if *r += Received(n); int(*r) > most {
		return ErrTooMuch
	}
	return nil
}

// Connect is the Connect of a native driver, with the panics of its reading as errors: none looks at every
// length that a server sends. A panic with anything but an error is raised again.
func Connect(ctx context.Context, native interface {
	Connect(context.Context) (driver.Conn, error)
}) (conn driver.Conn, err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case error:
			conn, err = nil, fmt.Errorf("%w: %w", ErrAnswer, cause)
		default:
			panic(cause)
		}
	}()
	return native.Connect(ctx)
}

// closeGrace is what a native driver gets to end a login by itself.
const closeGrace = 50 * time.Millisecond

// CloseAfter closes a network connection soon after ctx has ended, unless stop is called first: TLS would wait
// five seconds to send its close_notify to a server that does not read.
func CloseAfter(ctx context.Context, conn io.Closer) (stop func()) {
	var stopped atomic.Bool
	forget := context.AfterFunc(ctx, func() {
		time.AfterFunc(closeGrace, func() {
			if !stopped.Load() {
				_ = conn.Close()
			}
		})
	})
	return func() {
		stopped.Store(true)
		forget()
	}
}
