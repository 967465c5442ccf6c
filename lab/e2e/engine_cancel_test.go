package e2e_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// prompt is how long a login may go on after its caller has left: far less than the login's own 30 seconds.
const prompt = 10 * time.Second

// hangs are servers that a login does not get past. The slow one answers too late, at each step.
var hangs = []struct {
	name  string
	fault azuretest.ServerFault
}{
	{"silent", azuretest.ServerFault{Kind: azuretest.Silent}},
	{"slow", azuretest.ServerFault{Kind: azuretest.Slow, Delay: time.Minute}},
}

// hanging is a connector whose logins hang at a server, with a token that is already there.
type hanging struct {
	opened
	server  front
	dialled atomic.Int32 // connections made
}

func (b *bench) hanging(t *testing.T, fault azuretest.ServerFault, more ...string) *hanging {
	t.Helper()
	h := &hanging{server: b.named(t, loopback)}
	id, options := b.userAssigned(t), b.options()
	options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		h.dialled.Add(1)
		return conn, err
	}
	h.opened = b.connector(t, b.toFront(h.server, id.Name, append(more, "client_id="+id.ClientID)...), options)
	require.NoError(t, openOnce(limited(t), h))
	h.server.Inject(fault)
	return h
}

// onEachHang runs a test for each engine, server that hangs, and way to begin with TLS.
func onEachHang(t *testing.T, test func(t *testing.T, h *hanging)) {
	t.Helper()
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		modes := []string{"tls=true"}
		if b.engine == &sqlServer {
			modes = []string{"encrypt=true", "encrypt=strict"}
		}
		for _, hang := range hangs {
			for _, mode := range modes {
				t.Run(hang.name+" "+mode, func(t *testing.T) {
					test(t, b.hanging(t, hang.fault, mode))
				})
			}
		}
	})
}

// The error tells where the login was, and unwraps to the context's.
func TestEngineDeadlineEndsALoginThatHangs(t *testing.T) {
	onEachHang(t, func(t *testing.T, h *hanging) {
		before := goroutines()
		ctx, cancel := context.WithTimeout(limited(t), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		err := openOnce(ctx, h)
		assert.Less(t, time.Since(began), prompt)
		requireLoginError(t, err, "no-answer", h.server.Addr())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		h.requireNothingSent(t)
		requireNoMore(t, before)
	})
}

func TestEngineCancellationEndsALoginThatHangs(t *testing.T) {
	onEachHang(t, func(t *testing.T, h *hanging) {
		before := goroutines()
		ctx, cancel := context.WithCancel(limited(t))
		failed := background(ctx, opening(h))
		await(t, "the login is under way", func() bool { return h.dialled.Load() == 2 })
		began := time.Now()
		cancel()
		err := <-failed
		assert.Less(t, time.Since(began), prompt)
		require.ErrorAs(t, err, new(*passwordless.LoginError))
		require.ErrorIs(t, err, context.Canceled)
		h.requireNothingSent(t)
		requireNoMore(t, before)
	})
}

// requireNothingSent ends a server that hung, and asserts that after the first login, before it did, no token
// arrived.
func (h *hanging) requireNothingSent(t *testing.T) {
	t.Helper()
	require.NoError(t, h.server.Close())
	logins := h.server.Logins()
	require.NotEmpty(t, logins)
	require.NoError(t, logins[0].Err)
	for _, login := range logins[1:] {
		assert.Zero(t, login.PasswordLength)
		assert.Error(t, login.Err)
	}
}

// A server that answers slowly, but in time, is none that hangs; and whoever waits longer gets in.
func TestEngineSlowLoginIsWaitedFor(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		h := b.hanging(t, azuretest.ServerFault{Kind: azuretest.Slow, Delay: 20 * time.Millisecond})
		ctx, cancel := context.WithTimeout(limited(t), 20*time.Second)
		defer cancel()
		began := time.Now()
		require.NoError(t, openOnce(ctx, h))
		assert.GreaterOrEqual(t, time.Since(began), 20*time.Millisecond)
	})
}

// A deadline that has passed before anything was done leaves no connection.
func TestEngineContextThatHasEndedConnectsNowhere(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		h := b.hanging(t, azuretest.ServerFault{Kind: azuretest.Silent})
		ctx, cancel := context.WithCancel(limited(t))
		cancel()
		require.ErrorIs(t, openOnce(ctx, h), context.Canceled)
		h.requireNothingSent(t)
		assert.Len(t, h.server.Logins(), 1)
	})
}

// The context of a login counts until the login is over, and no longer.
func TestEngineSessionOutlivesTheContextOfItsLogin(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		id := b.userAssigned(t)
		db := b.db(t, b.to(id.Name, "client_id="+id.ClientID), b.options())
		db.SetMaxOpenConns(1)
		ctx, cancel := context.WithCancel(limited(t))
		require.NoError(t, db.PingContext(ctx))
		cancel()
		b.requireUser(t, id.Name, db)
		assert.Equal(t, 1, db.Stats().OpenConnections)
		assert.Zero(t, db.Stats().MaxLifetimeClosed+db.Stats().MaxIdleClosed)
	})
}

func TestEngineCallerWhoseContextEndsLeavesAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		callersLeaveAtOnce(t, b.stage, func(id azuretest.Identity, o *passwordless.Options) []func(context.Context) error {
			text := b.to(id.Name, "client_id="+id.ClientID)
			ways := []func(context.Context) error{b.db(t, text, o).PingContext, opening(b.connector(t, text, o))}
			if b.engine == &mySQL {
				ways = append(ways, b.configured(t, text, o).PingContext)
			}
			return ways
		})
	})
}
