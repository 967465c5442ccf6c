package azuretest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Why Verify refused a token; test with errors.Is.
var (
	ErrMalformed   = errors.New("the token is not a signed JWT with the claims of an Entra access token")
	ErrSignature   = errors.New("the token is not signed by this cloud")
	ErrIssuer      = errors.New("the token's issuer is not a tenant of this cloud")
	ErrAudience    = errors.New("the token is for another resource")
	ErrExpired     = errors.New("the token has expired")
	ErrNotYetValid = errors.New("the token is not valid yet")
)

// Claims is what a verified token says about its bearer.
type Claims struct {
	ObjectID string // "oid"
	ClientID string // "appid": the application; for a user's token the tool that asked for it
	TenantID string // "tid"
	User     bool   // "idtyp": a user's token, not an application's
	// Name is the database's name for the bearer: Identity.Name of the identity
	// registered with this object id, else the sign-in name in the token. Managed
	// identities' tokens carry no name.
	Name     string
	Audience string // "aud"
	IssuedAt time.Time
	Expires  time.Time

	signInNames []string
}

// Matches reports whether user is a name the bearer may log in to a database
// as: the registered name or a sign-in name in the token. Case counts, as it
// does for PostgreSQL's roles.
func (cl Claims) Matches(user string) bool {
	return user != "" && (user == cl.Name || slices.Contains(cl.signInNames, user))
}

// tokenClaims are the claims Verify reads.
type tokenClaims struct {
	jwt.RegisteredClaims
	ObjectID          string `json:"oid"`
	ClientID          string `json:"appid"`
	TenantID          string `json:"tid"`
	Type              string `json:"idtyp"`
	UPN               string `json:"upn"`
	UniqueName        string `json:"unique_name"`
	PreferredUsername string `json:"preferred_username"`
}

// Verify checks a token as a database does that trusts this cloud: signature
// (RS256 by the cloud's key and nothing else), issuer, audience, not-before and
// expiry, without leeway. Audiences are compared without case and without a
// final slash. The error is one of the Err values with the facts that go with
// it; it never contains the token.
func (c *Cloud) Verify(token, audience string) (Claims, error) {
	var t tokenClaims
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithoutClaimsValidation()) // done below, with texts that say what was found
	if _, err := parser.ParseWithClaims(token, &t, func(*jwt.Token) (any, error) { return c.key.Public(), nil }); err != nil {
		if errors.Is(err, jwt.ErrTokenSignatureInvalid) {
			return Claims{}, fmt.Errorf("azuretest: %w", ErrSignature)
		}
		// The parser's own text may quote what it could not read.
		return Claims{}, fmt.Errorf("azuretest: %w", ErrMalformed)
	}
	if t.ExpiresAt == nil || t.NotBefore == nil || t.IssuedAt == nil || t.ObjectID == "" || len(t.Audience) != 1 {
		return Claims{}, fmt.Errorf("azuretest: %w", ErrMalformed)
	}
	if !c.knownTenant(t.TenantID) || t.Issuer != issuer(t.TenantID) {
		return Claims{}, fmt.Errorf("azuretest: %w: iss %q, tid %q", ErrIssuer, t.Issuer, t.TenantID)
	}
	if normalAudience(t.Audience[0]) != normalAudience(audience) {
		return Claims{}, fmt.Errorf("azuretest: %w: aud %q, want %q", ErrAudience, t.Audience[0], audience)
	}
	now := time.Now()
	if now.Before(t.NotBefore.Time) {
		return Claims{}, fmt.Errorf("azuretest: %w: nbf %s", ErrNotYetValid, t.NotBefore.UTC().Format(time.RFC3339))
	}
	if !now.Before(t.ExpiresAt.Time) {
		return Claims{}, fmt.Errorf("azuretest: %w: exp %s", ErrExpired, t.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return c.claims(&t), nil
}

// claims turns a verified token into Claims, with the bearer's registered name.
func (c *Cloud) claims(t *tokenClaims) Claims {
	cl := Claims{
		ObjectID: t.ObjectID,
		ClientID: t.ClientID,
		TenantID: t.TenantID,
		User:     t.Type == "user",
		Audience: t.Audience[0],
		IssuedAt: t.IssuedAt.Time,
		Expires:  t.ExpiresAt.Time,
	}
	for _, name := range []string{t.UPN, t.UniqueName, t.PreferredUsername} {
		if name != "" && !slices.Contains(cl.signInNames, name) {
			cl.signInNames = append(cl.signInNames, name)
		}
	}
	if len(cl.signInNames) > 0 {
		cl.Name = cl.signInNames[0]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.principals[strings.ToLower(t.ObjectID)]; r != nil {
		cl.Name = r.Name
	}
	return cl
}

func normalAudience(s string) string { return strings.ToLower(strings.TrimSuffix(s, "/")) }

// issuer is the "iss" of version 1.0 access tokens, the version that databases
// get, in the public cloud:
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
func issuer(tenantID string) string { return "https://sts.windows.net/" + tenantID + "/" }
