package credential

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/observe"
	"github.com/azuredb/passwordless/token"
)

// observed is fetch, each call of which is counted in the metrics: once, however many
// handles share the cache. A cache makes one call at a time.
func observed(kind passwordless.IdentityKind, fetch token.FetchFunc) token.FetchFunc {
	var last [sha256.Size]byte // of the token
	return func(ctx context.Context, forceRefresh bool) (azcore.AccessToken, error) {
		began := time.Now()
		tok, err := fetch(ctx, forceRefresh)
		e := observe.Event{Kind: observe.TokenRequest, Identity: kind, Outcome: observe.OK}
		switch sum := sha256.Sum256([]byte(tok.Token)); {
		case err != nil:
			e.Outcome, e.ErrorType = observe.Failed, observe.ErrorType(err, AdviceOf(err).Anchor)
		case sum == last:
			e.Outcome = observe.Unchanged
		default:
			last = sum
		}
		observe.Emit(context.Background(), e.Since(began))
		return tok, err
	}
}
