package frontendtest

import (
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/azuredb/passwordless/azuretest"
)

// Living is an identity whose tokens live that long.
func Living(id azuretest.Identity, life time.Duration) azuretest.Identity {
	id.TokenLifetime = life
	return id
}

// Claiming is an identity with a claim in its tokens; if the value is nil, without it.
func Claiming(id azuretest.Identity, claim string, value any) azuretest.Identity {
	claims := map[string]any{}
	maps.Copy(claims, id.Claims)
	claims[claim] = value
	id.Claims = claims
	return id
}

// Padded is an identity whose tokens have at least that many bytes.
func Padded(id azuretest.Identity, size int) azuretest.Identity {
	// In base64 three bytes are four. What else a token has is more than 700 bytes.
	return Claiming(id, "xms_pad", strings.Repeat("x", max(0, (size-700)*3/4)))
}

// NotYetValid is an identity whose tokens are valid in an hour.
func NotYetValid(id azuretest.Identity) azuretest.Identity {
	return Claiming(id, "nbf", time.Now().Add(time.Hour).Unix())
}

var foreignKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// Forged is a token with the same claims, signed with a key that no cloud has. It is
// "" if that is impossible.
func Forged(token string) string {
	claims := jwt.MapClaims{}
	key, err := foreignKey()
	if err != nil {
		return ""
	}
	parsed, _, err := jwt.NewParser().ParseUnverified(token, claims)
	if err != nil {
		return ""
	}
	forged := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	maps.Copy(forged.Header, parsed.Header)
	signed, err := forged.SignedString(key)
	if err != nil {
		return ""
	}
	return signed
}
