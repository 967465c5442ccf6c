package credential

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

// From RefreshOn on, half of a day here, a managed identity's renewal gets a new token. MSAL's cache alone would return
// the old one until 5 minutes before it expires, and an outage of 5 minutes would be one too many.
func TestManagedIdentityRenewsFromRefreshOnOn(t *testing.T) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		s, err := New(identity.Identity{Kind: passwordless.UserAssigned, ClientID: fmt.Sprint(rand.Uint64())}, cloud.Cloud{Scope: connectortest.ScopeOSS},
			&passwordless.Options{Transport: connectortest.TransportFunc(func(r *http.Request) (*http.Response, error) {
				asked++
				return connectortest.Respond(200, fmt.Sprintf(`{"access_token":"token-%d","token_type":"Bearer","expires_in":"86400"}`, asked))(r)
			})})
		require.NoError(t, err)
		for _, row := range []struct {
			after time.Duration
			token string
		}{{0, "token-1"}, {12*time.Hour - time.Second, "token-1"}, {time.Second, "token-2"}, {0, "token-2"}, {12 * time.Hour, "token-3"}} {
			time.Sleep(row.after)
			tok, err := s.Fetch(t.Context(), false)
			require.NoError(t, err)
			assert.Equal(t, row.token, tok.Token)
		}
	})
}
