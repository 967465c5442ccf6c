package token

import (
	"math"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
)

func TestWindows(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name                        string
		life, refresh               time.Duration // 0: no RefreshOn
		advisory, mandatory, expiry time.Duration
	}{
		{"a day", 24 * time.Hour, 0, 24*time.Hour - 290*time.Second, 24*time.Hour - 30*time.Second, 24 * time.Hour},
		{"a day, refresh on", 24 * time.Hour, 12 * time.Hour, 12 * time.Hour, 24*time.Hour - 30*time.Second, 24 * time.Hour},
		{"an hour", time.Hour, 0, time.Hour - 290*time.Second, time.Hour - 30*time.Second, time.Hour},
		{"4 minutes", 4 * time.Minute, 0, 2 * time.Minute, 216 * time.Second, 4 * time.Minute},
		{"10 seconds", 10 * time.Second, 0, 5 * time.Second, 9 * time.Second, 10 * time.Second},
		{"refresh just ahead", time.Hour, 1, 6 * time.Minute, time.Hour - 30*time.Second, time.Hour},
		{"refresh in the past", time.Hour, -time.Hour, 6 * time.Minute, time.Hour - 30*time.Second, time.Hour},
		{"a day, refresh just ahead", 24 * time.Hour, time.Minute, time.Hour, 24*time.Hour - 30*time.Second, 24 * time.Hour},
		{"a day, refresh in the past", 24 * time.Hour, -time.Minute, time.Hour, 24*time.Hour - 30*time.Second, 24 * time.Hour},
		{"2 minutes, refresh just ahead", 2 * time.Minute, time.Second, 30 * time.Second, 108 * time.Second, 2 * time.Minute},
		{"10 seconds, refresh just ahead", 10 * time.Second, time.Second, 5 * time.Second, 9 * time.Second, 10 * time.Second},
		{"10 seconds, refresh in the past", 10 * time.Second, -time.Second, 5 * time.Second, 9 * time.Second, 10 * time.Second},
		{"refresh after expiry", time.Hour, 2 * time.Hour, time.Hour - 30*time.Second, time.Hour - 30*time.Second, time.Hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := azcore.AccessToken{Token: "t", ExpiresOn: now.Add(row.life)}
			if row.refresh != 0 {
				a.RefreshOn = now.Add(row.refresh)
			}
			s := newState(a, now.UnixNano())
			at := func(d time.Duration) int64 { return now.Add(d).UnixNano() }
			assert.Equal(t, at(row.advisory), s.refreshAt)
			assert.GreaterOrEqual(t, s.refreshAtJittered, s.refreshAt)
			assert.LessOrEqual(t, s.refreshAtJittered, s.refreshAt+int64(maxJitter))
			assert.LessOrEqual(t, s.refreshAtJittered, max(s.mandatoryAt, s.refreshAt))
			assert.Equal(t, at(row.mandatory), s.mandatoryAt)
			assert.True(t, s.valid(at(row.expiry)-1), "strictly until ExpiresOn")
			assert.False(t, s.valid(at(row.expiry)))
		})
	}
}

// A laptop sleeps: its monotonic clock stands still and its wall clock does not.
// A time whose wall clock and monotonic readings differ cannot be made, so this
// asserts that what is compared has no monotonic part to begin with.
func TestExpiryIsWallClock(t *testing.T) {
	issued := time.Now()
	s := newState(azcore.AccessToken{Token: "t", ExpiresOn: issued.Add(time.Hour)}, issued.UnixNano())
	woken := time.Unix(0, issued.UnixNano()).Add(8 * time.Hour) // no monotonic reading
	assert.False(t, s.valid(woken.UnixNano()))
	assert.Equal(t, issued.Add(time.Hour).Round(0), wall(s.expires))
}

func TestClockSetBack(t *testing.T) {
	now := time.Now().UnixNano()
	assert.True(t, within(now, now, time.Second))
	assert.True(t, within(now+int64(time.Second)-1, now, time.Second))
	assert.False(t, within(now+int64(time.Second), now, time.Second))
	assert.False(t, within(now-1, now, time.Second), "a failure from the future does not count")
	c := New(nil, nil)
	s := newState(azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(24 * time.Hour)}, now)
	c.failures, c.failedAt, c.retryAt = 1, now, now+int64(time.Minute)
	assert.Equal(t, c.retryAt, c.refreshTime(s.refreshAt, now))
	before := now - int64(time.Hour)
	assert.Equal(t, before, c.refreshTime(s.refreshAt, before), "nor is its pause")
	c.active, c.lastUse = 1, now
	c.current.Store(s)
	assert.Equal(t, before, c.nextTimer(before), "by the timer either")
}

func TestNanos(t *testing.T) {
	assert.Zero(t, nanos(time.Time{}))
	assert.Zero(t, nanos(time.Unix(-1, 0)))
	assert.EqualValues(t, 1e9, nanos(time.Unix(1, 0)))
	assert.Equal(t, int64(math.MaxInt64), nanos(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)), "no overflow")
	assert.True(t, wall(0).IsZero())
	forever := newState(azcore.AccessToken{Token: "t", ExpiresOn: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, time.Now().UnixNano())
	assert.True(t, forever.valid(time.Now().UnixNano()))
	assert.Greater(t, forever.refreshAt, time.Now().UnixNano())
}

func TestBackoff(t *testing.T) {
	now := time.Now()
	day := newState(azcore.AccessToken{Token: "t", ExpiresOn: now.Add(24 * time.Hour)}, now.UnixNano())
	for _, row := range []struct {
		name     string
		failures int
		left     time.Duration
		most     time.Duration
	}{
		{"first", 1, 20 * time.Hour, time.Second},
		{"fourth", 4, 20 * time.Hour, 8 * time.Second},
		{"many", 1000, 20 * time.Hour, 5 * time.Minute},
		{"a tenth of 5 minutes", 1000, 5 * time.Minute, 30 * time.Second},
		{"just before expiry", 1000, time.Second, 5 * time.Second},
		{"after expiry", 1000, -time.Hour, 5 * time.Minute},
	} {
		t.Run(row.name, func(t *testing.T) {
			for range 100 {
				d := backoff(row.failures, day, now.Add(24*time.Hour-row.left).UnixNano())
				assert.LessOrEqual(t, d, row.most)
				assert.GreaterOrEqual(t, d, row.most/2)
			}
		})
	}
}
