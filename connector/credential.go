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
	prober    prober // for identities that need a probe

	mu          sync.Mutex                              // never held across a request
	credentials map[IdentityKind]azcore.TokenCredential // guarded by mu: those built so far

	// object asks for the same managed identity with its ID taken as an object ID;
	// nil unless it may be one. byObject is set once it was.
	object   *source
	byObject atomic.Bool

	// answered is who gave the first token, nil before it. Until then nothing is
	// settled: a host's identity endpoint, or a developer's sign-in, may yet come.
	answered atomic.Pointer[answerer]

	unproven atomic.Pointer[[]grant] // the latest tokens of fallbacks that may end
}

// answerer is who gives the tokens.
type answerer struct {
	kind IdentityKind

	// unproven is set for a developer's sign-in that was chosen because the metadata
	// service did not answer. It gives way to the managed identity once that does.
	unproven bool
}

// grant is a token and who gave it.
type grant struct {
	token string
	kind  IdentityKind
}

// newSource returns a source for the identity. What can be found wrong without
// the network, such as an unreadable certificate, is an error here.
func newSource(id identity, cl cloudInfo, o *Options) (*source, error) {
	s := &source{chosen: id, cloud: cl, transport: identityTransport(o), credentials: map[IdentityKind]azcore.TokenCredential{}}
	s.prober.ask = func(ctx context.Context) probeOutcome { return probeIMDS(ctx, s.transport) }
	if o.ProbeIMDS != nil {
		s.prober.ask = func(ctx context.Context) probeOutcome { return ownProbe(ctx, o.ProbeIMDS) }
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
	return id.givenBy(s.settled())
}

// givenBy is who id is when a answers for it.
func (id identity) givenBy(a *answerer) identity {
	if a == nil || a.kind == id.kind {
		return id
	}
	return id.answeredBy(a.kind)
}

// settled returns who gives the tokens; nil before the first one, and once the
// metadata service has answered after all.
func (s *source) settled() *answerer {
	a := s.answered.Load()
	if a != nil && a.unproven && s.prober.proven.Load() {
		return nil
	}
	return a
}

// settle makes a the one who gives the tokens, unless somebody was faster.
func (s *source) settle(a answerer) {
	if s.settled() == nil {
		s.answered.CompareAndSwap(s.answered.Load(), &a)
	}
}

// fetch asks for a token; fresh passes every cache between here and the issuer.
// It is a [token.FetchFunc].
func (s *source) fetch(ctx context.Context, fresh bool) (azcore.AccessToken, error) {
	if s.byObject.Load() {
		return s.object.fetch(ctx, fresh)
	}
	a := s.settled()
	id := s.chosen.givenBy(a)
	switch {
	case a != nil && a.unproven:
		s.prober.again()
		tok, err := s.ask(ctx, id, fresh)
		s.remember(tok.Token, *a)
		return tok, err
	case a != nil:
		return s.ask(ctx, id, fresh)
	case id.kind.developerTool():
		return s.askTools(ctx, append([]IdentityKind{id.kind}, id.tools...), false, nil)
	case id.probe && !s.prober.wait(ctx):
		if ctx.Err() != nil {
			return azcore.AccessToken{}, newIdentityError(ctx, id, ctx.Err(), &lastResponse{})
		}
		return s.askTools(ctx, id.tools, true, nil)
	}
	tok, err := s.ask(ctx, id, fresh)
	switch {
	case err == nil:
		s.settle(answerer{kind: id.kind})
	case id.kind == SystemAssigned && len(id.tools) > 0 && hasNoIdentity(err):
		return s.askTools(ctx, id.tools, false, err)
	case s.object != nil && hasNoIdentity(err):
		return s.askByObjectID(ctx, fresh, err)
	}
	return tok, err
}

// askTools asks the developer's sign-ins in turn. The first to answer is asked
// from then on; unproven says that the metadata service may still answer. before
// is why there was no other token; it may be nil.
func (s *source) askTools(ctx context.Context, tools []IdentityKind, unproven bool, before error) (azcore.AccessToken, error) {
	var failed toolsError
	if before != nil {
		failed = append(failed, before)
	}
	for _, tool := range tools {
		tok, err := s.ask(ctx, s.chosen.answeredBy(tool), false)
		if err == nil {
			a := answerer{tool, unproven}
			s.settle(a)
			if unproven {
				s.remember(tok.Token, a)
				s.prober.again() // the service may only have been slow
			}
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
	if err != nil && !fresh && id.kind.rebuilt() && hasExpiredCredential(err) {
		return s.request(ctx, id, true)
	}
	return tok, err
}

// request makes one token request.
func (s *source) request(ctx context.Context, id identity, fresh bool) (azcore.AccessToken, error) {
	var last lastResponse
	id.inAzure = id.inAzure || s.prober.proven.Load()
	credential, err := s.credential(id.kind, fresh)
	if err != nil {
		return azcore.AccessToken{}, newIdentityError(ctx, id, err, &last)
	}
	options := policy.TokenRequestOptions{Scopes: []string{s.cloud.scope}}
	if _, managed := credential.(*azidentity.ManagedIdentityCredential); managed && fresh {
		options.Claims = "{}" // not sent; makes MSAL pass its cache
	}
	tok, err := credential.GetToken(withLastResponse(ctx, &last), options)
	if err == nil && tok.Token == "" {
		err = errors.New("the answer holds no token")
	}
	if err == nil {
		err = checkAudience(tok.Token, s.cloud.scope)
	}
	if err != nil {
		return azcore.AccessToken{}, newIdentityError(ctx, id, err, &last)
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
		Transport: recordingTransport{s.transport},
	}
}
