package postgresfront_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

// Close ends sessions in every state and leaves nothing behind.
func TestCloseLeavesNothing(t *testing.T) {
	b := newBench(t, nil)
	before := runtime.NumGoroutine()

	ended := make(chan error, 1)
	server, err := postgresfront.Start(b.Cloud, &postgresfront.Options{Handler: func(ctx context.Context, s *postgresfront.Session) error {
		_, err := s.Receive()
		ended <- errors.Join(err, ctx.Err())
		return err
	}})
	require.NoError(t, err)
	dialPGRaw(t, server)                                          // says nothing
	dialPGRaw(t, server).sendAll(t, &pgproto3.SSLRequest{})       // stops before the handshake
	dialPGRaw(t, server).sendAll(t, startup(map[string]string{})) // was refused and stays
	config := b.config(t)
	config.Port = uint16(server.Port())
	conn, err := pgx.ConnectConfig(t.Context(), config) // idle
	require.NoError(t, err)

	frontendtest.AssertCloses(t, server, ended)
	assert.Error(t, conn.Ping(t.Context()))
	frontendtest.RequireSettled(t, before)
}

func TestServeConnEndsWithItsContext(t *testing.T) {
	b := newBench(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	client, served := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Server.ServeConn(ctx, served)
	}()
	cancel()
	<-done
	_, err := client.Read(make([]byte, 1))
	assert.Error(t, err)
}
