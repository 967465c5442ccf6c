package e2e_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// valve is a transport to the cloud that can be shut: requests then wait until it is opened or their client
// leaves. What an open does meanwhile does not depend on time. It can also be led to where no one listens.
type valve struct {
	next    *http.Client
	nowhere string // an address of 127.0.0.1 that refuses connections

	mu        sync.Mutex
	gate      chan struct{} // if nil, not shut
	unplugged bool
	held      int // requests that wait
	failed    int // requests without an answer
	asked     int // requests
}

// newValve returns an open valve. It opens again when the test ends.
func (s *stage) newValve(t *testing.T) *valve {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	v := &valve{next: s.Transport(), nowhere: listener.Addr().String()}
	t.Cleanup(v.open)
	return v
}

// Do implements azcore's policy.Transporter.
func (v *valve) Do(r *http.Request) (*http.Response, error) {
	response, err := v.pass(r)
	if err != nil {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.failed++
	}
	return response, err
}

func (v *valve) pass(r *http.Request) (*http.Response, error) {
	v.mu.Lock()
	v.asked++
	gate, unplugged := v.gate, v.unplugged
	v.mu.Unlock()
	if unplugged {
		return nil, v.misdial(r.Context())
	}
	if gate != nil {
		v.hold(1)
		defer v.hold(-1)
		select {
		case <-gate:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return v.next.Do(r)
}

// misdial gives the system's own error for an address where no one listens.
func (v *valve) misdial(ctx context.Context) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", v.nowhere)
	if err == nil {
		_ = conn.Close() // nothing was sent
		err = errors.New("someone listens on " + v.nowhere)
	}
	return err
}

func (v *valve) hold(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.held += n
}

// shut holds back the requests that come from now on.
func (v *valve) shut() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.gate == nil {
		v.gate = make(chan struct{})
	}
}

// unplug has the requests that come from now on refused.
func (v *valve) unplug() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.unplugged = true
}

// open ends shut and unplug.
func (v *valve) open() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.unplugged = false
	if v.gate != nil {
		close(v.gate)
		v.gate = nil
	}
}

// waiting is how many requests the valve holds back.
func (v *valve) waiting() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.held
}

// failures is how many requests got no answer.
func (v *valve) failures() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.failed
}

// requests is how many requests there were, whatever became of them.
func (v *valve) requests() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asked
}

// await returns when done says so; what is for the failure after half a minute.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			require.Fail(t, "waited in vain", what)
		case <-tick.C:
		}
	}
}

// asked is how many requests for a token of this identity came after mark: others' renewals may still be under way.
func (s *stage) asked(mark int, id azuretest.Identity) int {
	n := 0
	for _, request := range s.since(mark) {
		if request.Identity == id.ClientID {
			n++
		}
	}
	return n
}

// statusOf is the status of a live handle that logs in as who.
func statusOf(t *testing.T, who string) passwordless.Status {
	t.Helper()
	found := statusesOf(who)
	require.NotEmpty(t, found, "no live handle of %s", who)
	return found[0]
}

// sessions is how many connections of these roles the server has.
func (s *stage) sessions(t *testing.T, roles ...string) int {
	t.Helper()
	var n int
	s.ask(t, "select count(*) from pg_stat_activity where usename = any($1)", []any{roles}, &n)
	return n
}

// ask has the server's superuser run a query of one row.
func (s *stage) ask(t *testing.T, query string, args []any, into ...any) {
	t.Helper()
	conninfo, err := s.server.BackendConninfo()
	require.NoError(t, err)
	super, err := pgx.Connect(limited(t), conninfo)
	require.NoError(t, err)
	defer func() { require.NoError(t, super.Close(limited(t))) }()
	require.NoError(t, super.QueryRow(limited(t), query, args...).Scan(into...))
}

// admitPrincipal is a new service principal with a secret and a role.
func (s *stage) admitPrincipal(t *testing.T) azuretest.Identity {
	t.Helper()
	return s.admit(t, s.AddServicePrincipal(azuretest.Identity{}))
}
