package credential

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"time"
	"weak"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/token"
)

// caches are the process's tokens: handles with equal keys share one.
var caches token.Group[cacheKey]

// sources are the process's credentials, weakly held: handles, which share one with a cache, hold them.
var sources = struct {
	mu  sync.Mutex
	all map[cacheKey]weak.Pointer[Source]
}{all: map[cacheKey]weak.Pointer[Source]{}}

// tokenOptions are those of the identity's cache: a person who signs in has more time, and is asked only
// when a connection needs the token.
func tokenOptions(id identity.Identity, o *passwordless.Options) *token.Options {
	t := &token.Options{RequestTimeout: o.RequestTimeout, StartupWindow: startupWindow(o), NotReady: notReady, OnDemand: id.OnDemand()}
	if t.OnDemand && t.RequestTimeout == 0 {
		t.RequestTimeout = identity.InteractiveTimeout
	}
	return t
}

// startupWindow is the one of the token cache, by which the source has to know whether the cache asks again.
func startupWindow(o *passwordless.Options) time.Duration {
	return cmp.Or(o.StartupWindow, 30*time.Second)
}

// Open returns the source of an identity's tokens and a handle of its cache: those of the process, where
// they can be shared. [Source.Release] goes with the handle's Close.
func Open(id identity.Identity, cl cloud.Cloud, o *passwordless.Options, observe func(passwordless.Event)) (*Source, *token.Handle, error) {
	k, shareable := keyOf(id, cl, o)
	group, find := &caches, func() (*Source, error) { return sharedSource(k, id, cl, o) }
	if !shareable {
		group, find = new(token.Group[cacheKey]), func() (*Source, error) { return New(id, cl, o) }
	}
	s, err := find()
	if err != nil {
		return nil, nil, err
	}
	s.prober.subscribe()
	create := func() *token.Cache { return token.New(observed(id.Kind, s.Fetch), tokenOptions(id, o)) }
	return s, group.Open(k, create, observe), nil
}

func sharedSource(k cacheKey, id identity.Identity, cl cloud.Cloud, o *passwordless.Options) (*Source, error) {
	sources.mu.Lock()
	defer sources.mu.Unlock()
	if s := sources.all[k].Value(); s != nil {
		return s, nil
	}
	s, err := New(id, cl, o)
	if err != nil {
		return nil, err
	}
	w := weak.Make(s)
	sources.all[k] = w
	runtime.AddCleanup(s, func(k cacheKey) {
		sources.mu.Lock()
		defer sources.mu.Unlock()
		if sources.all[k] == w {
			delete(sources.all, k)
		}
	}, k)
	return s, nil
}

// cacheKey tells apart the tokens that handles may share: equal keys mean the same identity asking the
// same issuer in the same way for the same scope.
type cacheKey struct {
	kind                                     passwordless.IdentityKind
	clientID, objectID, resourceID, tenantID string
	authority, scope                         string
	certificatePath, tokenFile               string
	sendChain, probe, eitherID               bool
	tools                                    [3]passwordless.IdentityKind
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

// keyOf returns the key of an identity's tokens. shareable is false when a part that counts cannot be
// compared: such a handle has its tokens to itself.
func keyOf(id identity.Identity, cl cloud.Cloud, o *passwordless.Options) (k cacheKey, shareable bool) {
	k = cacheKey{
		kind:     id.Kind,
		clientID: strings.ToLower(id.ClientID), objectID: strings.ToLower(id.ObjectID),
		resourceID: strings.ToLower(id.ResourceID), tenantID: strings.ToLower(id.TenantID),
		authority: cl.Authority, scope: cl.Scope,
		certificatePath: id.CertificatePath, tokenFile: id.TokenFile,
		sendChain: id.SendChain, probe: id.Probe, eitherID: id.EitherID,
	}
	copy(k.tools[:], id.Tools) // there are three
	if !id.Secret.IsZero() || !id.CertificatePassword.IsZero() {
		k.secrets = secretsHMAC(id.Secret.Reveal(), id.CertificatePassword.Reveal())
	}
	if o.ProbeIMDS != nil && id.Probe || !isComparable(o.Credential) || !isComparable(o.Transport) {
		return cacheKey{}, false
	}
	k.transport = o.Transport
	if id.Kind == passwordless.CustomCredential {
		k.credential = o.Credential
	}
	return k, true
}

// secretsHMAC binds each secret together with its length, so that no two pairs look alike.
func secretsHMAC(secrets ...string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, processKey())
	for _, s := range secrets {
		_, _ = fmt.Fprintf(mac, "%d:%s", len(s), s) // a hash takes every write
	}
	return [sha256.Size]byte(mac.Sum(nil))
}

// isComparable reports whether == is defined for v, down to what its interface fields hold.
func isComparable(v any) bool { return v == nil || reflect.ValueOf(v).Comparable() }
