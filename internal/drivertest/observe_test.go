package drivertest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/observe"
)

// hear collects what is told until the test ends, without the times. What it returns
// takes what has come.
func hear(t *testing.T) (heard func() []observe.Event) {
	var mu sync.Mutex
	var all []observe.Event
	t.Cleanup(observe.Listen(func(_ context.Context, e observe.Event) {
		mu.Lock()
		defer mu.Unlock()
		assert.False(t, e.Began.IsZero())
		assert.GreaterOrEqual(t, e.Duration, time.Duration(0))
		e.Began, e.Duration = time.Time{}, 0
		all = append(all, e)
	}))
	return func() []observe.Event {
		mu.Lock()
		defer mu.Unlock()
		told := all
		all = nil
		return told
	}
}

// noCredential has no token. It has a size, so that each is another one.
type noCredential struct{ _ bool }

func (*noCredential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, errors.New("none today")
}

// What there is to measure of logins and token requests. A token that was refused is
// renewed in the background, which may be told of later.
func TestEventsOfLogins(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{})
		heard := hear(t)
		of := func(kind observe.Kind, outcome, errorType string) observe.Event {
			told := observe.Event{Kind: kind, Identity: passwordless.CustomCredential, Outcome: outcome, ErrorType: errorType}
			if kind != observe.TokenRequest {
				told.Engine, told.Host = e.kind, dsn.Host{Name: "127.0.0.1", Port: uint16(b.Server.Port())}
			}
			return told
		}
		require.NoError(t, drivertest.Connect(t, b.Connector(t)))
		assert.Subset(t, heard(), []observe.Event{of(observe.TokenRequest, observe.OK, ""), of(observe.TokenWait, observe.OK, ""), of(observe.Login, observe.OK, "")})

		b.Server.Inject(refuse(e.refusal("no")))
		login := drivertest.LoginError(t, drivertest.Connect(t, b.Connector(t)))
		require.NotEmpty(t, login.Anchor)
		assert.Contains(t, heard(), of(observe.Login, observe.Refused, login.Anchor))

		require.NoError(t, b.Server.Close())
		login = drivertest.LoginError(t, drivertest.Connect(t, b.Connector(t)))
		assert.Equal(t, "no-answer", login.Anchor)
		assert.Contains(t, heard(), of(observe.Login, observe.Failed, "no-answer"))

		b.Options.Credential = &noCredential{}
		require.Error(t, drivertest.Connect(t, b.Connector(t)))
		told := heard()
		assert.Contains(t, told, of(observe.TokenRequest, observe.Failed, observe.Other))
		assert.Contains(t, told, of(observe.TokenWait, observe.Failed, observe.Other))
		assert.Contains(t, told, of(observe.Login, observe.NoToken, observe.Other))
	})
}
