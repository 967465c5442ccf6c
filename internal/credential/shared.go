package credential

import (
	"runtime"
	"sync"
	"weak"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/token"
)

// Caches are the process's tokens: handles with equal keys share one.
var Caches token.Group[Key]

// sources are the process's credentials, weakly held: the handles and the caches
// hold them. Handles that share a cache share its source.
var sources = struct {
	mu  sync.Mutex
	all map[Key]weak.Pointer[Source]
}{all: map[Key]weak.Pointer[Source]{}}

// TokenOptions are those of the identity's cache: a person who signs in has more
// time, and is asked only when a connection needs the token.
func TokenOptions(id identity.Identity, o *passwordless.Options) *token.Options {
	t := &token.Options{
		RequestTimeout: o.RequestTimeout,
		StartupWindow:  o.StartupWindow,
		NotReady:       notReady,
		OnDemand:       id.OnDemand(),
	}
	if t.OnDemand && t.RequestTimeout == 0 {
		t.RequestTimeout = identity.InteractiveTimeout
	}
	return t
}

// Shared returns the live source of the key, or makes one.
func Shared(k Key, id identity.Identity, cl cloud.Info, o *passwordless.Options) (*Source, error) {
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
	runtime.AddCleanup(s, func(k Key) {
		sources.mu.Lock()
		defer sources.mu.Unlock()
		if sources.all[k] == w {
			delete(sources.all, k)
		}
	}, k)
	return s, nil
}
