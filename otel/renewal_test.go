package passwordlessotel_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	passwordlessotel "github.com/azuredb/passwordless/otel"
	"github.com/azuredb/passwordless/postgres"
)

// issuer is a credential that may fail.
type issuer struct {
	*drivertest.Issuer
	fails atomic.Bool
}

func (i *issuer) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if i.fails.Load() {
		return azcore.AccessToken{}, errors.New("none today")
	}
	return i.Issuer.GetToken(ctx, o)
}

// Ten hours of renewals, and then the hour in which they fail until the token has expired.
func TestRenewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const host = "srv.postgres.database.azure.com"
		server, good, o := drivertest.InBubble(t, postgresfront.NewPipe, time.Hour, &postgresfront.Options{
			ServerOptions: azuretest.ServerOptions{Names: []string{host}}, Verify: func(string, string) error { return nil },
		})
		from := &issuer{Issuer: good}
		o.Credential = from
		meters, reader := newMeters(t)
		stop, err := passwordlessotel.Instrument(meters, nil)
		require.NoError(t, err)
		db, err := postgres.OpenDB("host="+host+" user=app", o)
		require.NoError(t, err)
		require.NoError(t, db.PingContext(t.Context()))

		kind := attribute.String("passwordless.identity.kind", "credential from Options")
		connection := attribute.NewSet(kind, attribute.String("db.system.name", "postgresql"), attribute.String("server.address", host), attribute.Int("server.port", 5432))
		age, expiry, renewal := at("passwordless.token.age", connection), at("passwordless.token.expiry", connection), at("passwordless.token.renewal", connection)
		requests := at("passwordless.token.request.duration", attribute.NewSet(kind, outcome("ok")))
		for range 10 {
			time.Sleep(time.Hour)
			got := collect(t, reader)
			assert.Less(t, got[age], 3600.0)
			assert.Positive(t, got[expiry])
			assert.Positive(t, got[renewal])
			assert.EqualValues(t, len(good.Issued()), got[requests])
		}

		from.fails.Store(true)
		time.Sleep(time.Hour)
		got := collect(t, reader)
		assert.Negative(t, got[expiry])
		assert.Less(t, got[renewal], got[expiry])
		failed := at("passwordless.token.request.duration", attribute.NewSet(kind, outcome("failed"), attribute.String("error.type", "_OTHER")))
		assert.Greater(t, got[failed], 2.0)

		require.NoError(t, db.Close())
		assert.NotContains(t, collect(t, reader), expiry, "closed")
		require.NoError(t, stop())
		require.NoError(t, server.Close())
	})
}
