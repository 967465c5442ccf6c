package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

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
		"MD5":           azuretest.AskMD5(),
		"SCRAM":         azuretest.AskSCRAM(),
		"close":         azuretest.CloseAfterToken(),
		"half packet":   azuretest.HalfPacket(),
		"refuse":        azuretest.PostgresRefuse("28P01", "password authentication failed", "a hint"),
		"expired token": azuretest.ExpiredToken(),
	}
	b := newBench(t, nil)
	c := b.connector(t, "")
	pool := b.pool(t, "")
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
			poolErr := pool.Ping(ctx)
			require.Error(t, poolErr)
			for _, e := range []error{err, poolErr, Explain(poolErr)} {
				for _, text := range []string{e.Error(), fmt.Sprintf("%v|%+v|%#v|%s|%q", e, e, e, e, e)} {
					assertNoToken(t, b, text)
				}
			}
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestAServersEchoIsNotPrinted(t *testing.T) {
	const password = "an ordinary c4nary"
	b := newBench(t, &azuretest.PostgresOptions{Passwords: map[string]string{"admin": password}})
	byToken := b.connector(t, "")
	o := *b.options
	o.Credential = nil
	byPassword, err := NewConnector(b.dsn("user=admin password='"+password+"'"), &o)
	require.NoError(t, err)
	defer func() { assert.NoError(t, byPassword.Close()) }()
	require.NoError(t, connect(t, byToken)) // so that there is a token to echo
	token := b.issuer.issued()[0]
	defer b.server.Inject(azuretest.PostgresRefuse("28P01", "no login with "+token+" or "+password, ""))()
	err = connect(t, byToken)
	require.ErrorContains(t, err, "no login with ***")
	assertNoToken(t, b, fmt.Sprintf("%v|%+v", err, err))
	err = connect(t, byPassword)
	require.ErrorContains(t, err, "no login with ***")
	assert.NotContains(t, fmt.Sprintf("%v|%+v", err, err), "c4nary")
}

// A short password is part of many words, but no server has said these.
func TestNetworkErrorsStayReadable(t *testing.T) {
	c, err := NewConnector("host=127.0.0.1 port=1 user=u password=p", &connector.Options{Environ: func() []string { return nil }})
	require.NoError(t, err)
	defer func() { assert.NoError(t, c.Close()) }()
	assert.ErrorContains(t, connect(t, c), "dial tcp 127.0.0.1:1")
}

func TestNoTokenInPrintedValues(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t, "")
	require.NoError(t, connect(t, c))
	assertNoToken(t, b, fmt.Sprintf("%v|%+v|%#v", c, c, c))
	assertNoToken(t, b, fmt.Sprintf("%v|%+v|%#v", c.Status(), c.Status(), c.Status()))
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
