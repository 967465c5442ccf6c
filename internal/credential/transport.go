package credential

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// httpClient sends identity requests when Options.Transport is nil; one for all credentials.
var httpClient = sync.OnceValue(func() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               proxyFor,
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 10 * time.Second,
			DisableKeepAlives:   true, // a token is asked for about once an hour
		},
		// No issuer redirects; following could carry a client secret somewhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
})

// proxyFor is [http.ProxyFromEnvironment], but leads to identity endpoints directly: they are link-local or
// plain http, where a proxy would ask its own, or read the token. Microsoft Entra is always https.
func proxyFor(r *http.Request) (*url.URL, error) {
	ip, err := netip.ParseAddr(r.URL.Hostname())
	if r.URL.Scheme != "https" || err == nil && ip.Unmap().IsLinkLocalUnicast() {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// lastResponse is how the last HTTP exchange of one token request ended: azidentity keeps only its text.
type lastResponse struct {
	mu     sync.Mutex
	status int   // 0 if there was no response
	err    error // nil if there was one
}

func (l *lastResponse) record(response *http.Response, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status, l.err = 0, err
	if response != nil {
		l.status = response.StatusCode
	}
}

func (l *lastResponse) get() (status int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status, l.err
}

type lastResponseKey struct{}

func withLastResponse(ctx context.Context, l *lastResponse) context.Context {
	return context.WithValue(ctx, lastResponseKey{}, l)
}

type recordingTransport struct{ next policy.Transporter }

func (t recordingTransport) Do(r *http.Request) (*http.Response, error) {
	response, err := t.next.Do(r)
	if l, ok := r.Context().Value(lastResponseKey{}).(*lastResponse); ok {
		l.record(response, err)
	}
	return response, err
}
