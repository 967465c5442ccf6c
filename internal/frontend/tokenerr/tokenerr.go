// Package tokenerr has the reasons for which a token is refused, for errors.Is.
package tokenerr

import "errors"

// What Verify of azuretest's Cloud returns, with the facts that go with it.
var (
	ErrMalformed   = errors.New("the token is not a signed JWT with the claims of an Entra access token")
	ErrSignature   = errors.New("the token is not signed by this cloud")
	ErrIssuer      = errors.New("the token's issuer is not a tenant of this cloud")
	ErrAudience    = errors.New("the token is for another resource")
	ErrExpired     = errors.New("the token has expired")
	ErrNotYetValid = errors.New("the token is not valid yet")
)
