package azuretest

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523, 2.2

// authenticate checks the credential of an application: its secret, a JWT
// signed with its certificate's key, or a workload's federated token. nil means
// that it is who it says.
func (c *Cloud) authenticate(app *registration, tenant string, form url.Values) *entraError {
	switch {
	case form.Get("client_secret") != "":
		given := []byte(form.Get("client_secret"))
		if app.Secret == "" || subtle.ConstantTimeCompare(given, []byte(app.Secret)) != 1 {
			return wrongSecret(app.ClientID)
		}
		return nil
	case form.Get("client_assertion") != "" && form.Get("client_assertion_type") == jwtBearer:
		return c.checkAssertion(app, tenant, form.Get("client_assertion"))
	}
	return noCredential()
}

// checkAssertion accepts a federated token, known by its issuer, or a client assertion.
func (c *Cloud) checkAssertion(app *registration, tenant, assertion string) *entraError {
	var claims jwt.RegisteredClaims
	parsed, _, err := jwt.NewParser().ParseUnverified(assertion, &claims)
	if err != nil || claims.NotBefore == nil || claims.ExpiresAt == nil || len(claims.Audience) != 1 {
		return badAssertion("The assertion is not a JWT with aud, nbf and exp", "")
	}
	if claims.Issuer == federationIssuer {
		return c.checkFederated(app, assertion, &claims)
	}
	certificate := app.Certificate
	thumbprint, ok := namedCertificate(parsed.Header, certificate)
	if !ok {
		return badAssertion("The key was not found.", thumbprint)
	}
	if !signedBy(assertion, func(*jwt.Token) (any, error) { return certificate.PublicKey, nil }, "PS256", "RS256") {
		return badAssertion("The signature is not the certificate's.", thumbprint)
	}
	now := time.Now()
	if !now.Before(certificate.NotAfter) {
		return badAssertion("The key used is expired.", thumbprint)
	}
	if claims.Issuer != app.ClientID || claims.Subject != app.ClientID {
		return unknownSubject(claims.Subject, app.ClientID)
	}
	base := c.AuthorityHost() + tenant
	if !slices.Contains([]string{base + "/oauth2/v2.0/token", base + "/v2.0"}, claims.Audience[0]) {
		return assertionAudience(claims.Audience[0])
	}
	return checkTimes(&claims)
}

// namedCertificate reports whether the thumbprint in an assertion's header is
// the certificate's: SHA-256 or SHA-1 in base64, standard or URL alphabet
// (RFC 7515, 4.1.7 and 4.1.8; MSAL uses the standard one). With x5c, which
// subject name and issuer authentication sends, the first certificate must be
// the registered one.
func namedCertificate(header map[string]any, certificate *x509.Certificate) (thumbprint string, ok bool) {
	given := func(key string) []byte {
		s, _ := header[key].(string)
		s = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(s), "=")
		b, _ := base64.RawURLEncoding.DecodeString(s) // not base64: no thumbprint
		return b
	}
	sha256Print, sha1Print := given("x5t#S256"), given("x5t")
	thumbprint = strings.ToUpper(hex.EncodeToString(slices.Concat(sha256Print, sha1Print)))
	if certificate == nil {
		return thumbprint, false
	}
	if chain, sent := header["x5c"].([]any); sent {
		if len(chain) == 0 || chain[0] != base64.StdEncoding.EncodeToString(certificate.Raw) {
			return thumbprint, false
		}
	}
	sum256, sum1 := sha256.Sum256(certificate.Raw), sha1.Sum(certificate.Raw)
	return thumbprint, slices.Equal(sha256Print, sum256[:]) || slices.Equal(sha1Print, sum1[:])
}

// checkFederated checks a Kubernetes service account's token.
func (c *Cloud) checkFederated(app *registration, assertion string, claims *jwt.RegisteredClaims) *entraError {
	c.mu.Lock()
	subject := c.federated[strings.ToLower(app.ClientID)]
	c.mu.Unlock()
	switch {
	case !signedBy(assertion, c.verificationKey, "RS256"):
		return badAssertion("The federated token's signature is not its issuer's.", "")
	case subject == "" || claims.Subject != subject || claims.Audience[0] != federationAudience:
		return noFederation(claims.Subject)
	}
	return checkTimes(claims)
}

// signedBy reports whether a JWT is signed with the key by one of the methods.
func signedBy(token string, key jwt.Keyfunc, methods ...string) bool {
	parser := jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithoutClaimsValidation())
	_, err := parser.Parse(token, key)
	return err == nil
}

func checkTimes(claims *jwt.RegisteredClaims) *entraError {
	if now := time.Now(); now.Before(claims.NotBefore.Time) || !now.Before(claims.ExpiresAt.Time) {
		return assertionTime(claims.NotBefore.Time, claims.ExpiresAt.Time)
	}
	return nil
}
