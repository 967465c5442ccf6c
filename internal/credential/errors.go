package credential

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/redact"
)

// identityError is a token request that failed, or that is not done. Its text is one line without secrets.
type identityError struct {
	identity identity.Identity
	status   int    // of the last response, 0 if there was none
	page     bool   // that was another's, such as a proxy's
	whole    string // the scrubbed text, which text may have cut
	text     string
	advice   advice.Advice
	causes   []error // the end of the context and the network's error: azidentity keeps them only as text

	// hidden is the credential's own error. errors.As and errors.Is find it, printing does not: azidentity
	// quotes responses, secrets and all, and reads them anew each time, which two callers must not do at once.
	hidden error
}

// newIdentityError is the error of a request whose credential returned err. The advice is for the whole
// text, which is shortened and cleaned afterwards.
func newIdentityError(ctx context.Context, id identity.Identity, err error, last *lastResponse) *identityError {
	end := last.get()
	e := &identityError{identity: id, status: end.status, hidden: err}
	for _, cause := range [...]error{ctx.Err(), end.err} {
		if cause != nil {
			e.causes = append(e.causes, cause)
		}
	}
	e.page = end.isForeign()
	said := redact.Scrub(causeText(id, err, end), secretsOf(id)...)
	switch {
	case ctx.Err() != nil && identity.IsDeveloperTool(id.Kind):
		said = stoppedText(ctx, id, redact.Scrub(err.Error(), secretsOf(id)...))
	case ctx.Err() != nil:
		said = ctx.Err().Error() + redact.Scrub(end.describe(), secretsOf(id)...)
	case end.tries > 1:
		said += end.count()
	}
	e.setText(said)
	return e
}

// setText takes what was said, scrubbed, and finds the advice in it.
func (e *identityError) setText(said string) {
	said = said[:min(len(said), mostKept)]
	e.whole = redact.OneLine(said)
	e.text = e.whole
	e.advice = adviceFor(e, said)
	e.text = redact.Clip(withoutNoise(said))
}

// errRunning is the error of a request that is not done.
var errRunning = errors.New("the request is not done")

// newProgress says how a request that began at that time stands; nil if it has asked no one.
func newProgress(id identity.Identity, began time.Time, last *lastResponse) error {
	end := last.get()
	e := &identityError{identity: id, status: end.status, page: end.isForeign(), hidden: errRunning}
	said := ""
	switch {
	case identity.IsDeveloperTool(id.Kind):
		said = fmt.Sprintf("%s has not answered for %v", toolOf(id.Kind).program, time.Since(began).Round(time.Millisecond))
	case end.tries == 0 && id.OnDemand():
		said = "none, no one has signed in"
	case end.tries == 0:
		return nil
	case end.status != 0:
		said = responseText(end.status, end.body) + end.count()
	case end.err != nil:
		e.causes = []error{end.err}
		said = end.err.Error() + end.count()
	default:
		said = "none" + end.count()
	}
	e.setText(redact.Scrub(said, secretsOf(id)...))
	return e
}

// secretsOf returns what the issuer may echo: the identity's secrets, and those of the host's endpoint.
func secretsOf(id identity.Identity) []string {
	return []string{id.Secret.Reveal(), id.CertificatePassword.Reveal(), os.Getenv("IDENTITY_HEADER"), os.Getenv("MSI_SECRET")}
}

func (e *identityError) Error() string {
	text := e.text
	if e.hidden != errRunning { // which is quoted by what says more
		text = fmt.Sprintf("passwordless: no token for %s: %s", e.identity, e.text)
	}
	if e.advice.Hint != "" {
		text += ": " + e.advice.Hint
	}
	return text
}

// Format writes the text for every verb: for some fmt would print the fields.
func (e *identityError) Format(f fmt.State, verb rune) { redact.Format(f, verb, e.Error()) }

func (e *identityError) Unwrap() []error { return e.causes }

func (e *identityError) As(target any) bool   { return errors.As(e.hidden, target) }
func (e *identityError) Is(target error) bool { return errors.Is(e.hidden, target) }

// toolsError has the error of each sign-in that was tried, in order.
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

// causeText returns what an error of a credential says: of a response only the issuer's own words.
func causeText(id identity.Identity, err error, end exchange) string {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	switch {
	case ok && failed.RawResponse != nil:
		body, readErr := runtime.Payload(failed.RawResponse)
		if readErr != nil {
			body = nil
		}
		return responseText(failed.RawResponse.StatusCode, body)
	case end.status >= http.StatusBadRequest || end.status != 0 && isPage(end.body):
		return responseText(end.status, end.body)
	}
	if identity.IsDeveloperTool(id.Kind) {
		if text := toolText(id, err); text != "" {
			return text
		}
	}
	text, _, _ := strings.Cut(err.Error(), "raw message was:") // MSAL's, of an answer that may hold a token
	return strings.TrimSpace(strings.TrimPrefix(text, "passwordless: "))
}

// responseText returns the status and the message of a response of Microsoft Entra, of the instance
// metadata service or of App Service.
func responseText(status int, body []byte) string {
	text := fmt.Sprintf("HTTP %d", status)
	if message := messageOf(body); message != "" {
		return text + ": " + message
	}
	return strings.TrimSpace(text + " " + http.StatusText(status))
}

// messageOf returns what a response says; "" if nothing.
func messageOf(body []byte) string {
	var said struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
		Message     string          `json:"message"`
	}
	switch err := json.Unmarshal(body, &said); {
	case len(body) == 0:
		return ""
	case isPage(body):
		return "the response is not JSON but a web page"
	case err != nil && len(body) < mostKept: // one that was cut is no document
		return "the response is not JSON"
	}
	return cmp.Or(said.Description, said.Message, strings.Trim(string(said.Error), `"`))
}

// isPage reports whether a response is a web page, as of a proxy or a captive portal.
func isPage(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// isForeign reports whether the last response is no issuer's, which neither redirects nor is a proxy, and
// speaks JSON.
func (e exchange) isForeign() bool {
	return e.status/100 == 3 || e.status == http.StatusProxyAuthRequired || e.status != 0 && isPage(e.body) ||
		e.status == http.StatusOK && len(e.body) < mostKept && !json.Valid(e.body)
}

// describe says how the tries ended, for a request that was not done in time.
func (e exchange) describe() string {
	switch {
	case e.tries == 0:
		return ""
	case e.status != 0:
		text := fmt.Sprintf(" (last response: HTTP %d)", e.status)
		if reason := cmp.Or(messageOf(e.body), http.StatusText(e.status)); reason != "" {
			text += ": " + reason
		}
		return text + e.count()
	case e.err != nil:
		return ": " + e.err.Error() + e.count()
	default:
		return ", no answer" + e.count()
	}
}

// count says how many tries there were.
func (e exchange) count() string {
	if e.tries == 1 {
		return " (1 try)"
	}
	return fmt.Sprintf(" (%d tries)", e.tries)
}

// hasNoIdentity reports whether the host's identity endpoint said that the host has no such identity.
// Errors of Microsoft Entra do not count.
func hasNoIdentity(err error) bool {
	e, ok := errors.AsType[*identityError](err)
	return ok && e.status == http.StatusBadRequest && !strings.Contains(e.whole, "AADSTS")
}

// hasExpiredCredential reports whether Microsoft Entra said that a certificate (AADSTS700027) or an
// assertion (AADSTS700024) has expired.
func hasExpiredCredential(err error) bool {
	e, ok := errors.AsType[*identityError](err)
	return ok && (strings.Contains(e.whole, "AADSTS700027") || strings.Contains(e.whole, "AADSTS700024"))
}

// notReady reports whether an identity's issuer is not up yet, as when a container has just started:
// no one listens, or the host's identity endpoint answers 404.
func notReady(err error) bool {
	e, ok := errors.AsType[*identityError](err)
	return ok && (advice.ConnectionRefused(err) || identity.IsManaged(e.identity.Kind) && e.status == http.StatusNotFound)
}

// IsTemporary reports whether another token request may succeed where one failed with err.
func IsTemporary(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false // by the caller
	}
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
