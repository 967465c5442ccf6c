package main

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/host"
	_ "github.com/azuredb/passwordless/postgres"
)

// bench is a lab with its page, and an app.
type bench struct {
	*host.Host
	page *page
	db   *sql.DB
}

func newBench(t *testing.T) *bench {
	t.Helper()
	t.Setenv("PASSWORDLESS_LAB_POSTGRES", "off")
	h, err := host.Start(t.Context(), host.Options{
		Engines: []string{"postgres"}, Identities: []string{"user-assigned"}, TokenLifetime: 4 * time.Minute, Progress: io.Discard,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	p, err := startPage(h)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.close()) })
	environ, err := h.Environ()
	require.NoError(t, err)
	azuretest.Setenv(t, environ...)
	db, err := sql.Open("azure-postgres", "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	db.SetMaxIdleConns(0) // every statement logs in
	return &bench{h, p, db}
}

// ping logs in and asks for something, within the time.
func (b *bench) ping(t *testing.T, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return b.db.PingContext(ctx)
}

// get loads the page.
func (b *bench) get(t *testing.T) string {
	t.Helper()
	response, err := http.Get(b.page.url())
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	return string(body)
}

var (
	formParts = regexp.MustCompile(`(?s)<form method="post" action="/switch".*?</form>`)
	fieldPart = regexp.MustCompile(`name="(\w+)" value="([^"]*)"`)
)

// click submits the form of a switch as a browser does, and returns the page that follows.
func (b *bench) click(t *testing.T, id string) string {
	t.Helper()
	for _, form := range formParts.FindAllString(b.get(t), -1) {
		if !strings.Contains(form, `value="`+id+`"`) {
			continue
		}
		fields := url.Values{}
		for _, field := range fieldPart.FindAllStringSubmatch(form, -1) {
			fields.Set(field[1], field[2])
		}
		response, err := http.PostForm(b.page.url()+"switch", fields)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode, string(body))
		require.Equal(t, "/", response.Request.URL.Path)
		return string(body)
	}
	t.Fatalf("the page has no switch %q", id)
	return ""
}

// tokenStatus is the identity endpoint's answer to a token request; 0 if it cannot be reached.
func tokenStatus(t *testing.T, limit time.Duration) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	query := url.Values{
		"api-version": {"2019-08-01"}, "resource": {azuretest.OSSRDBMSAudience}, "client_id": {os.Getenv("AZURE_POSTGRESQL_CLIENTID")},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv("IDENTITY_ENDPOINT")+"?"+query.Encode(), nil)
	require.NoError(t, err)
	request.Header.Set("X-IDENTITY-HEADER", os.Getenv("IDENTITY_HEADER"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

func TestPageShows(t *testing.T) {
	b := newBench(t)
	assert.Contains(t, b.get(t), "None yet.")
	require.NoError(t, b.ping(t, time.Minute))
	_, err := b.db.ExecContext(t.Context(), "selct 1")
	require.Error(t, err)
	text := b.get(t)
	for _, part := range []string{
		"<td>app</td><td><span class=\"good\">logged in</span>", azuretest.OSSRDBMSAudience, b.Identities[0].ClientID, "user-assigned",
		"SQLite", "app service",
	} {
		assert.Contains(t, text, part)
	}
	assert.Regexp(t, `<td>\d\d:\d\d:\d\d</td><td>app</td>`, text)
	assert.Regexp(t, `<td>\d\d:\d\d:\d\d</td><td>app service</td>`, text)
	assert.NotContains(t, text, os.Getenv("IDENTITY_HEADER"))
	assert.NotContains(t, text, "<script")
}

// Each switch is clicked as a person does, and what it breaks and mends is what an app meets.
func TestSwitches(t *testing.T) {
	b := newBench(t)
	require.NoError(t, b.ping(t, time.Minute))

	old := b.Cloud.Mint(b.Identities[0].Identity, azuretest.OSSRDBMSAudience)
	b.click(t, "expire")
	_, err := b.Cloud.Verify(old, azuretest.OSSRDBMSAudience)
	require.ErrorContains(t, err, "expired")
	require.Eventually(t, func() bool { return b.ping(t, time.Minute) == nil }, time.Minute, time.Millisecond, "the app asks for another token")
	assert.Regexp(t, `refused: .*the token has expired`, b.get(t))

	conn, err := b.db.Conn(t.Context())
	require.NoError(t, err)
	assert.Contains(t, b.click(t, "firewall"), "(on)")
	require.ErrorIs(t, b.ping(t, 300*time.Millisecond), context.DeadlineExceeded)
	require.NoError(t, conn.PingContext(t.Context()), "an open connection stays")
	assert.Regexp(t, `<td>\d\d:\d\d:\d\d</td><td>not known</td><td><span class="bad">refused: the firewall does not admit 127\.0\.0\.1:\d+</span>`, b.get(t))
	assert.NotContains(t, b.click(t, "firewall"), "(on)")
	require.NoError(t, b.ping(t, time.Minute))

	b.click(t, "cut")
	require.Error(t, conn.PingContext(t.Context()))
	require.NoError(t, b.ping(t, time.Minute))

	b.click(t, "slow-network")
	began := time.Now()
	require.NoError(t, b.ping(t, time.Minute))
	assert.Greater(t, time.Since(began), 2*time.Second)
	b.click(t, "slow-network")

	for _, test := range []struct {
		id     string
		limit  time.Duration
		status int
	}{
		{"down", time.Minute, 0},
		{"throttle", time.Minute, http.StatusTooManyRequests},
		{"slow-tokens", 300 * time.Millisecond, 0},
	} {
		b.click(t, test.id)
		assert.Equal(t, test.status, tokenStatus(t, test.limit), test.id)
		b.click(t, test.id)
		assert.Equal(t, http.StatusOK, tokenStatus(t, time.Minute), test.id)
	}
}

// A form of another site, a name that was bound to this address, and a link do nothing.
func TestForeignForms(t *testing.T) {
	b := newBench(t)
	send := func(method, path, hostName string, fields url.Values) int {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, b.page.url()+path, strings.NewReader(fields.Encode()))
		require.NoError(t, err)
		request.Host = hostName
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := http.DefaultTransport.RoundTrip(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	good := url.Values{"token": {b.page.token}, "switch": {"firewall"}, "on": {"true"}}
	assert.Equal(t, http.StatusForbidden, send(http.MethodPost, "switch", "", url.Values{"switch": good["switch"], "on": good["on"]}))
	assert.Equal(t, http.StatusForbidden, send(http.MethodPost, "switch", "lab.example", good))
	assert.Equal(t, http.StatusForbidden, send(http.MethodGet, "", "lab.example:80", nil))
	assert.Equal(t, http.StatusMethodNotAllowed, send(http.MethodGet, "switch?"+good.Encode(), "", nil))
	assert.Equal(t, http.StatusBadRequest, send(http.MethodPost, "switch", "", url.Values{"token": good["token"], "switch": {"x"}, "on": {"true"}}))
	assert.NotContains(t, b.get(t), "(on)")
	assert.Equal(t, http.StatusSeeOther, send(http.MethodPost, "switch", "", good))
	assert.Contains(t, b.get(t), "(on)")
}
