package livecheck

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/azuredb/passwordless"
	identitycredential "github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/plan"
)

// credential is the one that the library chooses for a target, as Options.Credential: it says that its tokens
// live for life, and bypasses every cache for all but the first. It keeps the tokens, to look for them in errors.
type credential struct {
	source *identitycredential.Source
	life   time.Duration
	change func(token string) string // if nil, tokens stay as they are

	mu     sync.Mutex
	tokens []string // all that were given
	ends   []time.Time
}

// newCredential is for tokens of the scope, if empty the target's own.
func (r *run) newCredential(life time.Duration, scope string) (*credential, error) {
	p, err := plan.Make(identity.DetectHost(), r.Engine, r.DSN, &passwordless.Options{Scope: scope})
	if err != nil {
		return nil, err
	}
	if p.Identity.LacksTenant() {
		return nil, fmt.Errorf("the service principal has no tenant: set AZURE_TENANT_ID for this check")
	}
	source, err := identitycredential.New(p.Identity, p.Cloud, p.Options)
	return &credential{source: source, life: life}, err
}

// GetToken is an [azcore.TokenCredential]'s.
func (c *credential) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.source.Fetch(ctx, len(c.given()) > 0)
	if err != nil {
		return token, err
	}
	if c.change != nil {
		token.Token = c.change(token.Token)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	token.RefreshOn, token.ExpiresOn = time.Time{}, time.Now().Add(c.life)
	c.tokens, c.ends = append(c.tokens, token.Token), append(c.ends, token.ExpiresOn)
	return token, nil
}

// given returns the tokens that were given, in order.
func (c *credential) given() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.tokens)
}

// firstEnds is when the first token ends, as the library was told.
func (c *credential) firstEnds() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ends[0]
}
