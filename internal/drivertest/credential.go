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

	"github.com/azuredb/passwordless/azuretest"
)

var _, _ azcore.TokenCredential = (*Issuer)(nil), (*ShortLived)(nil)

// Issuer is a credential that mints tokens of one identity and keeps them all,
// to look for them where they must not be.
type Issuer struct {
	TokenOptions azuretest.TokenOptions // of the tokens to come

	cloud    *azuretest.Cloud
	identity azuretest.Identity

	mu     sync.Mutex
	tokens []string // guarded by mu
}

// GetToken mints a token that is good for an hour.
func (i *Issuer) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token := i.cloud.Mint(i.identity, i.TokenOptions)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.tokens = append(i.tokens, token)
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// Issued returns the tokens given so far.
func (i *Issuer) Issued() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.tokens)
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

// ShortLived is a credential without a cloud, whose tokens live as long as it says
// by the clock of a bubble.
type ShortLived struct {
	RenewAfter time.Duration // what it says of each token's renewal; zero: nothing

	life time.Duration

	mu    sync.Mutex
	times []time.Time // guarded by mu: of the requests
}

// GetToken returns a token that says its number and when it expires.
func (s *ShortLived) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.times = append(s.times, now)
	token := azcore.AccessToken{ExpiresOn: now.Add(s.life)}
	if s.RenewAfter > 0 {
		token.RefreshOn = now.Add(s.RenewAfter)
	}
	claims := fmt.Sprintf(`{"jti":"%d","exp":%d}`, len(s.times), token.ExpiresOn.Unix())
	token.Token = part(`{"alg":"none"}`) + "." + part(claims) + ".sig"
	return token, nil
}

// Requests counts the tokens given so far.
func (s *ShortLived) Requests() int { return len(s.Times()) }

// Times tells when each of them was given.
func (s *ShortLived) Times() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.times)
}
