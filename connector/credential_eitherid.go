package connector

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// byObjectID is id with its client ID taken as an object ID. That the host is in
// Azure is known by the time it is asked for.
func (id identity) byObjectID() identity {
	id.objectID, id.clientID, id.eitherID = id.clientID, "", false
	id.probe, id.tools = false, nil
	return id
}

// askByObjectID asks again with the ID taken as an object ID. before is what the
// host said about it as a client ID.
func (s *source) askByObjectID(ctx context.Context, fresh bool, before error) (azcore.AccessToken, error) {
	tok, err := s.object.fetch(ctx, fresh)
	switch {
	case err == nil:
		s.byObject.Store(true)
	case hasNoIdentity(err):
		err = before // which says that it is neither
	}
	return tok, err
}
