package token_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/token"
)

func TestAdvisoryWindow(t *testing.T) {
	for _, row := range []struct {
		name          string
		life, refresh time.Duration
		advisory      time.Duration
	}{
		{"refresh on", 24 * time.Hour, 12 * time.Hour, 12 * time.Hour},
		{"4 min 50 s before expiry", time.Hour, 0, time.Hour - 4*time.Minute - 50*time.Second},
		{"half-life", 4 * time.Minute, 0, 2 * time.Minute},
		{"refresh on after expiry", 10 * time.Minute, time.Hour, 9*time.Minute + 30*time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{}
				i.set(func(context.Context, int, bool) (azcore.AccessToken, error) {
					a := azcore.AccessToken{Token: time.Now().Format("15:04:05"), ExpiresOn: time.Now().Add(row.life)}
					if row.refresh != 0 {
						a.RefreshOn = time.Now().Add(row.refresh)
					}
					return a, nil
				})
				c := token.New(i.fetch, nil)
				first := time.Now().Format("15:04:05")
				want(t, c, first)
				assert.Equal(t, time.Now().Add(row.advisory).UTC(), c.Stats().RefreshOn.UTC())
				time.Sleep(row.advisory - time.Nanosecond)
				want(t, c, first)
				synctest.Wait()
				assert.Equal(t, 1, i.requests())
				time.Sleep(time.Nanosecond)
				renewed := time.Now().Format("15:04:05")
				if row.advisory < row.life-30*time.Second {
					want(t, c, first)
					synctest.Wait()
				}
				want(t, c, renewed)
				assert.Equal(t, 2, i.requests(), "one renewal")
			})
		})
	}
}

// Or the callers of processes that started together would renew together.
func TestCallersLeaveTheRenewalToTheTimer(t *testing.T) {
	token.FixRandom(t, 0.5)
	for active, renewal := range map[bool]time.Duration{true: 12*time.Hour + 5*time.Minute, false: 12 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{life: 24 * time.Hour}
			i.set(func(_ context.Context, n int, _ bool) (azcore.AccessToken, error) {
				a := i.issue(n)
				a.RefreshOn = time.Now().Add(12 * time.Hour)
				return a, nil
			})
			var group token.Group[string]
			h := group.Open("key", i.create, nil)
			defer func() { assert.NoError(t, h.Close()) }()
			h.SetActive(active)
			want(t, h, "token-1")
			time.Sleep(renewal - time.Nanosecond)
			want(t, h, "token-1")
			synctest.Wait()
			assert.Equal(t, 1, i.requests())
			time.Sleep(time.Nanosecond)
			_, err := h.Token(t.Context())
			require.NoError(t, err)
			synctest.Wait()
			assert.Equal(t, 2, i.requests(), "active: %v", active)
		})
	}
}

func TestAnIssuerThatAlwaysSaysAtOnceIsNotAskedAllTheTime(t *testing.T) {
	for _, life := range []time.Duration{time.Hour, 24 * time.Hour} {
		for _, ahead := range []time.Duration{-time.Hour, 0, time.Nanosecond, time.Minute} {
			t.Run(life.String()+" "+ahead.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					i := &issuer{life: life}
					i.set(func(_ context.Context, n int, _ bool) (azcore.AccessToken, error) {
						a := i.issue(n)
						a.RefreshOn = time.Now().Add(ahead)
						return a, nil
					})
					c := token.New(i.fetch, nil)
					for end := time.Now().Add(20 * time.Hour); time.Now().Before(end); time.Sleep(10 * time.Second) {
						_, err := c.Token(t.Context())
						require.NoError(t, err)
					}
					assert.LessOrEqual(t, i.requests(), int(20*time.Hour/min(life/10, time.Hour)), "after a tenth of the life, but at least once an hour")
				})
			})
		}
	}
}

func TestMandatoryWindow(t *testing.T) {
	for _, row := range []struct {
		name       string
		life, wait time.Duration // wait: length of the window
	}{
		{"30 s", time.Hour, 30 * time.Second},
		{"a tenth", 100 * time.Second, 10 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{life: row.life}
				c := token.New(i.fetch, nil)
				want(t, c, "token-1")
				i.set(i.after(time.Second))
				time.Sleep(row.life - row.wait)
				began := time.Now()
				var wg sync.WaitGroup
				for range 100 {
					wg.Go(func() {
						got, err := c.Token(t.Context())
						assert.NoError(t, err)
						assert.Equal(t, "token-2", got.Token)
						assert.Equal(t, time.Second, time.Since(began))
					})
				}
				wg.Wait()
				assert.Equal(t, 2, i.requests(), "all waited on one request")
			})
		})
	}
}

// A caller whose own time is short gets the valid token while it can still log in with it.
func TestCallerWithADeadlineInTheMandatoryWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		c := token.New(i.fetch, nil)
		want(t, c, "token-1")
		i.set(i.after(1500 * time.Millisecond))
		time.Sleep(time.Hour - 20*time.Second)
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, err := c.Token(ctx)
		require.NoError(t, err)
		assert.Equal(t, "token-1", got.Token)
		assert.Equal(t, 500*time.Millisecond, time.Since(began))

		ctx, cancel = context.WithCancel(t.Context())
		defer time.AfterFunc(500*time.Millisecond, cancel).Stop()
		_, err = c.Token(ctx)
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, time.Second, time.Since(began), "it leaves when its context ends")
		time.Sleep(time.Second)
		want(t, c, "token-2")
		assert.Equal(t, 2, i.requests())
	})
}

// With the issuer failing in whatever way since the advisory window, no one waits
// while the old token lives.
func TestFailureFromTheAdvisoryWindowOn(t *testing.T) {
	for _, row := range []struct {
		name string
		fail func(*issuer)
	}{
		{"fails at once", (*issuer).fail},
		{"fails after 8 s", func(i *issuer) {
			i.set(func(context.Context, int, bool) (azcore.AccessToken, error) {
				time.Sleep(8 * time.Second)
				return azcore.AccessToken{}, errIssuer
			})
		}},
		{"hangs", (*issuer).hang},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{}
				c := token.New(i.fetch, nil)
				want(t, c, "token-1")
				expires := time.Now().Add(time.Hour)
				time.Sleep(time.Hour - 4*time.Minute - 50*time.Second)
				row.fail(i)
				for time.Now().Before(expires) {
					want(t, c, "token-1")
					time.Sleep(100 * time.Millisecond)
				}
				assert.GreaterOrEqual(t, i.requests(), 5, "it went on trying")
				assert.LessOrEqual(t, i.requests(), 80, "with pauses")
				_, err := c.Token(t.Context())
				require.Error(t, err, "not a moment longer")

				i.heal()
				time.Sleep(time.Minute)
				_, err = c.Token(t.Context())
				require.NoError(t, err)
			})
		})
	}
}

func TestFailureInTheMandatoryWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		c := token.New(i.fetch, nil)
		want(t, c, "token-1")
		expires := time.Now().Add(time.Hour)
		i.set(func(context.Context, int, bool) (azcore.AccessToken, error) {
			time.Sleep(time.Second)
			return azcore.AccessToken{}, errIssuer
		})
		time.Sleep(time.Hour - 20*time.Second)
		began := time.Now()
		got, err := c.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-1", got.Token)
		assert.Equal(t, time.Second, time.Since(began), "waited until the request failed")
		for time.Now().Before(expires) {
			want(t, c, "token-1")
			time.Sleep(10 * time.Millisecond)
		}
		assert.Greater(t, i.requests(), 4, "retries go on in the background")
		assert.Less(t, i.requests(), 20)
		time.Sleep(time.Second) // for the last of them
	})
}

func TestHangInTheMandatoryWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		c := token.New(i.fetch, nil)
		want(t, c, "token-1")
		i.set(i.after(25 * time.Second))
		time.Sleep(time.Hour - 20*time.Second)
		began := time.Now()
		got, err := c.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-1", got.Token)
		assert.Equal(t, 2*time.Second, time.Since(began), "a slow request is not waited for")
		for range 17 {
			want(t, c, "token-1")
			time.Sleep(time.Second)
		}
		time.Sleep(time.Second)
		got, err = c.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-2", got.Token, "once the old token has expired it is")
		assert.Equal(t, 25*time.Second, time.Since(began))
		assert.Equal(t, 2, i.requests())
	})
}

func TestExpiryDuringTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		c := token.New(i.fetch, nil)
		want(t, c, "token-1")
		i.set(i.after(5 * time.Second))
		time.Sleep(time.Hour - time.Second)
		got, err := c.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-2", got.Token)
	})
}

func TestExpiredTokenIsNotServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		c := token.New(i.fetch, nil)
		want(t, c, "token-1")
		i.fail()
		time.Sleep(time.Hour)
		wantError(t, c, errIssuer)
		assert.False(t, c.Stats().Valid)
	})
}
