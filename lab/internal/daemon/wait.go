package daemon

import (
	"context"
	"fmt"
	"net"
	"time"
)

// PortAttempts: a port that was free a moment ago may be taken by another process, so a start is tried again.
const PortAttempts = 5

// FreePort returns a TCP port of 127.0.0.1 that nothing listened on a moment ago.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("lab: find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
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
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		pause = min(2*pause, 100*time.Millisecond)
	}
}
