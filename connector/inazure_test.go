package connector

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
)

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
					m.facts.AssetTag = identity.Known(known == "by its asset tag")
					h := m.open()
					if known == "by an answer" {
						require.True(t, h.account.Load().source.Probe(t.Context()))
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
					if status, err := strconv.Atoi(name); status == 404 { // it may be starting, so each answer ends a call
						assert.Contains(t, failed.Error(), "HTTP 404: code 404")
					} else if err == nil {
						assert.Contains(t, failed.Error(), fmt.Sprintf("(last response: HTTP %d)", status))
					}
					assert.Zero(t, m.runs.Load())
					assert.Equal(t, passwordless.UserAssigned, h.Status().Kind)
					assert.True(t, h.Status().InAzure)

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
// whose service fails, or of which Microsoft Entra itself refuses the identity, does not.
func TestATaggedMachineWithoutIdentity(t *testing.T) {
	connectortest.ClearMarkers(t)
	for _, row := range []struct {
		status int
		said   string
		runs   int32
	}{
		{400, "Identity not found", 1},
		{400, "AADSTS500011: The resource principal was not found in the tenant.", 0},
		{404, "not found", 0},
		{410, "gone", 0},
		{429, "too many requests", 0},
		{500, "internal error", 0},
		{503, "busy", 0},
	} {
		t.Run(row.said, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				id := identity.Identity{Kind: passwordless.SystemAssigned, InAzure: true, Tools: []passwordless.IdentityKind{passwordless.AzureCLI}}
				s, err := credential.New(id, cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: connectortest.Authority}, &passwordless.Options{Transport: m})
				require.NoError(t, err)
				s.SetCredential(passwordless.AzureCLI, m)
				m.answers(connectortest.Respond(row.status, `{"error":"invalid_request","error_description":"`+row.said+`"}`))
				_, err = s.Fetch(t.Context(), true)
				assert.Equal(t, row.runs == 0, err != nil, err)
				assert.Equal(t, row.runs, m.runs.Load())
				assert.Zero(t, m.probes.Load())
			})
		})
	}
}
