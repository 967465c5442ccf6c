package token_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/token"
)

func TestUselessAnswers(t *testing.T) {
	now := time.Now()
	for _, row := range []struct {
		name   string
		answer azcore.AccessToken
		text   string
	}{
		{"empty", azcore.AccessToken{ExpiresOn: now.Add(time.Hour)}, "token: the credential returned an empty token"},
		{"expired", azcore.AccessToken{Token: "canary", ExpiresOn: time.Unix(1700000000, 0)},
			"token: the credential returned a token that expired at 2023-11-14T22:13:20Z: check this machine's clock"},
		{"no expiry", azcore.AccessToken{Token: "canary"},
			"token: the credential returned a token without an expiry time"},
		{"expiry 0", azcore.AccessToken{Token: "canary", ExpiresOn: time.Unix(0, 0)},
			"token: the credential returned a token without an expiry time"},
	} {
		t.Run(row.name, func(t *testing.T) {
			i := &issuer{script: always(row.answer)}
			_, err := token.New(i.fetch, nil).Token(t.Context())
			require.EqualError(t, err, row.text)
		})
	}
}

func TestPanicIsAnError(t *testing.T) {
	for _, row := range []struct {
		name, text string
		raise      func()
	}{
		{"string", "with a value of type string", func() { panic("canary") }},
		{"error", "with a value of type *errors.errorString", func() { panic(errors.New("canary")) }},
		{"index", "index out of range [3] with length 3", func() { s := make([]int, 3); s[len(s)]++ }},
		{"nil pointer", "nil pointer dereference", func() { var i *issuer; _ = i.life }},
		{"goexit", "token: the credential ended its goroutine", runtime.Goexit},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{}
				i.set(func(context.Context, int, bool) (azcore.AccessToken, error) {
					time.Sleep(time.Second)
					row.raise()
					return azcore.AccessToken{}, nil
				})
				c := token.New(i.fetch, nil)
				var wg sync.WaitGroup
				for range 10 {
					wg.Go(func() {
						_, err := c.Token(t.Context())
						if assert.ErrorContains(t, err, row.text) {
							assert.NotContains(t, err.Error(), "canary")
						}
						if row.name != "goexit" {
							assert.ErrorContains(t, err, "token: the credential panicked in github.com/azuredb/passwordless/token_test.TestPanicIsAnError")
							assert.ErrorContains(t, err, "(call_test.go:")
						}
					})
				}
				wg.Wait()
				assert.Equal(t, 1, i.requests())
				time.Sleep(time.Second)
				i.heal()
				want(t, c, "token-2")
			})
		})
	}
}
