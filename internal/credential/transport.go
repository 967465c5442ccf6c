package credential

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"
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

// Client returns the client that sends identity requests if no one gives another. It must not be modified.
func Client() *http.Client { return httpClient() }
