package azuretest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Audiences of database tokens in the public cloud.
const (
	OSSRDBMSAudience = "https://ossrdbms-aad.database.windows.net" // PostgreSQL and MySQL
	SQLAudience      = "https://database.windows.net/"             // SQL Server
)

// TokenOptions says what a token made by Mint is like. The zero value is a good
// token for PostgreSQL and MySQL, issued now.
type TokenOptions struct {
	Audience   string         // default: OSSRDBMSAudience
	IssuedAt   time.Time      // "iat" and "nbf"; default: now
	Lifetime   time.Duration  // from IssuedAt; negative: it had expired before it was issued; default: the identity's TokenLifetime
	ForeignKey bool           // sign with a key that is not the cloud's
	Size       int            // pad the token to this many bytes or a few more; no effect if it is longer anyway
	Claims     map[string]any // claims to set; a nil value removes a claim
}

// Mint makes a token for an identity, which need not be registered, without any
// request: for tests of what happens with a token that the endpoints would not
// give. It returns "" if Claims holds a value that JSON cannot express.
func (c *Cloud) Mint(id Identity, o TokenOptions) string {
	c.mu.Lock()
	r := c.principals[strings.ToLower(id.ObjectID)]
	c.mu.Unlock()
	k := servicePrincipal
	if r != nil {
		k = r.kind
	}
	token, _ := c.mint(&registration{Identity: c.complete(id, k), kind: k}, o)
	return token
}

// mint makes a token and tells when it expires. The token is "" if it cannot be encoded.
func (c *Cloud) mint(r *registration, o TokenOptions) (token string, expires time.Time) {
	if o.Audience == "" {
		o.Audience = OSSRDBMSAudience
	}
	if o.IssuedAt.IsZero() {
		o.IssuedAt = time.Now()
	}
	if o.Lifetime == 0 {
		o.Lifetime = r.TokenLifetime
	}
	issued := o.IssuedAt.Truncate(time.Second)
	expires = o.IssuedAt.Add(o.Lifetime).Truncate(time.Second)
	claims := c.standardClaims(r)
	claims["aud"] = o.Audience
	claims["iat"], claims["nbf"], claims["exp"] = issued.Unix(), issued.Unix(), expires.Unix()
	for _, extra := range []map[string]any{r.Claims, o.Claims} {
		maps.Copy(claims, extra)
	}
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	key := c.key
	if o.ForeignKey {
		key = foreignKey()
	}
	token = c.sign(key, claims)
	if missing := o.Size - len(token); missing > 0 && token != "" {
		const frame = len(`,"xms_pad":""`)
		claims["xms_pad"] = strings.Repeat("x", max(0, base64.RawURLEncoding.DecodedLen(missing)+1-frame))
		token = c.sign(key, claims)
	}
	return token, expires
}

// sign returns the JWT, "" if the claims cannot be encoded.
func (c *Cloud) sign(key *rsa.PrivateKey, claims jwt.MapClaims) string {
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header["kid"], t.Header["x5t"] = c.keyID, c.keyID
	s, err := t.SignedString(key)
	if err != nil {
		return ""
	}
	return s
}

// publicKey is the signing key as a JSON Web Key (RFC 7517).
func (c *Cloud) publicKey() map[string]any {
	exponent := big.NewInt(int64(c.key.E)).Bytes()
	return map[string]any{
		"kty": "RSA", "use": "sig", "kid": c.keyID, "x5t": c.keyID,
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

// foreignKey is one key per process that no cloud signs with; nil if none could be made.
var foreignKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, _ := rsa.GenerateKey(rand.Reader, 2048)
	return key
})
