package e2e_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// The first seconds of a container: the endpoint does not listen yet, or does not know its own path yet.
func TestEndpointThatIsNotUpIsAskedAgain(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	t.Run("connection refused", func(t *testing.T) {
		id, endpoint := s.userAssigned(t), s.newValve(t)
		options := s.options()
		options.Transport = endpoint
		db := openDB(t, s.libpq(id.Name)+" client_id="+id.ClientID, options)
		require.NoError(t, s.StopIdentityEndpoint())
		t.Cleanup(func() { assert.NoError(t, s.RestartIdentityEndpoint()) })
		result := background(limited(t), db.PingContext)
		await(t, "a request was refused", func() bool { return endpoint.failures() > 0 })
		require.NoError(t, s.RestartIdentityEndpoint())
		require.NoError(t, <-result)
	})
	t.Run("404", func(t *testing.T) {
		id := s.userAssigned(t)
		s.inject(t, azuretest.Fault{Identity: id.ClientID, Status: http.StatusNotFound, Times: 3})
		c := newConnector(t, s.libpq(id.Name)+" client_id="+id.ClientID, s.options())
		mark := s.mark()
		conn, err := c.Connect(limited(t))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		assert.Equal(t, 4, s.asked(mark, id))
		assert.Equal(t, uint64(3), c.Status().Token.Failures)
	})
	t.Run("404, no window", func(t *testing.T) {
		id := s.userAssigned(t)
		s.inject(t, azuretest.Fault{Identity: id.ClientID, Status: http.StatusNotFound})
		options := s.options()
		options.StartupWindow = -1
		db := openDB(t, s.libpq(id.Name)+" client_id="+id.ClientID, options)
		mark := s.mark()
		require.ErrorContains(t, db.PingContext(limited(t)), "HTTP 404")
		assert.Equal(t, 1, s.asked(mark, id))
	})
	t.Run("404, impatient caller", func(t *testing.T) {
		id := s.userAssigned(t)
		s.inject(t, azuretest.Fault{Identity: id.ClientID, Status: http.StatusNotFound})
		db := openDB(t, s.libpq(id.Name)+" client_id="+id.ClientID, s.options())
		ctx, cancel := context.WithCancel(limited(t))
		result := background(ctx, db.PingContext)
		await(t, "the endpoint has answered", func() bool { return statusOf(t, id.Name).Token.Failures > 0 })
		cancel()
		err := <-result
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, "HTTP 404", "what the endpoint said last")
	})
}
