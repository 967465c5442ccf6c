package credential

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/azuredb/passwordless/internal/advice"
)

// lastResponse is what the HTTP exchanges of one token request have come to so far: azidentity keeps only the
// text of the last one, and not even that once the request's context has ended.
type lastResponse struct {
	request  context.Context // the token request's
	starting bool            // the token cache retries an issuer that is not ready

	mu  sync.Mutex
	url string // asked last; guarded by mu
	exchange
}

// exchange is guarded by the mu of its [lastResponse].
type exchange struct {
	tries  int    // of the same URL
	status int    // of the last answer; 0 if there was none
	body   []byte // its beginning
	err    error  // of the network, if that came last
}

type lastResponseKey struct{}

func withLastResponse(ctx context.Context, l *lastResponse) context.Context {
	l.request = ctx
	return context.WithValue(ctx, lastResponseKey{}, l)
}

func (l *lastResponse) get() exchange {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.exchange
	e.body = bytes.Clone(e.body)
	return e
}

// begin counts a try. One for another URL begins anew: discovery comes before the token.
func (l *lastResponse) begin(url string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.url != url {
		l.url, l.exchange = url, exchange{}
	}
	l.tries++
}

// end keeps how a try ended. That it was cut off by the end of the request's context says nothing about the
// issuer: what came before counts.
func (l *lastResponse) end(response *http.Response, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.status, l.body, l.err = response.StatusCode, nil, nil
		if response.Body != nil {
			response.Body = &recordingBody{response.Body, l}
		}
	case l.request.Err() == nil:
		l.status, l.body, l.err = 0, nil, err
	}
}

// mostKept is how much of a body is kept.
const mostKept = 16 << 10

// recordingBody keeps the beginning of what an issuer said.
type recordingBody struct {
	io.ReadCloser
	last *lastResponse
}

func (b *recordingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.last.mu.Lock()
	defer b.last.mu.Unlock()
	b.last.body = append(b.last.body, p[:min(n, mostKept-len(b.last.body))]...)
	return n, err
}

type recordingTransport struct{ next policy.Transporter }

func (t recordingTransport) Do(r *http.Request) (*http.Response, error) {
	l, ok := r.Context().Value(lastResponseKey{}).(*lastResponse)
	if ok {
		l.begin(r.Method + " " + r.URL.Scheme + "://" + r.URL.Host + r.URL.Path)
	}
	response, err := t.next.Do(r)
	if ok {
		l.end(response, err)
	}
	switch {
	case err != nil && (isLasting(err) || ok && l.starting && advice.ConnectionRefused(err)):
		err = lastingError{err}
	case err == nil && ok && l.starting && response.StatusCode == http.StatusNotFound:
		if response.Header == nil {
			response.Header = http.Header{}
		}
		response.Header.Set("Retry-After", tooLate)
	}
	return response, err
}

// tooLate, in seconds, is longer than azcore's policy waits, so that it does not try again.
const tooLate = "3600"

// isLasting reports whether a network error is the same when tried again at once: it is about a certificate, or
// a name that does not exist.
func isLasting(err error) bool {
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return name.IsNotFound && !name.IsTemporary && !name.IsTimeout
	}
	return isCertificate(err) || advice.Is[tls.RecordHeaderError](err)
}

// isCertificate reports whether err is about the certificate of the one who answered.
func isCertificate(err error) bool {
	return advice.Is[*tls.CertificateVerificationError](err) || advice.Is[x509.UnknownAuthorityError](err) ||
		advice.Is[x509.HostnameError](err) || advice.Is[x509.CertificateInvalidError](err)
}

// lastingError is one that azcore's policy does not try again.
type lastingError struct{ error }

// NonRetriable marks the error for azcore.
func (lastingError) NonRetriable() {}

func (e lastingError) Unwrap() error { return e.error }
