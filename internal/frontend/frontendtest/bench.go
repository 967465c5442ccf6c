package frontendtest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// Bench is a cloud with one identity, a front end, and a token for the identity.
type Bench[S azuretest.Server] struct {
	Cloud  *azuretest.Cloud
	Server S
	ID     azuretest.Identity
	Token  string

	audience string
}

// NewBench starts a cloud with an identity of that name, and a front end, and closes
// both with the test.
func NewBench[S azuretest.Server, O any](t *testing.T, start func(*azuretest.Cloud, *O) (S, error), o *O, name, audience string) Bench[S] {
	t.Helper()
	cloud := azuretest.New(t)
	server, err := start(cloud, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	b := Bench[S]{Cloud: cloud, Server: server, ID: cloud.AddUserAssigned(azuretest.Identity{Name: name}), audience: audience}
	b.Token = b.Mint(b.ID)
	return b
}

// Mint makes a token for the engine.
func (b *Bench[S]) Mint(id azuretest.Identity) string { return b.Cloud.Mint(id, b.audience) }

// Accounts are those of a server with a user of that name and a few others.
func Accounts(name string) azuretest.ServerOptions {
	return azuretest.ServerOptions{Users: []string{name, "billing-app"}, Passwords: map[string]string{"admin": "correct"}}
}

// NewSlowPipe makes a front end without sockets, which lets its first client wait a
// minute for each answer, and its CA.
func NewSlowPipe[S azuretest.Server, O any](t *testing.T, newPipe func(*azuretest.CA, *O) (S, error), o *O) (*azuretest.CA, S) {
	t.Helper()
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	server, err := newPipe(ca, o)
	require.NoError(t, err)
	server.Inject(azuretest.ServerFault{Kind: azuretest.Slow, Delay: time.Minute, Times: 1})
	return ca, server
}

// Pipe dials a server without sockets.
type Pipe struct{ Server azuretest.Server }

func (p Pipe) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	go p.Server.ServeConn(context.WithoutCancel(ctx), server)
	return client, nil
}

// Dial connects to a server. Whoever waits for more than 20 seconds gets an error.
func Dial(t *testing.T, s azuretest.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return conn
}

// AssertOptionErrors checks the errors of options, by a part of their text. In all of
// them "s3cr3t-canary" is a password.
func AssertOptionErrors[S, O any](t *testing.T, newPipe func(*azuretest.CA, *O) (S, error), cases map[string][]*O) {
	t.Helper()
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	for text, options := range cases {
		for _, o := range options {
			_, err := newPipe(ca, o)
			if assert.ErrorContains(t, err, text) {
				assert.NotContains(t, err.Error(), "s3cr3t")
			}
		}
	}
}

// AssertPooled makes 50 calls at once, for which a pool of four connections is to be
// enough.
func AssertPooled(t *testing.T, s azuretest.Server, call func() error) {
	t.Helper()
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { assert.NoError(t, call()) })
	}
	group.Wait()
	assert.LessOrEqual(t, len(s.Logins()), 4)
}

// Telling is a handler that also sends the error it ends with.
func Telling[Session any](ended chan<- error, handler func(context.Context, Session) error) func(context.Context, Session) error {
	return func(ctx context.Context, s Session) error {
		err := handler(ctx, s)
		ended <- err
		return err
	}
}

// AssertCloses closes a server twice. It ends the session that tells its error, and
// listens no more.
func AssertCloses(t *testing.T, s azuretest.Server, ended <-chan error) {
	t.Helper()
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	assert.ErrorIs(t, <-ended, context.Canceled)
	_, err := net.Dial("tcp", s.Addr())
	assert.Error(t, err)
}
