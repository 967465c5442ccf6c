package azuretest

import (
	"fmt"
	"net/http"
	"time"
)

// entraError is an error of the token endpoint: HTTP status, OAuth error word
// (RFC 6749, 5.2), AADSTS number and text. The numbers and texts are Entra's:
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
type entraError struct {
	status int
	word   string
	code   int
	text   string
}

// answer writes the error as Entra does.
// description is what Entra says of the error to people.
func (e entraError) description(trace, correlation string, at time.Time) string {
	return fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
		e.code, e.text, trace, correlation, at.UTC().Format(stampLayout))
}

const stampLayout = "2006-01-02 15:04:05Z"

func (e entraError) answer() answer {
	trace, correlation, now := newGUID(), newGUID(), time.Now()
	return answer{status: e.status, body: encode(map[string]any{
		"error":             e.word,
		"error_description": e.description(trace, correlation, now),
		"error_codes":       []int{e.code},
		"timestamp":         now.UTC().Format(stampLayout),
		"trace_id":          trace,
		"correlation_id":    correlation,
		"error_uri":         fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", e.code),
	})}
}

// entraStatus is the endpoint's body for a status that a fault wants.
func entraStatus(status int) string {
	e := entraError{status, "temporarily_unavailable", 90033, "A transient error has occurred. Please try again."}
	switch status {
	case http.StatusBadRequest:
		e.word, e.code, e.text = "invalid_request", 900144, "The request body must contain the following parameter."
	case http.StatusUnauthorized:
		e.word, e.code, e.text = "invalid_client", 7000222, "The provided client secret keys are expired. Visit the Azure portal to create new keys for your app, or consider using certificate credentials for added security."
	}
	return e.answer().body
}

func unknownTenant(tenant string) entraError {
	return entraError{http.StatusBadRequest, "invalid_request", 90002, fmt.Sprintf(
		"Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. "+
			"Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", tenant)}
}

func unknownApplication(clientID, tenant string) entraError {
	return entraError{http.StatusBadRequest, "unauthorized_client", 700016, fmt.Sprintf(
		"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed "+
			"by the administrator of the tenant or consented to by any user in the tenant. "+
			"You may have sent your authentication request to the wrong tenant.", clientID, tenant)}
}

func unknownResource(resource, tenant string) entraError {
	return entraError{http.StatusBadRequest, "invalid_resource", 500011, fmt.Sprintf(
		"The resource principal named %s was not found in the tenant named %s. This can happen if the application has not been installed "+
			"by the administrator of the tenant or consented to by any user in the tenant. "+
			"You might have sent your authentication request to the wrong tenant.", resource, tenant)}
}

func wrongSecret(clientID string) *entraError {
	return &entraError{http.StatusUnauthorized, "invalid_client", 7000215, fmt.Sprintf(
		"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "+
			"not the client secret ID, for a secret added to app '%s'.", clientID)}
}

func noCredential() *entraError {
	return &entraError{http.StatusUnauthorized, "invalid_client", 7000216,
		"'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."}
}

func badAssertion(reason, thumbprint string) *entraError {
	return &entraError{http.StatusUnauthorized, "invalid_client", 700027, fmt.Sprintf(
		"The certificate with identifier used to sign the client assertion is not registered on application. [Reason - %s, Thumbprint of key used by client: '%s'.]",
		reason, thumbprint)}
}

func assertionTime(notBefore, expires time.Time) *entraError {
	const layout = "2006-01-02T15:04:05.0000000Z"
	return &entraError{http.StatusUnauthorized, "invalid_client", 700024, fmt.Sprintf(
		"Client assertion is not within its valid time range. Current time: %s, assertion valid from %s, expiry time of assertion %s.",
		time.Now().UTC().Format(layout), notBefore.UTC().Format(layout), expires.UTC().Format(layout))}
}

func assertionAudience(audience string) *entraError {
	return &entraError{http.StatusUnauthorized, "invalid_client", 700023, fmt.Sprintf(
		"Client assertion audience claim '%s' does not match Realm issuer.", audience)}
}

func unknownSubject(subject, clientID string) *entraError {
	return &entraError{http.StatusBadRequest, "invalid_client", 50027, fmt.Sprintf(
		"JWT token is invalid or malformed: iss and sub must be '%s', sub is '%s'.", clientID, subject)}
}

func noFederation(subject string) *entraError {
	return &entraError{http.StatusUnauthorized, "invalid_client", 700213, fmt.Sprintf(
		"No matching federated identity record found for presented assertion subject '%s'. Check your federated identity credential "+
			"Subject, Audience and Issuer against the presented assertion.", subject)}
}
