package credential

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
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

			MaxResponseHeaderBytes: 1 << 18,
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
type lastResponse struct{ atomic.Pointer[exchange] }

type exchange struct {
	status int   // 0 if there was no response
	err    error // nil if there was one
}

type lastResponseKey struct{}

func withLastResponse(ctx context.Context, l *lastResponse) context.Context {
	return context.WithValue(ctx, lastResponseKey{}, l)
}

type recordingTransport struct{ next policy.Transporter }

func (t recordingTransport) Do(r *http.Request) (*http.Response, error) {
	response, err := t.next.Do(r)
	if l, ok := r.Context().Value(lastResponseKey{}).(*lastResponse); ok {
		e := exchange{err: err}
		if response != nil {
			e.status = response.StatusCode
		}
		l.Store(&e)
	}
	return response, err
}
