package drivertest

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Issuer is a credential that keeps all its tokens, to look for them where they
// must not be.
type Issuer struct {
	Size         int           // the least of a bench's tokens to come
	RefreshAfter time.Duration // what it says of each token; zero: nothing

	life time.Duration
	mint func(number int, expires time.Time) string

	mu     sync.Mutex
	tokens []string    // guarded by mu
	times  []time.Time // guarded by mu: when they were issued
}

// GetToken makes a token.
func (i *Issuer) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	token := azcore.AccessToken{Token: i.mint(len(i.tokens), now.Add(i.life)), ExpiresOn: now.Add(i.life)}
	if i.RefreshAfter > 0 {
		token.RefreshOn = now.Add(i.RefreshAfter)
	}
	i.tokens, i.times = append(i.tokens, token.Token), append(i.times, now)
	return token, nil
}

// unsigned makes a token that says its number and when it expires.
func unsigned(number int, expires time.Time) string {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	return part(`{"alg":"none"}`) + "." + part(fmt.Sprintf(`{"jti":"%d","exp":%d}`, number, expires.Unix())) + ".sig"
}

// Issued returns the tokens given so far.
func (i *Issuer) Issued() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.tokens)
}

// Times tells when each of them was given.
func (i *Issuer) Times() []time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.times)
}

// AssertNotIn looks in the text for the parts of each token: at least one must have
// been given.
func (i *Issuer) AssertNotIn(t *testing.T, text string) {
	t.Helper()
	issued := i.Issued()
	require.NotEmpty(t, issued)
	for _, token := range issued {
		for part := range strings.SplitSeq(token, ".") {
			assert.False(t, strings.Contains(text, part[:min(len(part), 30)]), "a part of a token is in the text")
		}
	}
}
