package token_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/token"
)

func TestACachePrintsNoToken(t *testing.T) {
	const canary = "eyJcanary"
	tokens := []string{canary, canary + "2"}
	c := token.New(func(context.Context, bool) (azcore.AccessToken, error) {
		next := tokens[0]
		tokens = tokens[1:]
		return azcore.AccessToken{Token: next, ExpiresOn: time.Now().Add(time.Hour)}, nil
	}, nil)
	for range 2 { // one held, one dropped
		held, err := c.Token(t.Context())
		require.NoError(t, err)
		printed := fmt.Sprintf("%v %+v %#v %s %v", c, c, c, c, struct{ *token.Cache }{c})
		assert.NotContains(t, printed, canary)
		c.Invalidate(held.Token)
	}
	var group token.Group[string]
	h := group.Open("k", func() *token.Cache { return c }, nil)
	defer func() { assert.NoError(t, h.Close()) }()
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", h, h, &group), canary)
}
