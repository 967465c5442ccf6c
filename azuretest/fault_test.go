package azuretest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/tokenerr"
)

// tokenURL asks the App Service endpoint for a database token, of the identity
// with a client id if one is given.
func tokenURL(c *azuretest.Cloud, clientID string) string {
	url := endpoint(c) + "?api-version=2019-08-01&resource=" + azuretest.OSSRDBMSAudience
	if clientID != "" {
		url += "&client_id=" + clientID
	}
	return url
}

// request asks for a token as an app in App Service does.
func request(ctx context.Context, t *testing.T, c *azuretest.Cloud, clientID string) (*http.Response, map[string]any, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, tokenURL(c, clientID), nil)
	require.NoError(t, err)
	_, secret, _ := strings.Cut(c.AppServiceEnviron()[1], "=")
	r.Header.Set("X-IDENTITY-HEADER", secret)
	resp, err := c.Transport().Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	var body map[string]any
	err = json.NewDecoder(resp.Body).Decode(&body)
	return resp, body, err
}

func TestFaultStatus(t *testing.T) {
	tests := map[string]struct {
		fault      azuretest.Fault
		status     int
		retryAfter string
		key        string
	}{
		"the endpoint's own words":  {azuretest.Fault{Status: 500}, 500, "", "correlationId"},
		"throttled":                 {azuretest.Fault{Status: 429, RetryAfter: 1500 * time.Millisecond}, 429, "2", "message"},
		"another body":              {azuretest.Fault{Status: 503, Body: `{"own":1}`}, 503, "", "own"},
		"success with a wrong body": {azuretest.Fault{Status: 200, Body: `{"own":1}`}, 200, "", "own"},
		"only this endpoint":        {azuretest.Fault{Endpoint: azuretest.AppService, Status: 404}, 404, "", "message"},
		"another endpoint":          {azuretest.Fault{Endpoint: azuretest.IMDS, Status: 404}, 200, "", "access_token"},
		"another identity":          {azuretest.Fault{Identity: "x", Status: 404}, 200, "", "access_token"},
		"only slow":                 {azuretest.Fault{Delay: time.Millisecond}, 200, "", "access_token"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cloud := azuretest.New(t)
			cloud.AddSystemAssigned(azuretest.Identity{})
			remove := cloud.Inject(tt.fault)
			resp, body, err := request(t.Context(), t, cloud, "")
			require.NoError(t, err)
			assert.Equal(t, tt.status, resp.StatusCode)
			assert.Equal(t, tt.retryAfter, resp.Header.Get("Retry-After"))
			assert.Contains(t, body, tt.key)
			assert.Equal(t, tt.status, cloud.Requests()[0].Status)
			remove()
			remove()
			resp, _, err = request(t.Context(), t, cloud, "")
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, resp.StatusCode)
		})
	}
}

func TestFaultTimesAndOrder(t *testing.T) {
	cloud := azuretest.New(t)
	a := cloud.AddUserAssigned(azuretest.Identity{})
	b := cloud.AddUserAssigned(azuretest.Identity{})
	cloud.Inject(azuretest.Fault{Identity: a.ClientID, Status: 500, Times: 2})
	cloud.Inject(azuretest.Fault{Identity: a.ClientID, Status: 429, Times: 1})
	var got []int
	for range 4 {
		resp, _, err := request(t.Context(), t, cloud, a.ClientID)
		require.NoError(t, err)
		got = append(got, resp.StatusCode)
		resp, _, err = request(t.Context(), t, cloud, b.ClientID)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, resp.StatusCode)
	}
	assert.Equal(t, []int{500, 500, 429, 200}, got)
}

func TestFaultMalformed(t *testing.T) {
	cloud := azuretest.New(t)
	cloud.AddSystemAssigned(azuretest.Identity{})
	cloud.Inject(azuretest.Fault{Status: 200, Body: "<html>", Times: 1})
	resp, _, err := request(t.Context(), t, cloud, "")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "text/html", resp.Header.Get("Content-Type"))
	assert.Error(t, err)
}

func TestFaultCloseConn(t *testing.T) {
	cloud := azuretest.New(t)
	cloud.Inject(azuretest.Fault{CloseConn: true})
	_, _, err := request(t.Context(), t, cloud, "")
	assert.ErrorContains(t, err, "EOF")
	assert.Equal(t, -1, cloud.Requests()[0].Status)
	assert.Equal(t, 1, cloud.TokenRequests())
}

func TestFaultHangEndsWithTheClient(t *testing.T) {
	cloud := azuretest.New(t)
	cloud.Inject(azuretest.Fault{Delay: time.Hour, Times: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, _, err := request(ctx, t, cloud, "")
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestFaultDelayEndsWithTheClient(t *testing.T) {
	cloud := azuretest.New(t)
	cloud.Inject(azuretest.Fault{Delay: time.Hour, Times: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, _, err := request(ctx, t, cloud, "")
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestFaultLifetime(t *testing.T) {
	tests := map[string]struct {
		life time.Duration
		want error
	}{
		"a minute": {time.Minute, nil},
		"expired":  {-time.Minute, tokenerr.ErrExpired},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cloud := azuretest.New(t)
			id := cloud.AddServicePrincipal(azuretest.Identity{})
			cloud.Inject(azuretest.Fault{Endpoint: azuretest.Authority, Lifetime: tt.life})
			tok, err := withSecret(t, cloud, id, false)
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now().Add(tt.life), tok.ExpiresOn, 3*time.Second)
			_, err = cloud.Verify(tok.Token, azuretest.OSSRDBMSAudience)
			assert.ErrorIs(t, err, tt.want)
		})
	}
}

func TestFaultsSpareDiscoveryUnlessNamed(t *testing.T) {
	cloud := azuretest.New(t)
	id := cloud.AddServicePrincipal(azuretest.Identity{})
	cloud.Inject(azuretest.Fault{Status: http.StatusUnauthorized})
	_, err := withSecret(t, cloud, id, false)
	assert.ErrorContains(t, err, "AADSTS7000222")
	assert.Equal(t, http.StatusOK, cloud.Requests()[0].Status)

	cloud.Inject(azuretest.Fault{Endpoint: azuretest.Discovery, Status: http.StatusServiceUnavailable})
	_, err = withSecret(t, cloud, id, false)
	assert.ErrorContains(t, err, "AADSTS90033")
}
