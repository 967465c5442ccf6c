package sqlserverfront_test

import (
	"context"
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
)

// Close ends clients wherever they are, and leaves nothing running.
func TestCloseEndsAll(t *testing.T) {
	before := runtime.NumGoroutine()
	cloud, err := azuretest.Start()
	require.NoError(t, err)
	ended := make(chan error, 1)
	server, err := sqlserverfront.Start(cloud, &sqlserverfront.Options{
		Handler: func(_ context.Context, s *tds.Session) error {
			_, err := s.Receive()
			ended <- err
			return err
		},
	})
	require.NoError(t, err)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "orders-app"})
	token := cloud.Mint(id, azuretest.SQLAudience)

	session, err := byToken(t, config(t, cloud.CA(), server, ""), token).Connect(t.Context())
	require.NoError(t, err)
	idle := frontendtest.Dial(t, server)
	half := frontendtest.Dial(t, server)
	_, err = half.Write([]byte{0x12, 1, 0, 40, 0, 0})
	require.NoError(t, err)
	silent := frontendtest.Dial(t, server)

	require.NoError(t, cloud.Close())
	require.Error(t, <-ended)
	for _, conn := range []net.Conn{idle, half, silent} {
		_, err := io.ReadAll(conn)
		assert.False(t, isTimeout(err), "closed, with or without a reset")
		conn.Close()
	}
	_ = session.Close()
	require.NoError(t, server.Close())
	_, err = net.Dial("tcp", server.Addr())
	require.Error(t, err)
	frontendtest.RequireSettled(t, before)
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}
