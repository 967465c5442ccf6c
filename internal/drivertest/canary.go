package drivertest

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// NoTokenInErrors sends logins down every failing path, those of every engine and
// the given ones, and looks for the token in what comes back, however it is
// printed. Attempt returns what one or several logins fail with; the first is that
// of the package's own connector.
func (b *Bench[S, O, C]) NoTokenInErrors(t *testing.T, own map[string]azuretest.ServerFault, attempt func(context.Context) []error) {
	t.Helper()
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
	}
	maps.Copy(faults, own)
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			defer b.Server.Inject(fault)()
			limit := 5 * time.Second
			if name == "silent" {
				limit = 50 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			errs := attempt(ctx)
			for _, err := range errs {
				require.Error(t, err)
				b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v|%s|%q", err, err, err, err, err))
			}
			assert.NotContains(t, errs[0].Error(), "\n")
		})
	}
}

// Password is the one of EchoIsNotPrinted, user admin's.
const Password = "an ordinary c4nary"

// EchoIsNotPrinted refuses logins with a text that has the secret in it. The bench's
// server must know Password, and byPassword be the string to log in with it.
func (b *Bench[S, O, C]) EchoIsNotPrinted(t *testing.T, byPassword string, refuse func(message string) azuretest.ServerFault) {
	t.Helper()
	token := b.Connector(t)
	credential := b.Options.Credential
	b.Options.Credential = nil
	password := b.Open(t, byPassword)
	b.Options.Credential = credential

	require.NoError(t, Connect(t, token)) // so that there is a token to echo
	defer b.Server.Inject(refuse("no login with " + b.Issuer.Issued()[0] + " or " + Password))()
	err := Connect(t, token)
	require.ErrorContains(t, err, "no login with ***")
	b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v", err, err, err))
	err = Connect(t, password)
	require.ErrorContains(t, err, "no login with ***")
	assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", err, err, err), "c4nary")
}

// NoTokenInValues connects and looks for the token in the connector and its state,
// however they are printed. It returns the connector.
func (b *Bench[S, O, C]) NoTokenInValues(t *testing.T) C {
	t.Helper()
	c := b.Connector(t)
	require.NoError(t, Connect(t, c))
	b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v", c, c, c))
	b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v", c.Status(), c.Status(), c.Status()))
	return c
}
