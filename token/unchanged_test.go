package token_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/token"
)

// azidentity answers from its cache until 5 minutes before expiry; this one does
// so to the end.
func TestUnchangedTokenForADay(t *testing.T) {
	for _, row := range []struct {
		name     string
		refresh  bool // only the first answer has RefreshOn, as azidentity's managed identity does
		requests int
	}{
		// The first; with 12 h left, which is RefreshOn; with 11, 10 and 9 h left;
		// 44 times after a tenth of what was left; with 4 min 50 s left and eight
		// times 30 s later; at the start of the mandatory window.
		{"refresh on at half-life", true, 1 + 1 + 3 + 44 + 9 + 1},
		{"no refresh on", false, 1 + 9 + 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{}
				answer := azcore.AccessToken{Token: "same", ExpiresOn: time.Now().Add(24 * time.Hour)}
				i.set(func(_ context.Context, n int, _ bool) (azcore.AccessToken, error) {
					a := answer
					if row.refresh && n == 1 {
						a.RefreshOn = time.Now().Add(12 * time.Hour)
					}
					return a, nil
				})
				c := token.New(i.fetch, nil)
				for time.Now().Before(answer.ExpiresOn) {
					want(t, c, "same")
					time.Sleep(time.Second)
				}
				synctest.Wait()
				assert.Equal(t, row.requests, i.requests())
				s := c.Stats()
				assert.EqualValues(t, i.requests()-1, s.Unchanged)
				assert.Zero(t, s.Failures)
			})
		})
	}
}

func TestPastRefreshOnOfTheSameToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		answer := azcore.AccessToken{Token: "same", ExpiresOn: time.Now().Add(24 * time.Hour), RefreshOn: time.Now().Add(12 * time.Hour)}
		i.set(always(answer))
		c := token.New(i.fetch, nil)
		want(t, c, "same")
		time.Sleep(12 * time.Hour)
		for range 3599 {
			want(t, c, "same")
			time.Sleep(time.Second)
		}
		assert.Equal(t, 2, i.requests())
	})
}

func TestOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		var g token.Group[string]
		h := g.Open("key", func() *token.Cache { return token.New(i.fetch, &token.Options{OnDemand: true}) }, nil)
		want(t, h, "token-1")
		for range 59 {
			time.Sleep(time.Minute)
			want(t, h, "token-1")
		}
		h.Refused("token-1")
		synctest.Wait()
		assert.Equal(t, 1, i.requests(), "no renewal in the background, for no reason")
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		assert.Equal(t, 1, i.requests(), "none without a caller")
		want(t, h, "token-2")

		time.Sleep(time.Hour - 20*time.Second)
		i.fail()
		want(t, h, "token-2")
		assert.Equal(t, 3, i.requests(), "a caller in the mandatory window is prompted")
		for range 19 {
			want(t, h, "token-2")
			time.Sleep(time.Second)
		}
		assert.Equal(t, 3, i.requests(), "but only once")
		for range 10 { // without a token now
			time.Sleep(time.Second)
			wantError(t, h, errIssuer)
		}
		assert.Equal(t, 3, i.requests(), "who has dismissed the prompt gets no other each second")
		time.Sleep(time.Second)
		wantError(t, h, errIssuer)
		assert.Equal(t, 4, i.requests(), "but after half a minute")
		require.NoError(t, h.Close())
	})
}
