package connector

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	imdsTokenURL = "http://169.254.169.254/metadata/identity/oauth2/token"
	probeTimeout = time.Second
)

// probeIMDS reports whether Azure's instance metadata service answers. It asks
// for a token without the header that such requests need: the service refuses
// that at once, with 400 and a JSON document. Whatever else may listen at this
// address (other clouds, proxies, Docker Desktop) answers something else or
// nothing. A service that is throttling or failing is Azure's too.
func probeIMDS(ctx context.Context, transport policy.Transporter) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, imdsTokenURL, nil)
	if err != nil {
		return false
	}
	response, err := transport.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }() // nothing was written, and what was read suffices
	switch {
	case response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500:
		return true
	case response.StatusCode == http.StatusBadRequest:
		var document map[string]any
		return json.NewDecoder(io.LimitReader(response.Body, 1<<16)).Decode(&document) == nil
	default:
		return false
	}
}
