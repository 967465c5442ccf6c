package token_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/azuredb/passwordless/internal/connectortest"
)

const authority = "https://login.example.com/" + connectortest.Tenant + "/"

// endpoint is an identity endpoint in memory, and Microsoft Entra for a service principal. It
// issues token-1, token-2, ... which live an hour, until its fault begins.
type endpoint struct {
	*fault

	mu       sync.Mutex
	broken   time.Time // when the fault began; zero before
	requests int       // for a token, since then
	issued   []time.Time
}

// response is how an endpoint answers a request.
type response func(*endpoint, *http.Request) (*http.Response, error)

// Do is the transport of azidentity.
func (e *endpoint) Do(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
		return discover(r), nil
	}
	e.mu.Lock()
	failing := e.answer != nil && !e.broken.IsZero() && (e.lasts == 0 || time.Since(e.broken) < e.lasts)
	if !e.broken.IsZero() {
		e.requests++
	}
	e.mu.Unlock()
	if failing {
		return e.answer(e, r)
	}
	return e.issue(r)
}

// discover answers with Microsoft Entra's endpoints.
func discover(r *http.Request) *http.Response {
	return respond(r, http.StatusOK, fmt.Sprintf(`{"token_endpoint":"%[1]soauth2/v2.0/token","authorization_endpoint":"%[1]soauth2/v2.0/authorize","issuer":"%[1]sv2.0"}`, authority))
}

// breakDown begins the fault.
func (e *endpoint) breakDown() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.broken = time.Now()
}

func (e *endpoint) asked() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.requests
}

// clockNow is the time by the clock of the issuer and the server.
func (e *endpoint) clockNow() time.Time { return time.Now().Add(-e.ahead) }

// accepts reports whether a server takes the token.
func (e *endpoint) accepts(token string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	var n int
	if _, err := fmt.Sscanf(token, "token-%d", &n); err != nil || n < 1 {
		return false
	}
	return e.clockNow().Before(e.issued[n-1])
}

// issue answers with a new token.
func (e *endpoint) issue(r *http.Request) (*http.Response, error) {
	e.mu.Lock()
	e.issued = append(e.issued, e.clockNow().Add(time.Hour))
	e.mu.Unlock()
	return e.latest(r)
}

// latest answers with the latest token. It gives the time of expiry alone, as App Service does, or
// what is left, as Microsoft Entra does.
func (e *endpoint) latest(r *http.Request) (*http.Response, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.issued)
	expiry := fmt.Sprintf(`"expires_on":"%d"`, e.issued[n-1].Unix())
	if e.principal {
		expiry = fmt.Sprintf(`"expires_in":%d`, int(e.issued[n-1].Sub(e.clockNow()).Seconds()))
	}
	return respond(r, http.StatusOK, tokenAnswer(fmt.Sprintf("token-%d", n), expiry)), nil
}

// same answers with the token that there is, if there is one.
func same(e *endpoint, r *http.Request) (*http.Response, error) {
	e.mu.Lock()
	first := len(e.issued) == 0
	e.mu.Unlock()
	if first {
		return e.issue(r)
	}
	return e.latest(r)
}

func tokenAnswer(token, expiry string) string {
	return fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","resource":"r",%s}`, token, expiry)
}

func respond(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}
}

func fails(status int, description string) response {
	return func(_ *endpoint, r *http.Request) (*http.Response, error) {
		return respond(r, status, fmt.Sprintf(`{"error":"invalid_request","error_description":%q}`, description)), nil
	}
}

func throttles(retryAfter string) response {
	return func(_ *endpoint, r *http.Request) (*http.Response, error) {
		answer := respond(r, http.StatusTooManyRequests, "")
		answer.Header.Set("Retry-After", retryAfter)
		return answer, nil
	}
}

func says(body string) response {
	return func(_ *endpoint, r *http.Request) (*http.Response, error) {
		return respond(r, http.StatusOK, body), nil
	}
}

func breaks(err error) response {
	return func(*endpoint, *http.Request) (*http.Response, error) { return nil, err }
}

// issuesAs answers with a new token under another content type.
func issuesAs(contentType string) response {
	return func(e *endpoint, r *http.Request) (*http.Response, error) {
		answer, err := e.issue(r)
		answer.Header.Set("Content-Type", contentType)
		return answer, err
	}
}

// issuesAfter answers with a new token after a pause.
func issuesAfter(pause time.Duration) response {
	return func(e *endpoint, r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(pause):
			return e.issue(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// issuesExpired answers with a token that has expired.
func issuesExpired(_ *endpoint, r *http.Request) (*http.Response, error) {
	return respond(r, http.StatusOK, tokenAnswer("token-0", fmt.Sprintf(`"expires_on":"%d"`, time.Now().Add(-time.Minute).Unix()))), nil
}
