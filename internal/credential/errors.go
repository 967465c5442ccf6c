package credential

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/redact"
)

// identityError is a token request that failed. Its text is one line without secrets.
type identityError struct {
	identity identity.Identity
	status   int // of the last response, 0 if there was none
	text     string
	advice   advice.Advice
	causes   []error // the end of the context and the network's error: azidentity keeps them only as text

	// hidden is the credential's own error. errors.As and errors.Is find it, printing does not: azidentity
	// quotes responses, secrets and all, and reads them anew each time, which two callers must not do at once.
	hidden error
}

func newIdentityError(ctx context.Context, id identity.Identity, err error, last *lastResponse) error {
	end := cmp.Or(last.Load(), &exchange{})
	e := &identityError{identity: id, status: end.status, hidden: err}
	for _, cause := range [...]error{ctx.Err(), end.err} {
		if cause != nil {
			e.causes = append(e.causes, cause)
		}
	}
	e.text = redact.Clip(redact.Scrub(causeText(err), secretsOf(id)...))
	if ctx.Err() != nil && e.status != 0 {
		e.text = fmt.Sprintf("%s (last response: HTTP %d)", e.text, e.status)
	}
	e.advice = tokenRules.Advise(e)
	return e
}

// secretsOf returns what the issuer may echo: the identity's secrets, and those of the host's endpoint.
func secretsOf(id identity.Identity) []string {
	return []string{id.Secret.Reveal(), id.CertificatePassword.Reveal(), os.Getenv("IDENTITY_HEADER"), os.Getenv("MSI_SECRET")}
}

func (e *identityError) Error() string {
	text := fmt.Sprintf("passwordless: no token for %s: %s", e.identity, e.text)
	if e.advice.Hint != "" {
		text += ": " + e.advice.Hint
	}
	return text
}

func (e *identityError) Unwrap() []error { return e.causes }

func (e *identityError) As(target any) bool   { return errors.As(e.hidden, target) }
func (e *identityError) Is(target error) bool { return errors.Is(e.hidden, target) }

// toolsError is what each sign-in that was asked in turn said.
type toolsError []error

func (e toolsError) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
		if i > 0 {
			texts[i] = strings.TrimPrefix(texts[i], "passwordless: ")
		}
	}
	return strings.Join(texts, "; ")
}

func (e toolsError) Unwrap() []error { return e }

// causeText returns one line for an error of a credential: of a response only the issuer's own words.
func causeText(err error) string {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if ok && failed.RawResponse != nil {
		return responseText(failed.RawResponse)
	}
	text, _, _ := strings.Cut(redact.OneLine(err.Error()), " To troubleshoot, visit ")
	return strings.TrimPrefix(text, "passwordless: ")
}

// responseText returns the status and the message of a response of Microsoft Entra, of the instance
// metadata service or of App Service.
func responseText(response *http.Response) string {
	text := fmt.Sprintf("HTTP %d", response.StatusCode)
	body, err := runtime.Payload(response)
	if err != nil || len(body) == 0 {
		return text
	}
	var said struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
		Message     string          `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil {
		return text + ": the response is not JSON"
	}
	message := cmp.Or(said.Description, said.Message, strings.Trim(string(said.Error), `"`))
	if message, _, _ = strings.Cut(redact.OneLine(message), " Trace ID: "); message != "" {
		text += ": " + message
	}
	return text
}

// hasNoIdentity reports whether the host's identity endpoint said that the host has no such identity.
// What Microsoft Entra said of one is no such answer.
func hasNoIdentity(err error) bool {
	e, ok := errors.AsType[*identityError](err)
	return ok && e.status == http.StatusBadRequest && !strings.Contains(e.text, "AADSTS")
}

// hasExpiredCredential reports whether Microsoft Entra said that a certificate (AADSTS700027) or an
// assertion (AADSTS700024) has expired.
func hasExpiredCredential(err error) bool {
	e, ok := errors.AsType[*identityError](err)
	return ok && (strings.Contains(e.text, "AADSTS700027") || strings.Contains(e.text, "AADSTS700024"))
}

// notReady reports whether an identity's issuer is not up yet, as when a container has just started:
// no one listens, or the host's identity endpoint answers 404.
func notReady(err error) bool {
	e, ok := errors.AsType[*identityError](err)
	return ok && (advice.ConnectionRefused(err) || identity.IsManaged(e.identity.Kind) && e.status == http.StatusNotFound)
}

// IsTemporary reports whether another token request may succeed where one failed with err.
func IsTemporary(err error) bool {
	var status int
	managed := false
	if e, ok := errors.AsType[*identityError](err); ok {
		status, managed = e.status, identity.IsManaged(e.identity.Kind)
	}
	if response, ok := errors.AsType[*azcore.ResponseError](err); ok && status == 0 { // of a custom credential
		status = response.StatusCode
	}
	switch {
	case status == 0:
		return advice.Network.Classify(err, true).Temporary
	case status == http.StatusNotFound, status == http.StatusGone:
		return managed
	default:
		return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
	}
}
