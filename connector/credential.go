package connector

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// source asks for the tokens of one identity. Its credentials are built once,
// not per token. Any number of goroutines may use it.
type source struct {
	chosen    identity
	cloud     cloudInfo
	transport policy.Transporter
	probe     func(context.Context) bool

	mu          sync.Mutex                              // never held across a request
	credentials map[IdentityKind]azcore.TokenCredential // guarded by mu: those built so far

	// object asks for the same managed identity with its ID taken as an object ID;
	// nil unless it may be one. byObject is set once it was.
	object   *source
	byObject atomic.Bool

	// answered is the IdentityKind that gave the first token, 0 before it. Until
	// then nothing is settled: a host's identity endpoint, or a developer's sign-in,
	// may yet come.
	answered atomic.Uint32
}

// newSource returns a source for the identity. What can be found wrong without
// the network, such as an unreadable certificate, is an error here.
func newSource(id identity, cl cloudInfo, o *Options) (*source, error) {
	s := &source{chosen: id, cloud: cl, transport: identityTransport(o), credentials: map[IdentityKind]azcore.TokenCredential{}}
	s.probe = func(ctx context.Context) bool { return probeIMDS(ctx, s.transport) }
	if o.ProbeIMDS != nil {
		s.probe = o.ProbeIMDS
	}
	if id.kind == OwnCredential {
		s.credentials[OwnCredential] = o.Credential
	}
	if _, err := s.credential(id.kind, false); err != nil {
		if _, ok := errors.AsType[*SetupError](err); ok {
			return nil, err
		}
		return nil, &SetupError{Err: fmt.Errorf("%s: %w", id, err)}
	}
	if id.eitherID {
		// Not all hosts take object IDs: Azure Machine Learning does not. There the ID
		// is the client ID.
		s.object, _ = newSource(id.byObjectID(), cl, o)
	}
	return s, nil
}

func identityTransport(o *Options) policy.Transporter {
	if o.Transport != nil {
		return o.Transport
	}
	return identityClient()
}

// as returns who id turned out to be: itself, or after the first token the
// developer's sign-in that answered in its place. Handles that share a source
// may have come to the same identity by different rules.
func (s *source) as(id identity) identity {
	if s.byObject.Load() {
		return id.byObjectID()
	}
	kind := IdentityKind(s.answered.Load())
	if kind == 0 || kind == id.kind {
		return id
	}
	return id.answeredBy(kind)
}

// fetch asks for a token; fresh passes every cache between here and the issuer.
// It is a [token.FetchFunc].
func (s *source) fetch(ctx context.Context, fresh bool) (azcore.AccessToken, error) {
	if s.byObject.Load() {
		return s.object.fetch(ctx, fresh)
	}
	id := s.as(s.chosen)
	if s.answered.Load() != 0 {
		return s.ask(ctx, id, fresh)
	}
	switch {
	case id.kind.developerTool():
		return s.askTools(ctx, append([]IdentityKind{id.kind}, id.tools...), nil)
	case id.probe && !s.inAzure(ctx):
		if ctx.Err() != nil {
			return azcore.AccessToken{}, newIdentityError(ctx, id, ctx.Err(), &witness{})
		}
		return s.askTools(ctx, id.tools, nil)
	}
	tok, err := s.ask(ctx, id, fresh)
	switch {
	case err == nil:
		s.answered.CompareAndSwap(0, uint32(id.kind))
	case id.kind == SystemAssigned && len(id.tools) > 0 && hasNoIdentity(err):
		return s.askTools(ctx, id.tools, err)
	case s.object != nil && hasNoIdentity(err):
		return s.askByObjectID(ctx, fresh, err)
	}
	return tok, err
}

// inAzure asks the probe, for a second at most.
func (s *source) inAzure(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	return s.probe(ctx)
}

// askTools asks the developer's sign-ins in turn. The first to answer is asked
// from then on. before is why there was no other token; it may be nil.
func (s *source) askTools(ctx context.Context, tools []IdentityKind, before error) (azcore.AccessToken, error) {
	var failed toolsError
	if before != nil {
		failed = append(failed, before)
	}
	for _, tool := range tools {
		id := s.chosen.answeredBy(tool)
		tok, err := s.ask(ctx, id, false)
		if err == nil {
			s.answered.CompareAndSwap(0, uint32(tool))
			return tok, nil
		}
		failed = append(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	return azcore.AccessToken{}, failed
}

// ask gets a token for id, building the credential again once if the issuer says
// that the certificate, or the pod's token, it was built from has expired.
func (s *source) ask(ctx context.Context, id identity, fresh bool) (azcore.AccessToken, error) {
	tok, err := s.request(ctx, id, fresh)
	if err != nil && !fresh && id.kind.rebuilt() && hasStaleProof(err) {
		return s.request(ctx, id, true)
	}
	return tok, err
}

// request makes one token request.
func (s *source) request(ctx context.Context, id identity, fresh bool) (azcore.AccessToken, error) {
	var w witness
	credential, err := s.credential(id.kind, fresh)
	if err != nil {
		return azcore.AccessToken{}, newIdentityError(ctx, id, err, &w)
	}
	options := policy.TokenRequestOptions{Scopes: []string{s.cloud.scope}}
	if _, managed := credential.(*azidentity.ManagedIdentityCredential); managed && fresh {
		options.Claims = "{}" // not sent; makes MSAL pass its cache
	}
	tok, err := credential.GetToken(withWitness(ctx, &w), options)
	if err == nil && tok.Token == "" {
		err = errors.New("the answer holds no token")
	}
	if err == nil {
		err = checkAudience(tok.Token, s.cloud.scope)
	}
	if err != nil {
		return azcore.AccessToken{}, newIdentityError(ctx, id, err, &w)
	}
	return tok, nil
}

// credential returns the credential for a kind. fresh builds another one where
// that is the only way past its cache.
func (s *source) credential(kind IdentityKind, fresh bool) (azcore.TokenCredential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.credentials[kind]; ok && !(fresh && kind.rebuilt()) {
		return c, nil
	}
	c, err := s.build(kind)
	if err != nil {
		return nil, err
	}
	s.credentials[kind] = c
	return c, nil
}

// rebuilt reports whether only a new credential object passes the cache of the
// old one.
func (k IdentityKind) rebuilt() bool {
	return k == ServicePrincipal || k == ServicePrincipalCertificate || k == WorkloadIdentity
}

// build makes a credential of azidentity.
func (s *source) build(kind IdentityKind) (azcore.TokenCredential, error) {
	switch kind {
	case SystemAssigned, UserAssigned:
		return s.buildManaged()
	case ServicePrincipal:
		return s.buildSecret()
	case ServicePrincipalCertificate:
		return s.buildCertificate()
	case WorkloadIdentity:
		return s.buildWorkload()
	case AzureCLI, AzureDeveloperCLI, AzurePowerShell:
		return s.buildTool(kind)
	case Interactive:
		return s.buildInteractive()
	case DeviceCode:
		return s.buildDeviceCode()
	default:
		return nil, errors.New("connector: " + kind.String() + " has no credential")
	}
}

// clientOptions are for credentials that talk to the issuer themselves. The
// authority is always given: azidentity would read AZURE_AUTHORITY_HOST from the
// process's environment instead.
func (s *source) clientOptions() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: s.cloud.authority},
		Transport: witnessed{s.transport},
	}
}
