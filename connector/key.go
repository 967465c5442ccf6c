package connector

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// key tells apart the tokens that handles may share: equal keys mean the same
// identity asking the same issuer in the same way for the same scope.
type key struct {
	kind                                     IdentityKind
	clientID, objectID, resourceID, tenantID string
	authority, scope                         string
	certificatePath, tokenFile               string
	sendChain, probe, eitherID               bool
	tools                                    string
	secrets                                  [sha256.Size]byte // an HMAC, so that keys hold no secret
	credential                               azcore.TokenCredential
	transport                                policy.Transporter
}

// processKey makes the HMACs of one process meaningless in any other.
var processKey = sync.OnceValue(func() []byte {
	b := make([]byte, sha256.Size)
	_, _ = rand.Read(b) // never fails: see its documentation
	return b
})

// sourceKey returns the key of an identity's tokens. shareable is false when a
// part that counts cannot be compared: such a handle has its tokens to itself.
func sourceKey(id identity, cl cloudInfo, o *Options) (k key, shareable bool) {
	k = key{
		kind:            id.kind,
		clientID:        strings.ToLower(id.clientID),
		objectID:        strings.ToLower(id.objectID),
		resourceID:      strings.ToLower(id.resourceID),
		tenantID:        strings.ToLower(id.tenantID),
		authority:       cl.authority,
		scope:           cl.scope,
		certificatePath: id.certificatePath,
		tokenFile:       id.tokenFile,
		sendChain:       id.sendChain,
		probe:           id.probe,
		eitherID:        id.eitherID,
		tools:           fmt.Sprint(id.tools),
		secrets:         secretsHMAC(id.secret.Reveal(), id.certificatePassword.Reveal()),
	}
	if o.ProbeIMDS != nil && id.probe || !isComparable(o.Credential) || !isComparable(o.Transport) {
		return key{}, false
	}
	k.transport = o.Transport
	if id.kind == OwnCredential {
		k.credential = o.Credential
	}
	return k, true
}

// secretsHMAC binds each secret together with its length, so that no two pairs
// look alike.
func secretsHMAC(secrets ...string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, processKey())
	for _, s := range secrets {
		_, _ = fmt.Fprintf(mac, "%d:%s", len(s), s) // a hash takes every write
	}
	return [sha256.Size]byte(mac.Sum(nil))
}

// isComparable reports whether v can be part of a key: nil can, and whatever == is
// defined for, down to what its interface fields hold.
func isComparable(v any) bool { return v == nil || reflect.ValueOf(v).Comparable() }
