package e2e_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// outage is a way in which an identity endpoint fails.
type outage struct {
	name  string
	begin func(*testing.T, *patient) (end func())
}

var outages = []outage{
	{"500", byFault(azuretest.Fault{Status: http.StatusInternalServerError})},
	{"429", byFault(azuretest.Fault{Status: http.StatusTooManyRequests, RetryAfter: time.Second})},
	{"closed connections", byFault(azuretest.Fault{CloseConn: true})},
	{"no answer", func(_ *testing.T, p *patient) func() { p.endpoint.shut(); return p.endpoint.open }},
	{"refused connections", func(_ *testing.T, p *patient) func() { p.endpoint.unplug(); return p.endpoint.open }},
}

func byFault(f azuretest.Fault) func(*testing.T, *patient) func() {
	return func(t *testing.T, p *patient) func() {
		own := f
		own.Identity = p.id.ClientID
		end := p.stage.Inject(own)
		t.Cleanup(end)
		return end
	}
}

// patient is a connection with a valid token whose issuer fails.
type patient struct {
	outage
	stage     *stage
	id        azuretest.Identity
	endpoint  *valve
	connector opened
	before    passwordless.Stats // when the token was new
	end       func()
	failed    error // of the first open that failed
}

// fallIll logs in with a token of the given life; then the outage begins.
func (x *site) fallIll(t *testing.T, o outage, life time.Duration) *patient {
	t.Helper()
	id := x.userAssigned(t)
	p := &patient{outage: o, stage: x.stage, id: id, endpoint: x.newValve(t)}
	x.inject(t, azuretest.Fault{Identity: id.ClientID, Times: 1, Lifetime: life})
	options := x.options()
	options.Transport, options.RequestTimeout = p.endpoint, time.Second
	p.connector = x.connect(t, x.address, id, options, "client_id="+id.ClientID)
	require.NoError(t, p.open(limited(t)), o.name)
	p.before = p.connector.Status().Token
	require.Equal(t, uint64(1), p.before.Requests, o.name)
	p.end = o.begin(t, p)
	return p
}

func (p *patient) open(ctx context.Context) error { return openOnce(ctx, p.connector) }

func TestTokenIsServedThroughAnOutageUntilItExpires(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	tokenIsServedThroughAnOutage(t, s.site())
}

// A token is renewed from half its life on: here the renewals are due, are under way, fail, and fail again.
// Until it expires it is served to everybody at once, also in the last tenth of its life, when callers would
// wait for a renewal that had not failed yet.
func tokenIsServedThroughAnOutage(t *testing.T, x *site) {
	t.Helper()
	var patients []*patient
	for _, o := range outages {
		patients = append(patients, x.fallIll(t, o, 6*time.Second))
	}
	for _, p := range patients {
		await(t, p.name+": a renewal is under way", func() bool { return p.connector.Status().Token.Requests > 1 })
	}
	await(t, "all tokens have expired", func() bool {
		living := 0
		for _, p := range patients {
			living += p.check(t)
		}
		return living == 0
	})
	var refused []<-chan error
	for _, p := range patients {
		refused = append(refused, background(limited(t), p.open))
	}
	for i, p := range patients {
		err := <-refused[i]
		_, ok := errors.AsType[*passwordless.TokenError](err)
		require.True(t, ok, "%s: %v", p.name, err)
		assert.Contains(t, err.Error(), p.id.ClientID, p.name)
		p.end()
	}
	for _, p := range patients {
		await(t, p.name+": logs in again", func() bool { return p.open(limited(t)) == nil })
		assert.NoError(t, p.connector.Status().Token.LastError, p.name)
	}
}

// check opens a connection unless that has failed before, and returns 1 if it succeeds. It fails only once the
// token has expired. It waits for no request, but on a machine so busy that none has failed yet in the last tenth.
func (p *patient) check(t *testing.T) int {
	t.Helper()
	if p.failed != nil {
		return 0
	}
	none := p.connector.Status().Token.Failures == 0
	p.failed = p.open(limited(t))
	now := p.connector.Status().Token
	if p.failed != nil {
		assert.False(t, time.Now().Before(p.before.ExpiresOn), "%s: failed before the token expired: %v", p.name, p.failed)
		return 0
	}
	if last := p.before.ExpiresOn.Sub(p.before.ObtainedAt) / 10; none && time.Until(p.before.ExpiresOn) <= last {
		p.before.Waits = now.Waits
	}
	assert.Equal(t, p.before.Waits, now.Waits, "%s: opens that waited", p.name)
	assert.Equal(t, p.before.ObtainedAt, now.ObtainedAt, "%s: the token held", p.name)
	return 1
}

// Nothing renews ahead of need for a pool without connections: its next login begins the renewal that is due.
func TestOpenDoesNotWaitForTheRenewalItBegins(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id, endpoint := s.userAssigned(t), s.newValve(t)
	s.inject(t, azuretest.Fault{Identity: id.ClientID, Times: 1, Lifetime: 6 * time.Second})
	options := s.options()
	options.Transport = endpoint
	pool := openPool(t, s.libpq(id.Name)+" client_id="+id.ClientID, options)
	requirePoolUser(t, id.Name, pool)
	pool.Reset()
	endpoint.shut()
	first := statusOf(t, id.Name).Token
	await(t, "the renewal is due", func() bool { return time.Now().After(first.RefreshOn) })
	require.Zero(t, endpoint.waiting())

	requirePoolUser(t, id.Name, pool)
	await(t, "the renewal is under way", func() bool { return endpoint.waiting() == 1 })
	assert.Equal(t, first.Waits, statusOf(t, id.Name).Token.Waits)
	endpoint.open()
	await(t, "a new token", func() bool { return statusOf(t, id.Name).Token.ObtainedAt.After(first.ObtainedAt) })
}

func TestOpensDoNotWaitForTheRenewalAfterARefusal(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	opensDoNotWaitAfterARefusal(t, s.site(), azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "28000", Message: "Access token not valid for role"}})
}

// A server's refusal, other than of an expired token, has the token renewed, with the old one being served.
func opensDoNotWaitAfterARefusal(t *testing.T, x *site, refusal azuretest.ServerFault) {
	t.Helper()
	options, endpoint := x.options(), x.newValve(t)
	options.Transport = endpoint
	_, f, c := x.managedAt(t, options)
	require.NoError(t, openOnce(limited(t), c))

	endpoint.shut()
	refusal.Times = 1
	f.Inject(refusal)
	require.ErrorContains(t, openOnce(limited(t), c), "not valid for role")
	await(t, "the renewal is under way", func() bool { return endpoint.waiting() == 1 })
	require.NoError(t, openOnce(limited(t), c))
	require.Equal(t, 1, endpoint.waiting())

	first := c.Status().Token
	endpoint.open()
	await(t, "a new token", func() bool { return c.Status().Token.ObtainedAt.After(first.ObtainedAt) })
	require.NoError(t, openOnce(limited(t), c))
	logins := f.Logins()
	require.Len(t, logins, 4)
	assert.Equal(t, logins[0].PasswordSHA256, logins[2].PasswordSHA256, "the old token")
	assert.NotEqual(t, logins[0].PasswordSHA256, logins[3].PasswordSHA256, "the new token")
}

func TestCallerWhoseContextEndsLeavesAtOnce(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	callersLeaveAtOnce(t, s, func(id azuretest.Identity, o *passwordless.Options) []func(context.Context) error {
		text := s.libpq(id.Name) + " client_id=" + id.ClientID
		return []func(context.Context) error{openDB(t, text, o).PingContext, openPool(t, text, o).Ping}
	})
}

// They share one request, which the first of them began and which goes on for those who stay.
func callersLeaveAtOnce(t *testing.T, s *stage, ways func(azuretest.Identity, *passwordless.Options) []func(context.Context) error) {
	t.Helper()
	id, endpoint, options := s.userAssigned(t), s.newValve(t), s.options()
	options.Transport = endpoint
	opens := ways(id, options)
	mark := s.mark()
	endpoint.shut()

	waits := func() uint64 { return statusOf(t, id.ClientID).Token.Waits }
	var stayed []<-chan error
	for _, open := range opens {
		ctx, cancel := context.WithCancel(limited(t))
		before := waits()
		left := background(ctx, open) // in the first way: this one starts the request that all share
		await(t, "the caller waits", func() bool { return waits() == before+1 })
		cancel()
		assert.ErrorIs(t, <-left, context.Canceled)

		ctx, cancel = context.WithTimeout(limited(t), time.Millisecond)
		assert.ErrorIs(t, open(ctx), context.DeadlineExceeded)
		cancel()
		before = waits() // with or without that one, whose time may have ended earlier
		stayed = append(stayed, background(limited(t), open))
		await(t, "another caller waits", func() bool { return waits() == before+1 })
	}
	assert.Equal(t, 1, endpoint.waiting(), "the shared request goes on")
	endpoint.open()
	for _, result := range stayed {
		assert.NoError(t, <-result)
	}
	assert.Equal(t, 1, s.asked(mark, id))
}

// background runs an open and sends what became of it.
func background(ctx context.Context, open func(context.Context) error) <-chan error {
	result := make(chan error, 1)
	go func() { result <- open(ctx) }()
	return result
}
