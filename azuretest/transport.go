package azuretest

import (
	"crypto/tls"
	"fmt"
	"net/http"
)

// transport is the http.RoundTripper behind Cloud.Transport.
type transport struct {
	cloud *Cloud
	base  *http.Transport
}

func newTransport(c *Cloud) *transport {
	return &transport{cloud: c, base: &http.Transport{
		// No Proxy: a loopback address is never reached through one.
		TLSClientConfig: &tls.Config{RootCAs: c.ca.Pool(), MinVersion: tls.VersionTLS12},
	}}
}

// Transport returns the cloud's HTTP client, the same one each time; it is what
// azcore.ClientOptions.Transport takes. It leads http://169.254.169.254/ to the
// cloud's IMDS, reaches the App Service endpoint and the authority under their
// own addresses, trusts the cloud's CA, and leads MSAL's instance discovery,
// which always goes to login.microsoftonline.com, to the authority. A request
// to any other address is an error; nothing is dialled. A cloud that is closed
// or stopped refuses connections.
func (c *Cloud) Transport() *http.Client { return c.client }

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	c, u := t.cloud, r.URL
	switch {
	case u.Scheme == "http" && u.Host == imdsHost:
		return t.redirect(r, "http", c.identity.addr)
	case u.Scheme == "http" && u.Host == c.identity.addr, u.Scheme == "https" && u.Host == c.authority.addr:
		return t.base.RoundTrip(r)
	case u.Scheme == "https" && u.Host == "login.microsoftonline.com" && u.Path == instanceDiscoveryPath:
		return t.redirect(r, "https", c.authority.addr)
	}
	if r.Body != nil {
		_ = r.Body.Close() // a RoundTripper must, also on errors; nothing was read
	}
	return nil, fmt.Errorf("azuretest: no connection to %s://%s: this client reaches only the test cloud", u.Scheme, u.Host)
}

// redirect sends a copy of r to another address.
func (t *transport) redirect(r *http.Request, scheme, addr string) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = scheme, addr, r.URL.Host
	return t.base.RoundTrip(r)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t *transport) CloseIdleConnections() { t.base.CloseIdleConnections() }
