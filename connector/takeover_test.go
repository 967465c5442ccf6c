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
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
)

// machine is a host with az, on which a developer is signed in, and with what answers
// at the address of the metadata service.
type machine struct {
	t         *testing.T
	client    string // the managed identity's client ID, of this machine alone: MSAL caches for the process
	facts     identity.Host
	service   atomic.Pointer[connectortest.TransportFunc]
	probes    atomic.Int32
	requests  atomic.Int32
	cancelled atomic.Int32
	signedOut atomic.Bool
	runs      atomic.Int32 // of az
	log       connectortest.LogBuffer
}

func newMachine(t *testing.T) *machine {
	m := &machine{t: t, facts: identity.Host{Tools: []passwordless.IdentityKind{passwordless.AzureCLI}},
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
	h.account.Load().source.Credentials[passwordless.AzureCLI] = m
	m.t.Cleanup(func() { assert.NoError(m.t, h.Close()) })
	return h
}

// logsIn logs in and checks as whom, and that Status agrees.
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

const (
	asDeveloper = "dev@contoso.com"
	toDeveloper = "logging in as the signed-in developer instead of user-assigned managed identity"
	toManaged   = "instead of Azure CLI sign-in"
)

func TestTheManagedIdentityTakesOverOnceTheServiceAnswers(t *testing.T) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.answers(m.silent)
		h := m.open()
		m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		time.Sleep(40 * time.Minute)
		m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		assert.False(t, h.Status().Azure.InAzure)
		assert.Contains(t, h.Status().Azure.String(), "not known to be in Azure: no answer within 1s at 2000-01-01T00:")
		assert.NotContains(t, m.log.String(), toManaged)

		probes := m.probes.Load()
		m.answers(m.healthy)
		m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		synctest.Wait()
		assert.Equal(t, probes, m.probes.Load(), "a token out of the cache asks nothing")
		time.Sleep(20 * time.Minute) // az's token is renewed ahead of its end
		synctest.Wait()
		assert.Equal(t, probes+1, m.probes.Load())
		login := m.logsIn(h, passwordless.UserAssigned, "app")
		assert.True(t, h.Status().Azure.InAzure)
		assert.Contains(t, h.Status().Azure.String(), "in Azure: the instance metadata service answered (HTTP 400 at 2000-01-01T00:")
		assert.Equal(t, login, m.logsIn(h, passwordless.UserAssigned, "app"))
		assert.Equal(t, 1, strings.Count(m.log.String(), toDeveloper), m.log.String())
		assert.Equal(t, 1, strings.Count(m.log.String(), toManaged), m.log.String())
		assert.Equal(t, 2, strings.Count(m.log.String(), "level=WARN"))

		runs := m.runs.Load()
		m.answers(m.silent)
		time.Sleep(25 * time.Hour)
		_, err := h.Login(t.Context())
		require.Error(t, err, "from now on only the service's tokens will do")
		assert.Equal(t, runs, m.runs.Load())
	})
}

// An answer after 1.5 s is too late for the first probe, and the reason why the
// service is asked once more while the developer's token arrives.
func TestTheServiceWasOnlySlow(t *testing.T) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.answers(m.after(1500 * time.Millisecond))
		h := m.open()
		go func() {
			time.Sleep(1200 * time.Millisecond)
			m.answers(m.after(100 * time.Millisecond))
		}()
		m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		time.Sleep(time.Second)
		assert.Equal(t, passwordless.UserAssigned, h.Status().Kind, "also before the next login")
		assert.Equal(t, "app", h.Status().User)
		m.logsIn(h, passwordless.UserAssigned, "app")
	})
}

// The takeover drops no token but the developer's, and each handle that shares the
// token notices it.
func TestAllHandlesNoticeTheTakeover(t *testing.T) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.answers(m.silent)
		one, other := m.open(), m.open()
		m.logsIn(one, passwordless.AzureCLI, asDeveloper)
		m.logsIn(other, passwordless.AzureCLI, asDeveloper)
		assert.EqualValues(t, 1, m.runs.Load())
		time.Sleep(5 * time.Second)
		m.answers(m.healthy)
		m.logsIn(one, passwordless.AzureCLI, asDeveloper)
		one.account.Load().tokens.Refused(one.lastLogin.Load().Password.Reveal()) // a request in the background
		time.Sleep(time.Second)
		login := m.logsIn(one, passwordless.UserAssigned, "app")
		assert.Equal(t, login, m.logsIn(other, passwordless.UserAssigned, "app"))
		assert.EqualValues(t, 1, m.requests.Load())
		assert.Equal(t, 2, strings.Count(m.log.String(), toManaged))
	})
}

// A token that the cache will not drop, because a server keeps calling its tokens
// expired, is served as what it is.
func TestATokenThatIsNotDroppedKeepsItsIdentity(t *testing.T) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.answers(connectortest.Respond(503, ""))
		h, other := m.open(), m.open()
		for range 4 { // the fourth is kept: three are dropped without a pause
			login := m.logsIn(h, passwordless.AzureCLI, asDeveloper)
			h.Refused(login, Classification{Refused: true, Expired: true})
		}
		login := m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		synctest.Wait()
		m.answers(m.healthy)
		require.True(t, h.account.Load().source.Prober.Wait(t.Context()))
		again, err := h.Login(t.Context())
		require.NoError(t, err)
		assert.Equal(t, login, again)
		first, err := other.Login(t.Context())
		require.NoError(t, err)
		assert.Equal(t, asDeveloper, first.User, "the user goes with the token")
		failed := h.loginError(errors.New("refused"), again, Classification{Refused: true})
		assert.Equal(t, "Azure CLI sign-in", failed.Identity)
		time.Sleep(10 * time.Minute)
		m.logsIn(h, passwordless.UserAssigned, "app")
	})
}

func TestCloseEndsTheProbeInTheBackground(t *testing.T) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.answers(m.silent)
		h := m.open()
		m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		start := time.Now()
		synctest.Wait()
		assert.EqualValues(t, 2, m.probes.Load())
		require.NoError(t, h.Close())
		require.NoError(t, h.Close())
		synctest.Wait()
		assert.EqualValues(t, 1, m.cancelled.Load())
		assert.Zero(t, time.Since(start))

		h.account.Load().tokens.Invalidate(h.lastLogin.Load().Password.Reveal())
		m.answers(m.healthy)
		m.logsIn(h, passwordless.UserAssigned, "app") // a handle that is used although closed takes part too
	})
}

// Whatever the metadata service of a machine in Azure answers, and however late: the
// developer is not asked, and the error is about the service.
func TestAFailingServiceInAzureIsNotReplaced(t *testing.T) {
	connectortest.ClearMarkers(t)
	document := func(status int) connectortest.TransportFunc {
		return connectortest.Respond(status, fmt.Sprintf(`{"error":"unknown","error_description":"code %d"}`, status))
	}
	for _, known := range []string{"by its asset tag", "by an answer"} {
		for name, service := range map[string]func(*machine) connectortest.TransportFunc{
			"404":    func(*machine) connectortest.TransportFunc { return document(404) },
			"410":    func(*machine) connectortest.TransportFunc { return document(410) },
			"429":    func(*machine) connectortest.TransportFunc { return document(429) },
			"500":    func(*machine) connectortest.TransportFunc { return document(500) },
			"503":    func(*machine) connectortest.TransportFunc { return document(503) },
			"silent": func(m *machine) connectortest.TransportFunc { return m.silent },
			"refused": func(*machine) connectortest.TransportFunc {
				return func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNREFUSED }
			},
		} {
			t.Run(name+", known "+known, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := newMachine(t)
					m.facts.AssetTag = known == "by its asset tag"
					h := m.open()
					if known == "by an answer" {
						require.True(t, h.account.Load().source.Prober.Wait(t.Context()))
					}
					m.answers(service(m))
					_, err := h.Login(t.Context())
					require.Error(t, err)
					failed, ok := errors.AsType[*passwordless.TokenError](err)
					require.True(t, ok)
					assert.NotContains(t, err.Error(), "az login")
					assert.NotContains(t, err.Error(), "Azure CLI")
					if name == "429" {
						assert.Equal(t, "throttled", failed.Anchor)
					} else {
						assert.Contains(t, err.Error(), "the instance metadata service of this machine in Azure")
						assert.Equal(t, "identity-endpoint", failed.Anchor)
					}
					if status, err := strconv.Atoi(name); err == nil {
						assert.Contains(t, failed.Error(), fmt.Sprintf("(last response: HTTP %d)", status))
					}
					assert.Zero(t, m.runs.Load())
					assert.Equal(t, passwordless.UserAssigned, h.Status().Kind)
					assert.True(t, h.Status().Azure.InAzure)

					m.answers(m.healthy)
					time.Sleep(2 * time.Second)
					m.logsIn(h, passwordless.UserAssigned, "app")
				})
			})
		}
	}
}

// A failure that comes from the metadata service proves that this is Azure, even if
// it is all that the first probe gets.
func TestAFailureOfTheServiceIsProof(t *testing.T) {
	connectortest.ClearMarkers(t)
	for _, status := range []int{404, 410, 429, 500, 503} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				m.answers(func(r *http.Request) (*http.Response, error) {
					m.answers(m.healthy)
					response, err := connectortest.Respond(status, "")(r)
					response.Header.Set("Server", "IMDS/150.870.65.1854")
					return response, err
				})
				m.logsIn(m.open(), passwordless.UserAssigned, "app")
				assert.Zero(t, m.runs.Load())
			})
		})
	}
}

// A machine in Azure that has no identity of its own goes on to who is signed in; one
// of which Microsoft Entra itself refuses the identity does not.
func TestATaggedMachineWithoutIdentity(t *testing.T) {
	connectortest.ClearMarkers(t)
	for _, row := range []struct {
		said string
		runs int32
	}{
		{"Identity not found", 1},
		{"AADSTS500011: The resource principal was not found in the tenant.", 0},
	} {
		t.Run(row.said, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				id := identity.Identity{Kind: passwordless.SystemAssigned, InAzure: true, Tools: []passwordless.IdentityKind{passwordless.AzureCLI}}
				s, err := credential.New(id, cloud.Info{Scope: connectortest.PublicOSS, Authority: connectortest.PublicAuth}, &passwordless.Options{Transport: m})
				require.NoError(t, err)
				s.Credentials[passwordless.AzureCLI] = m
				m.answers(connectortest.Respond(400, `{"error":"invalid_request","error_description":"`+row.said+`"}`))
				_, err = s.Fetch(t.Context(), true)
				assert.Equal(t, row.runs == 0, err != nil, err)
				assert.Equal(t, row.runs, m.runs.Load())
				assert.Zero(t, m.probes.Load())
			})
		})
	}
}

func TestAzureStatusInWords(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for want, s := range map[string]passwordless.AzureStatus{
		"has an identity endpoint: MSI_ENDPOINT (Cloud Shell)":                                {Endpoint: "MSI_ENDPOINT (Cloud Shell)", AssetTag: true, InAzure: true},
		"in Azure: it has Azure's chassis asset tag":                                          {AssetTag: true, InAzure: true},
		"in Azure: the instance metadata service answered (HTTP 410 at 2026-11-30T12:00:00Z)": {Probe: "HTTP 410", ProbedAt: at, InAzure: true},
		"not known to be in Azure: no answer within 1s at 2026-11-30T12:00:00Z":               {Probe: "no answer within 1s", ProbedAt: at},
		"not known to be in Azure: no identity endpoint, no chassis asset tag of Azure":       {},
		"not known to be in Azure: Options.ProbeIMDS says no at 2026-11-30T12:00:00Z":         {AssetTag: true, Probe: "Options.ProbeIMDS says no", ProbedAt: at},
	} {
		assert.Equal(t, want, s.String())
	}
}
