package credential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// maxAnswer is the longest answer of an identity endpoint or an issuer that is read, in bytes after decompression.
const maxAnswer = 1 << 20

// answerTooLarge is not worth another try: azcore looks for the method.
type answerTooLarge struct{}

func (answerTooLarge) Error() string {
	return fmt.Sprintf("the answer is larger than %d MB: this is no identity endpoint", maxAnswer>>20)
}
func (answerTooLarge) NonRetriable() {}

// boundedTransport reads the whole answer, up to maxAnswer: azidentity and MSAL would read on until memory ends. It
// gives each try a body of its own: azcore rewinds the one there is, which net/http may still read for the try before.
type boundedTransport struct{ next policy.Transporter }

func (t boundedTransport) Do(r *http.Request) (*http.Response, error) {
	r, err := withOwnBody(r)
	if err != nil {
		return nil, err
	}
	response, err := t.next.Do(r)
	if err != nil || response == nil || response.Body == nil {
		return response, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	_ = response.Body.Close() // what was read suffices
	if err == nil && len(body) > maxAnswer {
		err = answerTooLarge{}
	}
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// withOwnBody is r with a copy of its body.
func withOwnBody(r *http.Request) (*http.Request, error) {
	if r.Body == nil {
		return r, nil
	}
	body, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	own := *r
	own.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	own.Body, err = own.GetBody()
	return &own, err
}

// boundedClient is c with at most maxAnswer on the wire of each answer and nothing compressed. It is for Service
// Fabric, where MSAL works on the client itself. A client that MSAL refuses is returned as it is.
func boundedClient(c *http.Client) *http.Client {
	transport, ok := c.Transport.(*http.Transport)
	if c.Transport == nil {
		transport, ok = http.DefaultTransport.(*http.Transport)
	}
	if !ok {
		return c
	}
	bounded, own := *c, transport.Clone()
	own.DisableCompression, own.DisableKeepAlives, own.ForceAttemptHTTP2 = true, true, false
	dial := transport.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	own.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &boundedConn{conn, 2 * maxAnswer}, nil // headers and the handshake come on top
	}
	bounded.Transport = own
	return &bounded
}

var errConnTooLong = errors.New("the answer is too large: this is no identity endpoint")

// boundedConn is a connection for one answer. net/http reads it in one goroutine.
type boundedConn struct {
	net.Conn
	left int
}

func (c *boundedConn) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, errConnTooLong
	}
	n, err := c.Conn.Read(b[:min(len(b), c.left)])
	c.left -= n
	return n, err
}
