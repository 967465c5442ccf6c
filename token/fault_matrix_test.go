package token_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/token"
)

// callers are who comes when a fault begins: so many at once, with a limit of their own.
var callers = [...]struct {
	name  string
	count int
	limit time.Duration // 0: none; negative: already cancelled
}{{"one", 1, 0}, {"500", 500, 0}, {"2 s deadline", 1, 2 * time.Second}, {"cancelled", 1, -1}}

// TestFaultMatrix runs all faults at all moments for all callers, with azidentity and this cache as
// the connectors use them. The fault begins as the callers come, and no timer has renewed the token:
// the worst case. 500 callers come at the first fault of each row. A machine that sleeps is one whose timers do not run.
func TestFaultMatrix(t *testing.T) {
	connectortest.RandomInBubbles(t)
	connectortest.ClearMarkers(t)
	for _, row := range matrix {
		for i := range row.faults {
			for m, expected := range row.cells {
				if expected == (cell{}) {
					continue
				}
				for c := range callers {
					if callers[c].count > 1 && i > 0 {
						continue // the first fault of a row stands for the others
					}
					t.Run(fmt.Sprintf("%s/%s/%s", row.faults[i].name, moments[m].name, callers[c].name), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { runCell(t, &row.faults[i], &moments[m], c, expected) })
					})
				}
			}
		}
	}
}

func runCell(t *testing.T, f *fault, m *moment, c int, expected cell) {
	e := &endpoint{fault: f}
	h := openHandle(t, e)
	var old string
	var valid bool
	if !m.before {
		first, err := h.Token(t.Context())
		require.NoError(t, err)
		time.Sleep(time.Until(first.ExpiresOn) - m.left + f.asleep)
		old, valid = first.Token, time.Now().Before(first.ExpiresOn)
	}
	expected = expected.forCaller(callers[c].limit, valid, valid && e.accepts(old))
	e.breakDown()
	var before outcome
	for _, o := range loginAll(t, e, h, old, callers[c].count, callers[c].limit) {
		if o == before {
			continue
		}
		before = o
		if callers[c].count > 1 && expected == served(0, 1) && o.got == "new" {
			o.got = "old" // it came after the first one's renewal
		}
		o.check(t, f, callers[c].limit, expected)
	}
	time.Sleep(time.Minute)
	requests := e.asked()
	assert.True(t, requests >= expected.requests && requests <= max(expected.requests, expected.most), "%d requests", requests)
}

// forCaller is the cell of a caller with such a limit, if there is a valid token or not, which the
// server accepts or not.
func (c cell) forCaller(limit time.Duration, valid, accepted bool) cell {
	switch {
	case limit < 0 && !valid:
		c = cell{got: "error"}
	case limit < 0 && accepted:
		c.got, c.after = "old", 0
	case limit > 0 && c.got == "old":
		c.after = min(c.after, limit.Seconds()/2)
	case limit > 0 && c.after > limit.Seconds():
		c.got, c.after, c.latest = "error", limit.Seconds(), 0
	}
	return c
}

// outcome is what one caller got.
type outcome struct {
	got   string
	after time.Duration
	err   error
}

func (o outcome) check(t *testing.T, f *fault, limit time.Duration, expected cell) {
	t.Helper()
	require.Equal(t, expected.got, o.got, "%v", o.err)
	seconds := o.after.Seconds()
	require.True(t, seconds >= expected.after && seconds <= max(expected.after, expected.latest), "after %v", o.after)
	if o.err == nil {
		return
	}
	connectortest.AssertClean(t, o.err)
	switch {
	case limit < 0:
		require.ErrorIs(t, o.err, context.Canceled)
	case limit > 0 && o.after == limit:
		require.ErrorIs(t, o.err, context.DeadlineExceeded)
	default:
		require.ErrorContains(t, o.err, f.says)
	}
}

// loginAll lets so many callers log in at once.
func loginAll(t *testing.T, e *endpoint, h *token.Handle, old string, count int, limit time.Duration) []outcome {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if limit < 0 {
		cancel()
	}
	if limit > 0 {
		timed, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		ctx = timed
	}
	outcomes := make([]outcome, count)
	var wg sync.WaitGroup
	for i := range outcomes {
		wg.Go(func() { outcomes[i] = loginOnce(ctx, e, h, old) })
	}
	wg.Wait()
	return outcomes
}

// loginOnce logs in as a connector does: a token that the server says has expired, which takes it a
// moment, is invalidated, and the login tried once more. The time is what was spent in Token.
func loginOnce(ctx context.Context, e *endpoint, h *token.Handle, old string) outcome {
	const exchange = 10 * time.Millisecond
	began := time.Now()
	got, err := h.Token(ctx)
	if err == nil && !e.accepts(got.Token) {
		time.Sleep(exchange)
		began = began.Add(exchange)
		h.Invalidate(got.Token)
		got, err = h.Token(ctx)
	}
	o := outcome{"new", time.Since(began), err}
	switch {
	case err != nil:
		o.got = "error"
	case !e.accepts(got.Token):
		o.got = "a token that the server refuses"
	case got.Token == old:
		o.got = "old"
	}
	return o
}

var clientIDs atomic.Int64

// openHandle returns a handle whose timer does not run.
func openHandle(t *testing.T, e *endpoint) *token.Handle {
	h := openIdentity(t, e.principal, e.Do)
	h.SetActive(false)
	return h
}

// openIdentity opens a handle of an identity of its own: MSAL has one cache per process.
func openIdentity(t *testing.T, principal bool, transport connectortest.TransportFunc) *token.Handle {
	id := identity.Identity{Kind: passwordless.UserAssigned, ClientID: fmt.Sprintf("00000000-0000-0000-0000-%012d", clientIDs.Add(1))}
	if principal {
		id.Kind, id.TenantID, id.Secret = passwordless.ServicePrincipal, connectortest.Tenant, dsn.NewSecret("canary")
	}
	_, h, err := credential.Open(id, cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: "https://login.example.com/"},
		&passwordless.Options{Transport: transport}, nil)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	return h
}
