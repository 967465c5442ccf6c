package drivertest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// lockedBuffer is a log that may be written to from any goroutine.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Logins go down every failing path, and the token is in nothing that comes back,
// however it is printed, or is logged.
func TestNoTokenInErrors(t *testing.T) {
	onEachMode(t, func(t *testing.T, e *engine, mode string) {
		b := e.Bench(t, &front{})
		var logged lockedBuffer
		b.Options.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c := b.Connector(t, mode)
		doors := append([]door{e.throughConnector()}, e.doors...)
		logins := make([]login, len(doors))
		for i, d := range doors {
			logins[i] = d.open(t, b.DSN(mode), b.Options, &logged)
		}
		require.NoError(t, drivertest.Connect(t, c)) // so that there is a token
		faults := map[string]azuretest.ServerFault{
			"no TLS":        {Kind: azuretest.NoTLS},
			"plaintext":     {Kind: azuretest.Plaintext},
			"self-signed":   {Kind: azuretest.SelfSigned},
			"wrong name":    {Kind: azuretest.WrongName},
			"expired":       {Kind: azuretest.ExpiredCertificate},
			"silent":        {Kind: azuretest.Silent},
			"close":         {Kind: azuretest.CloseAfterToken},
			"half packet":   {Kind: azuretest.HalfPacket},
			"expired token": {Kind: azuretest.ExpiredToken},
			"refuse":        refuse(e.refusal("Access denied")),
		}
		maps.Copy(faults, e.faults)
		for name, fault := range faults {
			t.Run(name, func(t *testing.T) {
				defer b.Server.Inject(fault)()
				limit := 5 * time.Second
				if name == "silent" {
					limit = 50 * time.Millisecond
				}
				for i, login := range logins {
					ctx, cancel := context.WithTimeout(t.Context(), limit)
					_, err := login(ctx)
					cancel()
					for _, err := range []error{err, doors[i].explain(err)} {
						require.Error(t, err)
						b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v|%s|%q", err, err, err, err, err))
						if _, ok := errors.AsType[*passwordless.LoginError](err); ok {
							assert.NotContains(t, err.Error(), "\n")
						}
					}
				}
			})
		}
		require.Contains(t, logged.String(), "level=")
		if e.kind == dsn.MySQL {
			require.Contains(t, logged.String(), "driver ")
		}
		b.Issuer.AssertNotIn(t, logged.String())
	})
}

// A server refuses logins with a text that has the secret in it.
func TestAServersEchoIsNotPrinted(t *testing.T) {
	const secret = "an ordinary c4nary"
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{passwords: map[string]string{"admin": secret}})
		token := b.Connector(t)
		require.NoError(t, drivertest.Connect(t, token)) // so that there is a token to echo
		b.Options.Credential = nil
		password := b.Open(t, e.withPassword(b, "admin", secret))

		whole := b.Server.Inject(refuse(e.refusal("no login with " + b.Issuer.Issued()[0] + " or " + secret)))
		err := drivertest.Connect(t, token)
		require.ErrorContains(t, err, "no login with ***")
		b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v", err, err, err))
		err = drivertest.Connect(t, password)
		require.ErrorContains(t, err, "no login with ***")
		assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", err, err, err), "c4nary")

		whole()
		issued := b.Issuer.Issued()[0]
		b.Server.Inject(refuse(e.refusal("no login with " + issued[:len(issued)/2] + " and " + issued[len(issued)/2:])))
		require.ErrorContains(t, drivertest.Connect(t, token), "no login with *** and ***")
	})
}

// A short password is part of many words, but no server has said these.
func TestNetworkErrorsStayReadable(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{})
		b.Options.Credential = nil
		require.NoError(t, b.Server.Close())
		c := b.Open(t, e.withPassword(b, "u", "p"))
		assert.ErrorContains(t, drivertest.Connect(t, c), "dial tcp "+b.Server.Addr())
	})
}

// However the connector and its state are printed.
func TestNoTokenInPrintedValues(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		b := e.Bench(t, &front{})
		c := b.Connector(t)
		require.NoError(t, drivertest.Connect(t, c))
		b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v", c, c, c))
		b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v", c.Status(), c.Status(), c.Status()))
	})
}
