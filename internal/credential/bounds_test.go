package credential

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lateReader answers the first try before it has read the body, as net/http may, and reads that during the second.
type lateReader struct{ bodies []io.Reader }

func (l *lateReader) Do(r *http.Request) (*http.Response, error) {
	l.bodies = append(l.bodies, r.Body)
	status := http.StatusServiceUnavailable
	if len(l.bodies) == 2 {
		status = http.StatusOK
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, nil
}

func TestEachTryHasABodyOfItsOwn(t *testing.T) {
	const form = "client_secret=s3cret"
	late := &lateReader{}
	pipeline := runtime.NewPipeline("test", "v1", runtime.PipelineOptions{}, &policy.ClientOptions{
		Transport: boundedTransport{late}, Retry: policy.RetryOptions{RetryDelay: time.Millisecond}})
	r, err := runtime.NewRequest(t.Context(), http.MethodPost, "https://login.example.com/token")
	require.NoError(t, err)
	require.NoError(t, r.SetBody(streaming.NopCloser(strings.NewReader(form)), "application/x-www-form-urlencoded"))
	response, err := pipeline.Do(r)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, response.StatusCode)
	require.Len(t, late.bodies, 2)
	for _, body := range late.bodies {
		text, err := io.ReadAll(body)
		require.NoError(t, err)
		assert.Equal(t, form, string(text))
	}
}
