package connector

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

// countedCredential issues tokens of 65 minutes: those of Microsoft Entra live for 60 to 90.
type countedCredential struct{ requests atomic.Int32 }

func (c *countedCredential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: fmt.Sprint("token", c.requests.Add(1)), ExpiresOn: time.Now().Add(65 * time.Minute)}, nil
}

// An application may open a database for each of its customers.
func TestTenThousandHandlesAskOnceAnHour(t *testing.T) {
	connectortest.RandomInBubbles(t)
	synctest.Test(t, func(t *testing.T) {
		credential := new(countedCredential)
		o := &passwordless.Options{Credential: credential, Environ: func() []string { return nil }}
		handles := make([]*Handle, 10_000)
		for i := range handles {
			h, err := Open(dsn.PostgreSQL, fmt.Sprintf("host=%s user=app dbname=customer%d", testHost, i), o)
			require.NoError(t, err)
			handles[i] = h
		}
		for hour := range 2 {
			for _, h := range handles {
				_, err := h.Login(t.Context())
				require.NoError(t, err)
			}
			assert.Equal(t, int32(hour+1), credential.requests.Load())
			time.Sleep(time.Hour + time.Minute) // by when the token is renewed, at five minutes before its end
			synctest.Wait()
			assert.Equal(t, int32(hour+2), credential.requests.Load())
		}
		for _, h := range handles {
			require.NoError(t, h.Close())
		}
	})
}
