package token_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/token"
)

// openReal opens a handle of the whole way of a connector, with azidentity.
func openReal(t *testing.T, e *fleetEndpoint) *token.Handle {
	return openIdentity(t, e.principal, e.Do)
}

// openLight opens a handle whose requests are made by azcore with the retries that azidentity sets, without MSAL and the
// connectors' errors, which take ten times as long.
func openLight(t *testing.T, e *fleetEndpoint) *token.Handle {
	o := policy.ClientOptions{Transport: e, Telemetry: policy.TelemetryOptions{Disabled: true}}
	if !e.principal { // as azidentity for IMDS
		o.Retry = policy.RetryOptions{MaxRetries: 6, RetryDelay: 2 * time.Second, MaxRetryDelay: 25 * time.Second}
	}
	pipeline := runtime.NewPipeline("fleet", "", runtime.PipelineOptions{}, &o)
	fetch := func(ctx context.Context, _ bool) (a azcore.AccessToken, err error) {
		request, err := runtime.NewRequest(ctx, http.MethodGet, authority)
		if err != nil {
			return a, err
		}
		answer, err := pipeline.Do(request)
		if err != nil {
			return a, err
		}
		if answer.StatusCode != http.StatusOK {
			return a, errors.New(answer.Status)
		}
		life := e.life()
		a = azcore.AccessToken{Token: fmt.Sprint(time.Now().UnixNano()), ExpiresOn: time.Now().Add(life)}
		if !e.principal {
			a.RefreshOn = time.Now().Add(life / 2) // as MSAL
		}
		return a, nil
	}
	var group token.Group[int]
	h := group.Open(0, func() *token.Cache { return token.New(fetch, nil) }, nil)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	return h
}
