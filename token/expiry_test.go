package token

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// time.Time compares wrongly beyond its range, and MSAL makes the least number of a larger one.
func TestAHugeExpiryIsNotPast(t *testing.T) {
	for _, sec := range []int64{math.MaxInt64, math.MaxInt64 - 62135596800, math.MinInt64, math.MaxInt64 / int64(time.Second)} {
		c := New(func(context.Context, bool) (azcore.AccessToken, error) {
			return azcore.AccessToken{Token: "x", ExpiresOn: time.Unix(sec, 0)}, nil
		}, nil)
		tok, err := c.Token(t.Context())
		require.NoError(t, err)
		assert.True(t, tok.ExpiresOn.After(time.Now()), sec)
		assert.Positive(t, time.Until(tok.ExpiresOn))
	}
}
