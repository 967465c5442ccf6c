package azuretest

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/azuredb/passwordless/internal/frontend/tokenerr"
)

// Audiences of database tokens in the public cloud.
const (
	OSSRDBMSAudience = "https://ossrdbms-aad.database.windows.net" // PostgreSQL and MySQL
	SQLAudience      = "https://database.windows.net/"             // SQL Server
)

// Mint makes a token for an identity, which need not be registered, without any
// request: also one that the endpoints would not give, by Identity's TokenLifetime
// (negative: it had expired before it was issued) and Claims. It returns "" if Claims
// holds a value that JSON cannot express.
func (c *Cloud) Mint(id Identity, audience string) string {
	c.mu.Lock()
	r := c.principals[strings.ToLower(id.ObjectID)]
	c.mu.Unlock()
	k := servicePrincipal
	if r != nil {
		k = r.kind
	}
	token, _ := c.mint(&registration{Identity: c.complete(id, k), kind: k}, audience, 0)
	return token
}

// mint makes a token that lives as long as the identity's do, if lifetime is 0, and
// tells when it expires. The token is "" if it cannot be encoded.
func (c *Cloud) mint(r *registration, audience string, lifetime time.Duration) (token string, expires time.Time) {
	now := time.Now()
	expires = now.Add(cmp.Or(lifetime, r.TokenLifetime)).Truncate(time.Second)
	claims := c.standardClaims(r)
	claims["aud"] = audience
	claims["iat"], claims["nbf"], claims["exp"] = now.Unix(), now.Unix(), expires.Unix()
	maps.Copy(claims, r.Claims)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return c.sign(claims), expires
}

// sign returns the JWT, "" if the claims cannot be encoded.
func (c *Cloud) sign(claims jwt.MapClaims) string {
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	keyID := c.currentKeyID()
	t.Header["kid"], t.Header["x5t"] = keyID, keyID
	s, err := t.SignedString(c.key)
	if err != nil {
		return ""
	}
	return s
}

// ExpireTokens makes every token given so far count as expired, also one that a
// client will keep for longer because it reads the expiry in it. Tokens given from
// now on are good.
func (c *Cloud) ExpireTokens() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keyIDs = append(c.keyIDs, rand.Text())
}

// currentKeyID names the key in the tokens given now. The key stays the same.
func (c *Cloud) currentKeyID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keyIDs[len(c.keyIDs)-1]
}

// verificationKey is the key that a token names, if it is of this cloud.
func (c *Cloud) verificationKey(t *jwt.Token) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id, _ := t.Header["kid"].(string); !slices.Contains(c.keyIDs, id) {
		return nil, tokenerr.ErrSignature
	}
	return c.key.Public(), nil
}

// publicKey is the signing key as a JSON Web Key (RFC 7517).
func (c *Cloud) publicKey() map[string]any {
	keyID := c.currentKeyID()
	exponent := big.NewInt(int64(c.key.E)).Bytes()
	return map[string]any{
		"kty": "RSA", "use": "sig", "kid": keyID, "x5t": keyID,
		"n": base64.RawURLEncoding.EncodeToString(c.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(exponent),
	}
}

// standardClaims are the claims of a version 1.0 access token but for audience
// and times. "uti" makes each token differ from all others. Tokens of managed
// identities and service principals carry no name, users' carry several:
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
func (c *Cloud) standardClaims(r *registration) jwt.MapClaims {
	claims := jwt.MapClaims{
		"iss": issuer(r.TenantID),
		"idp": issuer(r.TenantID),
		"tid": r.TenantID,
		"oid": r.ObjectID,
		"sub": r.ObjectID,
		"uti": rand.Text()[:22],
		"ver": "1.0",
	}
	if r.kind == user {
		local, _, _ := strings.Cut(r.Name, "@")
		claims["idtyp"] = "user"
		claims["appid"], claims["appidacr"] = azureCLIClientID, "0"
		claims["scp"] = "user_impersonation"
		claims["name"] = local
		claims["upn"], claims["unique_name"], claims["preferred_username"] = r.Name, r.Name, r.Name
		pairwise := sha256.Sum256([]byte(r.ObjectID + azureCLIClientID)) // a user has another "sub" for each application
		claims["sub"] = base64.RawURLEncoding.EncodeToString(pairwise[:])
		return claims
	}
	claims["idtyp"] = "app"
	claims["appid"], claims["appidacr"] = r.ClientID, "1"
	if r.kind != servicePrincipal {
		claims["appidacr"] = "2"
		claims["xms_mirid"] = r.ResourceID
	}
	return claims
}
