package e2e_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

func TestEndpointThatIsNotUpIsAskedAgain(t *testing.T) {
	endpointThatIsNotUpIsAskedAgain(t, onStage(t).site())
}

// The first seconds of a container: the endpoint does not listen yet, or does not know its own path yet.
func endpointThatIsNotUpIsAskedAgain(t *testing.T, x *site) {
	x.onAppService(t)
	t.Run("connection refused", func(t *testing.T) {
		options, endpoint := x.options(), x.newValve(t)
		options.Transport = endpoint
		_, c := x.managed(t, options)
		restart, err := x.StopIdentityEndpoint()
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, restart()) })
		result := background(limited(t), opening(c))
		await(t, "a request was refused", func() bool { return endpoint.failures() > 0 })
		require.NoError(t, restart())
		require.NoError(t, <-result)
	})
	t.Run("404", func(t *testing.T) {
		id, c := x.managed(t, x.options())
		x.inject(t, azuretest.Fault{Identity: id.ClientID, Status: http.StatusNotFound, Times: 3})
		mark := x.mark()
		require.NoError(t, openOnce(limited(t), c))
		assert.Equal(t, 4, x.asked(mark, id))
		assert.Equal(t, uint64(3), c.Status().Token.Failures)
	})
	t.Run("404, no window", func(t *testing.T) {
		options := x.options()
		options.StartupWindow = -1
		id, c := x.managed(t, options)
		x.inject(t, azuretest.Fault{Identity: id.ClientID, Status: http.StatusNotFound})
		mark := x.mark()
		require.ErrorContains(t, openOnce(limited(t), c), "HTTP 404")
		assert.Equal(t, 1, x.asked(mark, id))
	})
	t.Run("404, impatient caller", func(t *testing.T) {
		id, c := x.managed(t, x.options())
		x.inject(t, azuretest.Fault{Identity: id.ClientID, Status: http.StatusNotFound})
		ctx, cancel := context.WithCancel(limited(t))
		result := background(ctx, opening(c))
		await(t, "the endpoint has answered", func() bool { return c.Status().Token.Failures > 0 })
		cancel()
		err := <-result
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, "HTTP 404", "what the endpoint said last")
	})
}
