package sqlserver

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
		"close":         azuretest.CloseAfterToken(),
		"half packet":   azuretest.HalfPacket(),
		"refuse":        azuretest.SQLServerRefuse(18456, 1, "Login failed for user '<token-identified principal>'."),
		"expired token": azuretest.ExpiredToken(),
		"routed astray": azuretest.Route("elsewhere.example.com", 1433),
	}
	b := newBench(t, nil)
	for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
		c := b.connector(t, encrypt)
		for name, fault := range faults {
			t.Run(encrypt+", "+name, func(t *testing.T) {
				defer b.server.Inject(fault)()
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				if name == "silent" {
					ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
				}
				defer cancel()
				_, err := c.Connect(ctx)
				require.Error(t, err)
				assertNoToken(t, b, fmt.Sprintf("%v|%+v|%#v|%s|%q", err, err, err, err, err))
				assert.NotContains(t, err.Error(), "\n")
			})
		}
	}
}

func TestAServersEchoIsNotPrinted(t *testing.T) {
	const password = "an ordinary c4nary"
	b := newBench(t, &azuretest.SQLServerOptions{Passwords: map[string]string{"admin": password}})
	byToken := b.connector(t, "")
	o := *b.options
	o.Credential = nil
	byPassword, err := NewConnector(b.dsn("user id=admin;password="+password), &o)
	require.NoError(t, err)
	defer func() { assert.NoError(t, byPassword.Close()) }()
	require.NoError(t, connect(t, byToken)) // so that there is a token to echo
	token := b.issuer.issued()[0]
	defer b.server.Inject(azuretest.SQLServerRefuse(18456, 1, "no login with "+token+" or "+password))()
	err = connect(t, byToken)
	require.ErrorContains(t, err, "no login with ***")
	assertNoToken(t, b, fmt.Sprintf("%v|%+v|%#v", err, err, err))
	err = connect(t, byPassword)
	require.ErrorContains(t, err, "no login with ***")
	assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", err, err, err), "c4nary")
}

func TestNoTokenInPrintedValues(t *testing.T) {
	b := newBench(t, nil)
	c := b.connector(t, "")
	conn, err := c.Connect(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	assertNoToken(t, b, fmt.Sprintf("%v|%+v|%#v", c, c, c))
	assertNoToken(t, b, fmt.Sprintf("%v|%+v|%#v", c.Status(), c.Status(), c.Status()))
	assertNoToken(t, b, fmt.Sprintf("%v|%+v|%#v", conn, conn, conn))
}

// A password login's error must not print the password that go-mssqldb's
// configuration holds.
func TestNoPasswordInErrors(t *testing.T) {
	c, err := NewConnector("server=127.0.0.1;port=1;user id=u;password=c4nary", &connector.Options{Environ: func() []string { return nil }})
	require.NoError(t, err)
	defer func() { assert.NoError(t, c.Close()) }()
	err = connect(t, c)
	require.ErrorContains(t, err, "dial tcp 127.0.0.1:1")
	assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", err, err, err), "c4nary")
	assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", c, c, c), "c4nary")
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
