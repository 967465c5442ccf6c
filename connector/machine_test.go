package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

// machine is a host with az, on which a developer is signed in, and with what answers
// at the address of the metadata service.
type machine struct {
	t         *testing.T
	client    string // the managed identity's client ID, of this machine alone: MSAL caches for the process
	facts     identity.HostInfo
	service   atomic.Pointer[connectortest.TransportFunc]
	probes    atomic.Int32
	requests  atomic.Int32
	cancelled atomic.Int32
	signedOut atomic.Bool
	runs      atomic.Int32 // of az
	log       logBuffer
}

func newMachine(t *testing.T) *machine {
	m := &machine{t: t, facts: identity.HostInfo{Tools: identity.Known([]passwordless.IdentityKind{passwordless.AzureCLI})},
		client: fmt.Sprintf("%08x-0000-4000-8000-%012x", rand.Uint32(), rand.Uint64N(1<<48))}
	m.answers(m.healthy)
	return m
}

func (m *machine) answers(f connectortest.TransportFunc) { m.service.Store(&f) }

func (m *machine) Do(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Metadata") == "" {
		m.probes.Add(1)
	} else {
		m.requests.Add(1)
	}
	return (*m.service.Load())(r)
}

// healthy is the metadata service.
func (m *machine) healthy(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Metadata") == "" {
		return connectortest.Respond(400, `{"error":"invalid_request","error_description":"Required metadata header not specified"}`)(r)
	}
	body, err := json.Marshal(map[string]string{
		"access_token": m.token("/subscriptions/s/identities/the-app", "managed"),
		"expires_on":   strconv.FormatInt(time.Now().Add(24*time.Hour).Unix(), 10), "expires_in": "86400",
		"resource": "https://ossrdbms-aad.database.windows.net", "token_type": "Bearer", "client_id": m.client,
	})
	require.NoError(m.t, err)
	return connectortest.Respond(200, string(body))(r)
}

// silent never answers.
func (m *machine) silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	if errors.Is(r.Context().Err(), context.Canceled) {
		m.cancelled.Add(1)
	}
	return nil, r.Context().Err()
}

// after answers late.
func (m *machine) after(d time.Duration) connectortest.TransportFunc {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return m.healthy(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func (m *machine) token(resource, upn string) string {
	return connectortest.Unsigned(m.t, map[string]any{"aud": "https://ossrdbms-aad.database.windows.net", "xms_mirid": resource, "upn": upn, "n": rand.Uint64()})
}

// GetToken is a run of az.
func (m *machine) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	m.runs.Add(1)
	time.Sleep(300 * time.Millisecond)
	if m.signedOut.Load() {
		return azcore.AccessToken{}, errors.New("Please run 'az login' to setup account.")
	}
	return azcore.AccessToken{Token: m.token("", "dev@contoso.com"), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// open opens a connection whose user is app, for the machine's user-assigned identity.
func (m *machine) open(more ...string) *Handle {
	m.t.Helper()
	h, err := openOn(m.facts, dsn.PostgreSQL, "host="+testHost+" dbname=d user=app client_id="+m.client+" "+strings.Join(more, " "), &passwordless.Options{
		Environ: func() []string { return nil }, Transport: m, Logger: slog.New(slog.NewTextHandler(&m.log, nil)),
	})
	require.NoError(m.t, err)
	h.account.Load().source.SetCredential(passwordless.AzureCLI, m)
	m.t.Cleanup(func() { assert.NoError(m.t, h.Close()) })
	return h
}

// logsIn logs in and checks the identity and the user, and that Status agrees.
func (m *machine) logsIn(h *Handle, kind passwordless.IdentityKind, user string) Login {
	m.t.Helper()
	login, err := h.Login(m.t.Context())
	require.NoError(m.t, err)
	assert.Equal(m.t, user, login.User)
	s := h.Status()
	assert.Equal(m.t, kind, s.Kind)
	assert.Equal(m.t, user, s.User)
	assert.Equal(m.t, kind == passwordless.AzureCLI, len(s.Warnings) == 1, s.Warnings)
	return login
}
