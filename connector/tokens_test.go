package connector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestWhoMustSignInHasFiveMinutes(t *testing.T) {
	for kind := SystemAssigned; kind <= OwnCredential; kind++ {
		byHand := kind == Interactive || kind == DeviceCode
		o := tokenOptions(identity{kind: kind}, &Options{})
		assert.Equal(t, byHand, o.OnDemand, kind)
		want := time.Duration(0) // the cache's own default
		if byHand {
			want = 5 * time.Minute
		}
		assert.Equal(t, want, o.RequestTimeout, kind)

		o = tokenOptions(identity{kind: kind}, &Options{RequestTimeout: time.Minute, StartupWindow: time.Hour})
		assert.Equal(t, time.Minute, o.RequestTimeout, "%s: the caller's own timeout", kind)
		assert.Equal(t, time.Hour, o.StartupWindow, kind)
		assert.NotNil(t, o.NotReady, kind)
	}
}
