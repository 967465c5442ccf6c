package azuretest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/azuredb/passwordless/internal/frontend/tokenerr"
)

// Claims is what a verified token says about its bearer.
type Claims struct {
	// Names are those that the bearer may log in to a database as: Identity.Name of the
	// identity registered with this object id, and the sign-in names in the token. Case
	// counts, as it does for PostgreSQL's roles. Managed identities' tokens carry no name.
	Names    []string
	ObjectID string // "oid"
	ClientID string // "appid": the application; for a user's token the tool that asked for it
	TenantID string // "tid"
	Expires  time.Time
}

// tokenClaims are the claims Verify reads.
type tokenClaims struct {
	jwt.RegisteredClaims
	ObjectID          string `json:"oid"`
	ClientID          string `json:"appid"`
	TenantID          string `json:"tid"`
	UPN               string `json:"upn"`
	UniqueName        string `json:"unique_name"`
	PreferredUsername string `json:"preferred_username"`
}

// Verify checks a token as a database does that trusts this cloud: signature
// (RS256 by the cloud's key, with its ID, and nothing else), issuer, audience, not-before and
// expiry, without leeway. Audiences are compared without case and without a
// final slash. The error says what is wrong; it never contains the token.
func (c *Cloud) Verify(token, audience string) (Claims, error) {
	var t tokenClaims
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithoutClaimsValidation()) // done below, with texts that say what was found
	parsed, err := parser.ParseWithClaims(token, &t, c.verificationKey)
	if err != nil {
		if errors.Is(err, jwt.ErrTokenSignatureInvalid) || errors.Is(err, tokenerr.ErrSignature) {
			return Claims{}, fmt.Errorf("azuretest: %w", tokenerr.ErrSignature)
		}
		// The parser's own text may quote what it could not read.
		return Claims{}, fmt.Errorf("azuretest: %w", tokenerr.ErrMalformed)
	}
	if t.ExpiresAt == nil || t.NotBefore == nil || t.IssuedAt == nil || t.ObjectID == "" || len(t.Audience) != 1 {
		return Claims{}, fmt.Errorf("azuretest: %w", tokenerr.ErrMalformed)
	}
	if !c.knownTenant(t.TenantID) || t.Issuer != issuer(t.TenantID) {
		return Claims{}, fmt.Errorf("azuretest: %w: iss %q, tid %q", tokenerr.ErrIssuer, t.Issuer, t.TenantID)
	}
	if normalAudience(t.Audience[0]) != normalAudience(audience) {
		return Claims{}, fmt.Errorf("azuretest: %w: aud %q, want %q", tokenerr.ErrAudience, t.Audience[0], audience)
	}
	now := time.Now()
	if now.Before(t.NotBefore.Time) {
		return Claims{}, fmt.Errorf("azuretest: %w: nbf %s", tokenerr.ErrNotYetValid, t.NotBefore.UTC().Format(time.RFC3339))
	}
	if !now.Before(t.ExpiresAt.Time) {
		return Claims{}, fmt.Errorf("azuretest: %w: exp %s", tokenerr.ErrExpired, t.ExpiresAt.UTC().Format(time.RFC3339))
	}
	if parsed.Header["kid"] != c.currentKeyID() {
		return Claims{}, fmt.Errorf("azuretest: %w by ExpireTokens", tokenerr.ErrExpired)
	}
	return c.claims(&t), nil
}

// claims turns a verified token into Claims, with the bearer's registered name.
func (c *Cloud) claims(t *tokenClaims) Claims {
	cl := Claims{ObjectID: t.ObjectID, ClientID: t.ClientID, TenantID: t.TenantID, Expires: t.ExpiresAt.Time}
	c.mu.Lock()
	defer c.mu.Unlock()
	names := []string{t.UPN, t.UniqueName, t.PreferredUsername}
	if r := c.principals[strings.ToLower(t.ObjectID)]; r != nil {
		names = slices.Insert(names, 0, r.Name)
	}
	for _, name := range names {
		if name != "" && !slices.Contains(cl.Names, name) {
			cl.Names = append(cl.Names, name)
		}
	}
	return cl
}

func normalAudience(s string) string { return strings.ToLower(strings.TrimSuffix(s, "/")) }

// issuer is the "iss" of version 1.0 access tokens, the version that databases
// get, in the public cloud:
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
func issuer(tenantID string) string { return "https://sts.windows.net/" + tenantID + "/" }
