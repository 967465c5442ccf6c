package sqlserver

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func TestNoTokenInErrors(t *testing.T) {
	b := engine.Bench(t, nil)
	for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
		t.Run(encrypt, func(t *testing.T) {
			c := b.Connector(t, encrypt)
			b.NoTokenInErrors(t, map[string]azuretest.ServerFault{
				"refuse":        {Kind: azuretest.Refuse, Err: &sqlservertest.Error{Number: 18456, State: 1, Message: "Login failed for user '<token-identified principal>'."}},
				"routed astray": {Kind: azuretest.Route, Host: "elsewhere.example.com", Port: 1433},
			}, func(ctx context.Context) []error {
				_, err := c.Connect(ctx)
				return []error{err}
			})
		})
	}
}

func TestAServersEchoIsNotPrinted(t *testing.T) {
	b := engine.Bench(t, &sqlservertest.Options{Passwords: map[string]string{"admin": drivertest.Password}})
	b.EchoIsNotPrinted(t, b.DSN("user id=admin;password="+drivertest.Password), func(message string) azuretest.ServerFault {
		return azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlservertest.Error{Number: 18456, State: 1, Message: message}}
	})
}

func TestNoTokenInPrintedValues(t *testing.T) {
	b := engine.Bench(t, nil)
	conn, err := b.NoTokenInValues(t).Connect(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v", conn, conn, conn))
}

// A password login's error must not print the password that go-mssqldb's
// configuration holds.
func TestNoPasswordInErrors(t *testing.T) {
	c, err := NewConnector("server=127.0.0.1;port=1;user id=u;password=c4nary", &passwordless.Options{Environ: func() []string { return nil }})
	require.NoError(t, err)
	defer func() { assert.NoError(t, c.Close()) }()
	err = drivertest.Connect(t, c)
	require.ErrorContains(t, err, "dial tcp 127.0.0.1:1")
	assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", err, err, err), "c4nary")
	assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", c, c, c), "c4nary")
}
