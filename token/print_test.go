package token

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorder is a testing.T that keeps what testify says.
type recorder string

func (r *recorder) Errorf(format string, args ...any) { *r += recorder(fmt.Sprintf(format, args...)) }

// testify's diffs call no methods and follow pointers.
func TestNoTokenIsInADiff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		fetch := func(context.Context, bool) (azcore.AccessToken, error) {
			n++
			return azcore.AccessToken{Token: fmt.Sprint("canary", n), ExpiresOn: time.Now().Add(time.Hour)}, nil
		}
		h := new(Group[int]).Open(0, func() *Cache { return New(fetch, nil) }, nil)
		defer h.Close()
		diff := func() recorder {
			synctest.Wait() // a diff reads all fields
			var said recorder
			assert.Equal(&said, new(Handle), h)
			return said
		}
		for range 2 {
			tok, err := h.Token(t.Context())
			require.NoError(t, err)
			said := diff()
			assert.Contains(t, said, "invalidations")
			assert.NotContains(t, said, "canary")
			h.Invalidate(tok.Token)
		}
		assert.NotContains(t, diff(), "canary")
	})
}
