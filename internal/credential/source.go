// Package credential requests tokens. It alone imports azidentity.
package credential

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/redact"
)

// Source asks for the tokens of one identity. Its credentials are built once, not per token. Any
// number of goroutines may use it.
type Source struct {
	chosen    identity.Identity
	cloud     cloud.Cloud
	transport policy.Transporter
	prober    prober // for identities that need a probe

	mu          sync.Mutex                                           // never held across a request
	credentials map[passwordless.IdentityKind]azcore.TokenCredential // guarded by mu: those built so far

	// object asks for the same managed identity with its ID taken as an object ID; nil unless it
	// may be one. byObject is set once it was.
	object   *Source
	byObject atomic.Bool

	latest  atomic.Pointer[attempt]   // the request that began last; nil before the first
	first   atomic.Pointer[time.Time] // when the first began
	startup time.Duration             // the token cache's start-up window

	refreshOn atomic.Pointer[time.Time] // of the managed identity's latest token that had one; nil before

	// answered gave the first token. It is nil before: a host's identity endpoint, or a developer's
	// sign-in, may yet come.
	answered atomic.Pointer[answerer]
	grants   atomic.Pointer[[]grant] // the latest, never nil; stored under mu
}

// New returns a source for the identity. What can be found wrong without the network, such as an
// unreadable certificate, is an error here.
func New(id identity.Identity, cl cloud.Cloud, o *passwordless.Options) (*Source, error) {
	s := &Source{chosen: id, cloud: cl, transport: o.Transport, startup: startupWindow(o),
		credentials: map[passwordless.IdentityKind]azcore.TokenCredential{}}
	s.grants.Store(new([]grant))
	if s.transport == nil {
		s.transport = httpClient()
	}
	s.prober.ask = func(ctx context.Context) probeOutcome { return probeIMDS(ctx, s.transport) }
	if o.ProbeIMDS != nil {
		s.prober.ask = func(ctx context.Context) probeOutcome { return ownProbe(ctx, o.ProbeIMDS) }
	}
	if id.Kind == passwordless.CustomCredential {
		s.credentials[passwordless.CustomCredential] = o.Credential
	}
	if _, err := s.credential(id.Kind, false); err != nil {
		if _, ok := errors.AsType[*passwordless.SetupError](err); ok {
			return nil, err
		}
		return nil, &passwordless.SetupError{Err: fmt.Errorf("%s: %w", id, err)}
	}
	if id.EitherID {
		// Not all hosts take object IDs, as Azure Machine Learning: there it is the client ID.
		s.object, _ = New(id.ByObjectID(), cl, o)
	}
	return s, nil
}

// Release takes a handle back that [Open] counted: a probe that no one else needs is cancelled.
func (s *Source) Release() { s.prober.unsubscribe() }

// Probe reports whether the host is in Azure, for which it probes unless that is known. It waits no
// longer than a probe may take, or ctx allows.
func (s *Source) Probe(ctx context.Context) bool { return s.prober.wait(ctx) }

// InAzure reports whether the metadata service has answered a probe.
func (s *Source) InAzure() bool { return s.prober.proven.Load() }

// LastProbe returns how the latest probe ended, and when; zero before it.
func (s *Source) LastProbe() (text string, at time.Time) {
	last := s.prober.outcome()
	return last.Text, last.At
}

// SetCredential replaces the credential of a kind. It is for tests.
func (s *Source) SetCredential(kind passwordless.IdentityKind, c azcore.TokenCredential) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credentials[kind] = c
}

// Fetch asks for a token; fresh passes every cache between here and the issuer. It is a [token.FetchFunc].
func (s *Source) Fetch(ctx context.Context, fresh bool) (azcore.AccessToken, error) {
	if s.byObject.Load() {
		return s.object.Fetch(ctx, fresh)
	}
	id := s.chosen
	if a := s.settled(); a != nil {
		if a.unproven {
			s.prober.again()
		}
		tok, err := s.ask(ctx, id.AnsweredBy(a.kind), fresh)
		s.remember(tok.Token, *a)
		return tok, err
	}
	switch {
	case identity.IsDeveloperTool(id.Kind):
		return s.askTools(ctx, append([]passwordless.IdentityKind{id.Kind}, id.Tools...), false, nil)
	case id.Probe && !s.prober.wait(ctx):
		if ctx.Err() != nil {
			return azcore.AccessToken{}, newIdentityError(ctx, id, ctx.Err(), &lastResponse{})
		}
		return s.askTools(ctx, id.Tools, true, nil)
	}
	tok, err := s.ask(ctx, id, fresh)
	switch {
	case err == nil:
		s.settle(answerer{kind: id.Kind})
	case id.Kind == passwordless.SystemAssigned && len(id.Tools) > 0 && hasNoIdentity(err):
		return s.askTools(ctx, id.Tools, false, err)
	case s.object != nil && hasNoIdentity(err):
		return s.askByObjectID(ctx, fresh, err)
	}
	return tok, err
}

// askTools asks the developer's sign-ins in turn. The first to answer is used from then on. before
// is the earlier error, if any.
func (s *Source) askTools(ctx context.Context, tools []passwordless.IdentityKind, unproven bool, before error) (azcore.AccessToken, error) {
	var failed toolsError
	if before != nil {
		failed = append(failed, before)
	}
	for _, tool := range tools {
		tok, err := s.ask(context.WithValue(ctx, beforeKey{}, failed), s.chosen.AnsweredBy(tool), false)
		if err == nil {
			a := answerer{tool, unproven}
			s.settle(a)
			s.remember(tok.Token, a)
			if unproven {
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

// ask gets a token for id. If the issuer says that the certificate, or the pod's token, has expired,
// the credential is built from a new one, once.
func (s *Source) ask(ctx context.Context, id identity.Identity, fresh bool) (azcore.AccessToken, error) {
	tok, err := s.request(ctx, id, fresh)
	if err != nil && !fresh && rebuilt(id.Kind) && hasExpiredCredential(err) {
		return s.request(ctx, id, true)
	}
	return tok, err
}

func (s *Source) request(ctx context.Context, id identity.Identity, fresh bool) (azcore.AccessToken, error) {
	before, _ := ctx.Value(beforeKey{}).(toolsError)
	now := &attempt{identity: id, began: time.Now(), before: before}
	now.last.starting = s.isStarting(now.began)
	s.latest.Store(now) // from here on others read it
	last, ctx := &now.last, context.WithValue(ctx, beganKey{}, now.began)
	id.InAzure = id.InAzure || s.prober.proven.Load()
	credential, err := s.credential(id.Kind, fresh)
	if err == nil && id.Kind == passwordless.WorkloadIdentity {
		if err = redact.CheckFile(id.TokenFile); err != nil {
			err = fmt.Errorf("AZURE_FEDERATED_TOKEN_FILE: %w", err) // azidentity reads it
		}
	}
	if err != nil {
		return azcore.AccessToken{}, newIdentityError(ctx, id, err, last)
	}
	options := policy.TokenRequestOptions{Scopes: []string{s.cloud.Scope}}
	_, managed := credential.(*azidentity.ManagedIdentityCredential)
	if managed && (fresh || s.isRefreshDue(now.began)) {
		options.Claims = "{}" // not sent; makes MSAL pass its cache
	}
	tok, err := getToken(withLastResponse(ctx, last), id.Kind, credential, options)
	switch {
	case err != nil:
	case tok.Token == "":
		err = errors.New("the answer holds no token")
	default:
		err = checkAudience(tok.Token, s.cloud.Scope)
	}
	if err != nil {
		return azcore.AccessToken{}, newIdentityError(ctx, id, err, last)
	}
	if on := tok.RefreshOn; managed && !on.IsZero() {
		s.refreshOn.Store(&on) // a copy: a pointer into tok would keep the token in memory
	}
	return tok, nil
}

// isRefreshDue reports whether the RefreshOn of the managed identity's token has passed. MSAL says when that is, but
// its cache forgets it and returns the same token until 5 minutes before expiry.
func (s *Source) isRefreshDue(now time.Time) bool {
	on := s.refreshOn.Load()
	return on != nil && !now.Before(*on)
}

// isStarting reports whether the host's identity endpoint may be starting. The token cache asks it again after
// 2 s at most, azidentity after up to 25 s, by which time the request may have ended.
func (s *Source) isStarting(now time.Time) bool {
	s.first.CompareAndSwap(nil, &now)
	return identity.IsManaged(s.chosen.Kind) && s.answered.Load() == nil && now.Sub(*s.first.Load()) < s.startup
}

// getToken is the credential's GetToken. MSAL panics on an answer of null, which is an error here. A panic of a
// custom credential is a bug, of which package token tells the place.
func getToken(ctx context.Context, kind passwordless.IdentityKind, c azcore.TokenCredential, o policy.TokenRequestOptions) (tok azcore.AccessToken, err error) {
	if kind != passwordless.CustomCredential {
		defer func() {
			switch cause := recover().(type) {
			case nil:
			case error:
				err = fmt.Errorf("the answer is malformed: %w", cause)
			default:
				panic(cause)
			}
		}()
	}
	return c.GetToken(ctx, o)
}

// attempt is a token request.
type attempt struct {
	identity identity.Identity
	began    time.Time
	before   toolsError // what those that were asked first have said
	last     lastResponse
}

type beforeKey struct{}

// GivenUp returns err, of a caller whose context ended while it waited for a token, with the last answer to the
// request, or the tool that gave none.
func (s *Source) GivenUp(err error) error {
	now := s.latest.Load()
	if s.object != nil && s.object.latest.Load() != nil {
		now = s.object.latest.Load()
	}
	if _, known := errors.AsType[*identityError](err); known || now == nil {
		return err
	}
	last := newProgress(now.identity, now.began, &now.last)
	if last == nil {
		return err
	}
	if len(now.before) > 0 {
		last = append(toolsError{last}, now.before...)
	}
	return fmt.Errorf("%w (its last answer: %w)", err, last)
}

// credential returns the credential for a kind; with fresh a new one where that alone passes its cache.
func (s *Source) credential(kind passwordless.IdentityKind, fresh bool) (azcore.TokenCredential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.credentials[kind]; ok && !(fresh && rebuilt(kind)) {
		return c, nil
	}
	c, err := s.build(kind)
	if err != nil {
		return nil, err
	}
	s.credentials[kind] = c
	return c, nil
}

// askByObjectID asks again with the ID taken as an object ID. before is the host's error for it as a client ID.
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
