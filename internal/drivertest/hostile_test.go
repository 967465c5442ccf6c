// The key exchange that withstands quantum computers takes a fifth of these tests' time. The drivers' own tests have it.
//go:debug tlsmlkem=0

package drivertest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/drivertest"
)

const (
	hostilePatience = 80 * time.Millisecond  // of the logins' contexts
	hostileGrace    = 100 * time.Millisecond // within which they then end
	hostileMemory   = 64 << 20               // that they may take besides
)

// A dialogue is what an honest server does in a login, as steps.
type dialogue struct {
	name, settings string // what it is of, and the setting of the connection for it
	password       bool   // the login is one with a password
	plain          bool   // and without TLS
	seen           bool   // another dialogue has the same messages: one of four servers is enough
	steps          []step
	special        []deed // that only this protocol has
}

// A step is either a TLS handshake or a message, after the client's turn if hear is not nil.
type step struct {
	hear   func(io.Reader) error
	secure func(net.Conn, *tls.Config) (net.Conn, error)
	frame  func(body string) string
	body   string
	others []string // what else a server may say there, without frames
}

// deed is what a hostile server does in place of one message: it says something, and goes on with it or is silent.
type deed struct {
	at     int
	say    string
	repeat string // for ever; if empty, it hangs up, or is silent
	silent bool
	deaf   bool                 // it reads nothing, and repeats in records of TLS as small as they are
	act    func(net.Conn) error // does all that, if not nil
	about  string               // says what that is
	hangUp func() error         // from the client's side
}

// serve is the server's part. It ends with the connection.
func (d dialogue) serve(conn net.Conn, config *tls.Config, hostile *deed) error {
	defer conn.Close()
	raw := conn
	for i, s := range d.steps {
		if s.secure != nil {
			secured, err := s.secure(conn, config)
			if err != nil {
				return err
			}
			conn = secured
			continue
		}
		if s.hear != nil && (hostile.at != i || !hostile.deaf) {
			if err := s.hear(conn); err != nil {
				return err
			}
		}
		if hostile.at != i {
			if _, err := io.WriteString(conn, s.frame(s.body)); err != nil {
				return err
			}
			continue
		}
		if hostile.act != nil {
			return hostile.act(conn)
		}
		if _, err := io.WriteString(conn, hostile.say); err != nil {
			return err
		}
		chunk := hostile.repeat
		raw.(*batched).on = hostile.deaf
		if chunk != "" && !hostile.deaf {
			chunk = strings.Repeat(chunk, 1+(16<<10)/len(chunk))
			drained := conn
			go func() { _, _ = io.Copy(io.Discard, drained) }()
		}
		for chunk != "" {
			if _, err := io.WriteString(conn, chunk); err != nil {
				return err
			}
		}
		if hostile.silent {
			_, _ = io.Copy(io.Discard, raw)
		}
		return nil
	}
	_, err := io.Copy(io.Discard, raw)
	return err
}

// batched sends many small writes as one.
type batched struct {
	net.Conn
	on   bool
	held []byte
}

// Write keeps b until it is worth a write.
func (c *batched) Write(b []byte) (n int, err error) {
	if !c.on {
		return c.Conn.Write(b)
	}
	if c.held = append(c.held, b...); len(c.held) >= 16<<10 {
		_, err = c.Conn.Write(c.held)
		c.held = c.held[:0]
	}
	return len(b), err
}

type serverKey struct{}

// hostiles is a door for a dialogue whose server is chosen by the context.
type hostiles struct {
	dialogue
	through door
	connect login
	issuer  *drivertest.Issuer
	config  *tls.Config
}

func newHostiles(t *testing.T, e *engine, d dialogue, through door) *hostiles {
	t.Helper()
	b := e.Bench(t, &front{})
	certificate, err := b.Cloud.CA().Issue("127.0.0.1")
	require.NoError(t, err)
	h := &hostiles{dialogue: d, through: through, issuer: b.Issuer, config: &tls.Config{Certificates: []tls.Certificate{certificate}}}
	b.Options.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		hostile, ok := ctx.Value(serverKey{}).(*deed)
		if !ok {
			return nil, net.ErrClosed // pgx tells the server that a login is cancelled
		}
		client, server := net.Pipe()
		hostile.hangUp = client.Close
		go func() { _ = h.serve(&batched{Conn: server}, h.config, hostile) }()
		return client, nil
	}
	s := b.DSN(d.settings)
	if d.password {
		b.Options.Credential = nil
		s = e.withPassword(b, "app", "c4nary")
	}
	if d.plain {
		s = strings.NewReplacer("sslmode=require", "sslmode=disable", "tls=true", "tls=false").Replace(s) + d.settings
	}
	h.connect = through.open(t, s, b.Options, io.Discard)
	return h
}

// login connects to a server that does so, and returns the error and how long it took.
func (h *hostiles) login(t *testing.T, hostile *deed, patience time.Duration) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), serverKey{}, hostile), patience)
	defer cancel()
	start, late := time.Now(), make(chan time.Duration, 1)
	clock := time.AfterFunc(patience, func() { late <- time.Since(start) - patience })
	closer, err := h.connect(ctx)
	took := time.Since(start)
	if !clock.Stop() {
		took -= <-late // which the machine is: its own clock rang as much too late
	}
	if err == nil {
		_ = hostile.hangUp() // what it sends in the session is not read
		closer()
	}
	return took, err
}

// check fails the test if the login does not end in time or says something that it should not. A server may have
// said nothing wrong. A busy machine may be late with one of three, but not with all.
func (h *hostiles) check(t *testing.T, hostile deed) {
	var took time.Duration
	var err error
	for range 3 {
		if took, err = h.login(t, &hostile, hostilePatience); took <= hostilePatience+hostileGrace {
			break
		}
	}
	shown := fmt.Sprintf("step %d: %s%.60q, then %.30q", hostile.at, hostile.about, hostile.say, hostile.repeat)
	assert.LessOrEqual(t, took, hostilePatience+hostileGrace, "%s: %v", shown, err)
	if err == nil {
		return
	}
	err = h.through.explain(err)
	login, ok := errors.AsType[*passwordless.LoginError](err)
	if h.through.name == "connector" {
		if !assert.True(t, ok, "%s: %v", shown, err) {
			return
		}
		assert.NotEmpty(t, login.Host)
	} else if !ok {
		return // a driver's own error, of which there is nothing to say
	}
	text := err.Error()
	assert.Less(t, len(text), 8<<10, shown)
	assert.NotContains(t, text, "\n", shown)
	assert.NotContains(t, text, "c4nary", shown)
	if !h.password {
		h.issuer.AssertNotIn(t, text)
	}
}

// kinds are the deeds of each kind.
func (d dialogue) kinds() map[string][]deed {
	return map[string][]deed{"cut": d.cuts(), "length": d.lengths(), "endless": d.endless(), "silent": d.silences(), "slow": d.slow(), "special": d.special}
}

// checkAll checks the servers that do these deeds, under the limit of memory.
func (h *hostiles) checkAll(t *testing.T, deeds []deed, atOnce int) {
	start := time.Now()
	most := underLimit(func() {
		var all sync.WaitGroup
		for i := range atOnce {
			all.Go(func() {
				for at := i; at < len(deeds); at += atOnce {
					h.check(t, deeds[at])
				}
			})
		}
		all.Wait()
	})
	assert.Less(t, most, int64(hostileMemory))
	t.Logf("%d servers, %d MB, %v", len(deeds), most>>20, time.Since(start).Round(time.Millisecond))
}

func TestHostileServers(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		for _, d := range e.dialogues {
			t.Run(d.name, func(t *testing.T) {
				h := newHostiles(t, e, d, e.throughConnector())
				_, err := h.login(t, &deed{at: -1}, 30*time.Second)
				require.NoError(t, err, "the honest one")
				for name, deeds := range d.kinds() {
					t.Run(name, func(t *testing.T) {
						atOnce := 1
						if d.seen && len(deeds) > 100 {
							deeds = someOf(deeds, len(deeds)/4)
						}
						if name != "length" && name != "endless" { // these wait, and need no memory
							atOnce = 4
						}
						h.checkAll(t, deeds, atOnce)
					})
				}
			})
		}
	})
}

// The other doors get some servers of each kind. Where nothing recovers a driver's panic, they get all that cut messages.
func TestHostileServersAtOtherDoors(t *testing.T) {
	const ofEach = 7
	onEach(t, func(t *testing.T, e *engine) {
		for _, through := range e.doors {
			for _, d := range e.dialogues {
				t.Run(through.name+" "+d.name, func(t *testing.T) {
					h := newHostiles(t, e, d, through)
					_, err := h.login(t, &deed{at: -1}, 30*time.Second)
					require.NoError(t, err, "the honest one")
					var some []deed
					for name, deeds := range d.kinds() {
						if through.bare && (name == "cut" || name == "special") {
							some = append(some, deeds...)
							continue
						}
						some = append(some, someOf(deeds, ofEach)...)
					}
					h.checkAll(t, some, 2)
				})
			}
		}
	})
}
