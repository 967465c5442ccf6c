package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

const portAttempts = 5

// OnFreePort calls start with a TCP port of 127.0.0.1 that nothing listened on a moment ago. Another process may have
// taken it since: after EADDRINUSE the start is tried again.
func OnFreePort(start func(port int) error) error {
	for attempt := 1; ; attempt++ {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("lab: find a free port: %w", err)
		}
		err = errors.Join(l.Close(), start(l.Addr().(*net.TCPAddr).Port))
		if attempt == portAttempts || !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
	}
}

// Poll calls ready, at first every millisecond and then ever less often up to every 100, until it says true,
// returns an error, or ctx ends.
func Poll(ctx context.Context, ready func(context.Context) (bool, error)) error {
	pause := time.Millisecond
	for {
		ok, err := ready(ctx)
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, 100*time.Millisecond)
	}
}
