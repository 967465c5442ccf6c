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

// boundedTransport reads the whole answer, up to maxAnswer: azidentity and MSAL would read on until memory ends.
type boundedTransport struct{ next policy.Transporter }

func (t boundedTransport) Do(r *http.Request) (*http.Response, error) {
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
