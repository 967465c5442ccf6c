package connectortest

import (
	"io"
	"net/http"
	"strings"
)

// TransportFunc is a transport made of a function.
type TransportFunc func(*http.Request) (*http.Response, error)

func (f TransportFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// Respond is a transport that always answers the same.
func Respond(status int, body string) TransportFunc {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}
