package main

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"golang.org/x/oauth2"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/lab/bench/internal/figures"
	"github.com/azuredb/passwordless/token"
)

var scope = policy.TokenRequestOptions{Scopes: []string{azuretest.OSSRDBMSAudience + "/.default"}}

// cachedTokens is what asking for a valid token costs, compared with the clock, which each has to read.
func cachedTokens(ctx context.Context, s *stage) (rows []figures.Row, err error) {
	type source struct {
		who string
		of  func(context.Context, *stage) (func() error, error)
	}
	sources := []source{
		{"token.Cache.Token", ofCache}, {"connector.Handle.Login (user name and token)", ofLogin}, {"x/oauth2, ReuseTokenSource", ofOAuth2},
		{"azidentity, ManagedIdentityCredential", ofManaged}, {"azidentity, ClientSecretCredential", ofSecret}, {"time.Now", ofClock},
	}
	gets := make([]func() error, len(sources))
	for i, source := range sources {
		if gets[i], err = source.of(ctx, s); err != nil {
			return nil, err
		}
	}
	for i, name := range []string{"one caller", "two callers at once"} {
		callers := i + 1
		var contenders []figures.Contender
		for i, source := range sources {
			contenders = append(contenders, figures.Contender{Who: source.who, Do: figures.Timed(func() error { return together(callers, 2000, gets[i]) })})
		}
		rounds, err := figures.TakeTurns(s.pace(2*time.Second), contenders)
		if err != nil {
			return nil, err
		}
		for i, r := range figures.Compare(figures.Row{Case: name}, time.Duration(callers*2000), contenders, rounds) {
			r.More = map[string]float64{"allocations": testing.AllocsPerRun(1000, func() { _ = gets[i]() })}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// together makes calls by each of several callers at once.
func together(callers, calls int, do func() error) error {
	errs := make([]error, callers)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for range calls {
				if errs[i] = do(); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func ofClock(context.Context, *stage) (func() error, error) {
	return func() error {
		if time.Now().IsZero() {
			return context.DeadlineExceeded
		}
		return nil
	}, nil
}

func ofCache(ctx context.Context, s *stage) (func() error, error) {
	credential, err := managed(s.app())
	cache := token.New(func(ctx context.Context, _ bool) (azcore.AccessToken, error) { return credential.GetToken(ctx, scope) }, nil)
	return func() error { _, err := cache.Token(ctx); return err }, err
}

func ofLogin(ctx context.Context, s *stage) (func() error, error) {
	h, err := connector.Open(dsn.PostgreSQL, "host=s.postgres.database.azure.com dbname=app user=app client_id="+s.app().ClientID, s.library())
	return func() error { _, err := h.Login(ctx); return err }, err
}

func ofOAuth2(_ context.Context, s *stage) (func() error, error) {
	held := &oauth2.Token{AccessToken: s.Mint(s.app(), azuretest.OSSRDBMSAudience), Expiry: time.Now().Add(time.Hour)}
	source := oauth2.ReuseTokenSource(nil, oauth2.StaticTokenSource(held))
	return func() error { _, err := source.Token(); return err }, nil
}

func ofManaged(ctx context.Context, s *stage) (func() error, error) {
	credential, err := managed(s.app())
	return func() error { _, err := credential.GetToken(ctx, scope); return err }, err
}

func ofSecret(ctx context.Context, s *stage) (func() error, error) {
	id := s.AddServicePrincipal(azuretest.Identity{Secret: "a-secret-of-the-benchmark"})
	credential, err := azidentity.NewClientSecretCredential(s.TenantID(), id.ClientID, id.Secret,
		&azidentity.ClientSecretCredentialOptions{DisableInstanceDiscovery: true})
	return func() error { _, err := credential.GetToken(ctx, scope); return err }, err
}
