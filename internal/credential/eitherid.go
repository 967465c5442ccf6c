package credential

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// askByObjectID asks again with the ID taken as an object ID. before is what the
// host said about it as a client ID.
func (s *Source) askByObjectID(ctx context.Context, fresh bool, before error) (azcore.AccessToken, error) {
	tok, err := s.object.Fetch(ctx, fresh)
	switch {
	case err == nil:
		s.byObject.Store(true)
	case hasNoIdentity(err):
		err = before // which says that it is neither
	}
	return tok, err
}
