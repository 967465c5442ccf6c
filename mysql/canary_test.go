package mysql

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
)

// TestNoTokenInErrors sends a login down every failing path and looks for the
// token in what comes back, however it is printed.
func TestNoTokenInErrors(t *testing.T) {
	faults := map[string]azuretest.ServerFault{
		"no TLS":        azuretest.NoTLS(),
		"plaintext":     azuretest.Plaintext(),
		"self-signed":   azuretest.SelfSigned(),
		"wrong name":    azuretest.WrongName(),
		"expired":       azuretest.ExpiredCertificate(),
		"silent":        azuretest.Silent(),
		"native":        azuretest.AskNativePassword(),
		"caching_sha2":  azuretest.AskCachingSHA2(),
		"close":         azuretest.CloseAfterToken(),
		"half packet":   azuretest.HalfPacket(),
		"refuse":        azuretest.MySQLRefuse(1045, "28000", "Access denied"),
		"expired token": azuretest.ExpiredToken(),
	}
	b := newBench(t, nil)
	var logged lockedBuffer
	b.options.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := b.connector(t)
	cfg := mysql.NewConfig()
	cfg.Logger = log.New(&logged, "driver ", 0)
	require.NoError(t, Configure(cfg, b.dsn(), b.options))
	own, err := mysql.NewConnector(cfg)
	require.NoError(t, err)
	require.NoError(t, connect(t, c)) // so that there is a token
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			remove := b.server.Inject(fault)
			defer remove()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			if name == "silent" {
				ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
			}
			defer cancel()
			_, err := c.Connect(ctx)
			require.Error(t, err)
			_, ownErr := own.Connect(ctx)
			require.Error(t, ownErr)
			for _, e := range []error{err, ownErr, Explain(ownErr)} {
				for _, text := range []string{e.Error(), fmt.Sprintf("%v|%+v|%#v|%s|%q", e, e, e, e, e)} {
					assertNoToken(t, b, text)
				}
			}
			assert.NotContains(t, err.Error(), "\n")
		})
	}
	require.Contains(t, logged.String(), "driver ")
	require.Contains(t, logged.String(), "level=")
	assertNoToken(t, b, logged.String())
}

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

func TestAServersEchoIsNotPrinted(t *testing.T) {
	const password = "an ordinary c4nary"
	b := newBench(t, &azuretest.MySQLOptions{Passwords: map[string]string{"admin": password}})
	byToken := b.connector(t)
	o := *b.options
	o.Credential = nil
	byPassword, err := NewConnector(strings.Replace(b.dsn(), "app@", "admin:"+password+"@", 1), &o)
	require.NoError(t, err)
	defer func() { assert.NoError(t, byPassword.Close()) }()
	require.NoError(t, connect(t, byToken)) // so that there is a token to echo
	token := b.issuer.issued()[0]
	defer b.server.Inject(azuretest.MySQLRefuse(1045, "28000", "no login with "+token+" or "+password))()
	err = connect(t, byToken)
	require.ErrorContains(t, err, "no login with ***")
	assertNoToken(t, b, fmt.Sprintf("%v|%+v", err, err))
	err = connect(t, byPassword)
	require.ErrorContains(t, err, "no login with ***")
	assert.NotContains(t, fmt.Sprintf("%v|%+v", err, err), "c4nary")
}

// A short password is part of many words, but no server has said these.
func TestNetworkErrorsStayReadable(t *testing.T) {
	c, err := NewConnector("u:p@tcp(127.0.0.1:1)/", &connector.Options{Environ: func() []string { return nil }})
	require.NoError(t, err)
	defer func() { assert.NoError(t, c.Close()) }()
	assert.ErrorContains(t, connect(t, c), "dial tcp 127.0.0.1:1")
}

func TestNoTokenInPrintedValues(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t)
	require.NoError(t, connect(t, c))
	assertNoToken(t, b, fmt.Sprintf("%v|%+v|%#v", c, c, c))
	assertNoToken(t, b, fmt.Sprintf("%v|%+v|%#v", c.Status(), c.Status(), c.Status()))
	for _, server := range c.servers {
		assertNoToken(t, b, fmt.Sprintf("%v|%+v|%#v", server, server, server)+server.FormatDSN())
	}
}

// assertNoToken looks for the signature and the payload of each token.
func assertNoToken(t *testing.T, b *bench, text string) {
	t.Helper()
	require.NotEmpty(t, b.issuer.issued())
	for _, token := range b.issuer.issued() {
		for part := range strings.SplitSeq(token, ".") {
			assert.False(t, strings.Contains(text, part[:min(len(part), 30)]), "a part of a token is in the text")
		}
	}
}
