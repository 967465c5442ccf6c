package sqlserver

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryAddressIsDialledAtOnce(t *testing.T) {
	refuse, unknown := errors.New("refused"), &net.DNSError{Err: "no such host"}
	late := func(d time.Duration, conn net.Conn, err error) func(context.Context) (net.Conn, error) {
		return func(ctx context.Context) (net.Conn, error) {
			select {
			case <-time.After(d):
				return conn, err
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	silent := func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	for _, row := range []struct {
		name      string
		addresses map[string]func(context.Context) (net.Conn, error)
		lookup    error
		want      net.Conn
		err       error
		took      time.Duration
	}{
		{"only the primary answers", map[string]func(context.Context) (net.Conn, error){"10.0.0.1": silent, "10.0.0.2": late(time.Second, a, nil)}, nil, a, nil, time.Second},
		{"the first to answer", map[string]func(context.Context) (net.Conn, error){"10.0.0.1": late(2*time.Second, b, nil), "10.0.0.2": late(time.Second, a, nil)}, nil, a, nil, time.Second},
		{"refused by one", map[string]func(context.Context) (net.Conn, error){"10.0.0.1": late(0, nil, refuse), "10.0.0.2": late(time.Second, a, nil)}, nil, a, nil, time.Second},
		{"refused by all", map[string]func(context.Context) (net.Conn, error){"10.0.0.1": late(0, nil, refuse), "10.0.0.2": late(time.Second, nil, refuse)}, nil, nil, refuse, time.Second},
		{"nobody answers", map[string]func(context.Context) (net.Conn, error){"10.0.0.1": silent, "10.0.0.2": silent}, nil, nil, context.DeadlineExceeded, time.Minute},
		{"one address", map[string]func(context.Context) (net.Conn, error){"10.0.0.1": late(time.Second, a, nil)}, nil, a, nil, time.Second},
		{"no such name", nil, unknown, nil, unknown, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				e := everyAddress{
					one: func(ctx context.Context, network, address string) (net.Conn, error) {
						host, port, err := net.SplitHostPort(address)
						require.NoError(t, err)
						assert.Equal(t, "tcp 1433", network+" "+port)
						return row.addresses[host](ctx)
					},
					lookup: func(_ context.Context, host string) (all []string, err error) {
						assert.Equal(t, "listener", host)
						for address := range row.addresses {
							all = append(all, address)
						}
						return all, row.lookup
					},
				}
				start := time.Now()
				conn, err := e.dial(ctx, "tcp", "listener:1433")
				assert.Equal(t, row.want, conn)
				require.ErrorIs(t, err, row.err)
				assert.Equal(t, row.took, time.Since(start))
			})
		})
	}
}

func TestOneConnectionTooManyIsClosed(t *testing.T) {
	a, one := net.Pipe()
	b, two := net.Pipe()
	conns := map[string]net.Conn{"10.0.0.1:1433": a, "10.0.0.2:1433": b}
	e := everyAddress{
		one:    func(_ context.Context, _, address string) (net.Conn, error) { return conns[address], nil },
		lookup: func(context.Context, string) ([]string, error) { return []string{"10.0.0.1", "10.0.0.2"}, nil },
	}
	conn, err := e.dial(t.Context(), "tcp", "listener:1433")
	require.NoError(t, err)
	loser := two
	if conn == b {
		loser = one
	}
	_, err = loser.Write([]byte{1})
	require.ErrorIs(t, err, io.ErrClosedPipe)
	require.NoError(t, conn.Close())
}
