package credential

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/identity"
)

func TestWhoMustSignInHasFiveMinutes(t *testing.T) {
	for kind := passwordless.SystemAssigned; kind <= passwordless.CustomCredential; kind++ {
		byHand := kind == passwordless.Interactive || kind == passwordless.DeviceCode
		o := TokenOptions(identity.Identity{Kind: kind}, &passwordless.Options{})
		assert.Equal(t, byHand, o.OnDemand, kind)
		want := time.Duration(0) // the cache's own default
		if byHand {
			want = 5 * time.Minute
		}
		assert.Equal(t, want, o.RequestTimeout, kind)

		o = TokenOptions(identity.Identity{Kind: kind}, &passwordless.Options{RequestTimeout: time.Minute, StartupWindow: time.Hour})
		assert.Equal(t, time.Minute, o.RequestTimeout, "%s: the caller's own timeout", kind)
		assert.Equal(t, time.Hour, o.StartupWindow, kind)
		assert.NotNil(t, o.NotReady, kind)
	}
}
