package neterr_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/neterr"
)

func TestRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	_, err = new(net.Dialer).DialContext(t.Context(), "tcp", address)
	assert.True(t, neterr.Refused(fmt.Errorf("wrapped: %w", err)), "%v", err)

	windows := &net.OpError{Op: "dial", Err: os.NewSyscallError("connectex", syscall.Errno(10061))}
	assert.True(t, neterr.Refused(windows))
	assert.False(t, neterr.Refused(context.DeadlineExceeded))
	assert.False(t, neterr.Refused(nil))
}
