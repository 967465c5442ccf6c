package credential

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

func TestTheWayToMicrosoftEntra(t *testing.T) {
	principal := identity.Identity{Kind: passwordless.ServicePrincipal, ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("canary")}
	timeout := &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
	for name, row := range map[string]struct {
		err  error
		once bool
		hint string
	}{
		"unknown authority": {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, true, "signed by no one trusted here"},
		"another name":      {&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}}, true, "another host's"},
		"expired":           {&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, true, "check the clock"},
		"unknown host":      {&net.DNSError{Err: "no such host", Name: "h", IsNotFound: true}, true, "does not resolve here"},
		"resolver fails":    {&net.DNSError{Err: "server misbehaving", Name: "h", IsTemporary: true}, false, "does not resolve here"},
		"refused":           {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, false, "nothing listens there"},
		"time-out":          {timeout, false, "no answer in time"},
		"proxy's sign-in":   {errors.New("Proxy Authentication Required"), false, "a proxy or captive portal answers"},
		"reset":             {&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, false, "the connection breaks"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := map[string]int{}
				s, err := New(principal, cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: "https://login.example.com/"}, &passwordless.Options{
					Transport: connectortest.TransportFunc(func(r *http.Request) (*http.Response, error) { asked[r.URL.String()]++; return nil, row.err })})
				require.NoError(t, err)
				began := time.Now()
				_, err = s.Fetch(t.Context(), false)
				require.ErrorIs(t, err, row.err)
				require.ErrorContains(t, err, "on the way to Microsoft Entra")
				require.ErrorContains(t, err, row.hint)
				assert.Equal(t, "way-to-microsoft-entra", AdviceOf(err).Anchor)
				assert.Equal(t, row.once, time.Since(began) == 0, "it is not tried again")
			})
		})
	}
}

// What a request has got before its context ends is in the error: the last answer, and the tries.
func TestTheLastAnswerOfARequest(t *testing.T) {
	system := identity.Identity{Kind: passwordless.SystemAssigned}
	for name, row := range map[string]struct {
		next connectortest.TransportFunc
		want string
		not  string
	}{
		"500 with a reason": {connectortest.Respond(500, `{"error":"x","error_description":"the disk is full"}`), "(last response: HTTP 500): the disk is full (", "does not answer"},
		"bare 500":          {connectortest.Respond(500, ""), "(last response: HTTP 500): Internal Server Error (", "does not answer"},
		"refused":           {func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNREFUSED }, "connection refused (", "does not answer"},
		"silent": {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() },
			"no answer (1 try)", "HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			connectortest.ClearMarkers(t)
			synctest.Test(t, func(t *testing.T) {
				s, err := New(system, cloud.Cloud{Scope: connectortest.ScopeOSS}, &passwordless.Options{Transport: row.next, StartupWindow: -1})
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				_, err = s.Fetch(ctx, false)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorContains(t, err, row.want)
				assert.Contains(t, err.Error(), "tr")
				assert.NotContains(t, err.Error(), row.not)
				assert.Equal(t, "identity-endpoint", AdviceOf(err).Anchor)
			})
		})
	}
}

func TestAnswersOfTheIdentityEndpointHaveHints(t *testing.T) {
	for name, row := range map[string]struct {
		status     int
		body, hint string
	}{
		"403 with a page": {403, "<html><title>Blocked</title></html>", "a proxy, firewall or other program answers in place of"},
		"a page":          {200, "<!DOCTYPE html>\n<html></html>", "a proxy, firewall or other program answers in place of"},
		"a bare 500":      {500, "", "the host's identity endpoint answers, but fails"},
		"a redirect":      {302, "", "a proxy, firewall or other program answers in place of"},
		"a proxy's 407":   {407, "no", "a proxy, firewall or other program answers in place of"},
		"a text":          {200, "It works!", "a proxy, firewall or other program answers in place of"},
		"an empty answer": {200, "", "a proxy, firewall or other program answers in place of"},
		"403":             {403, `{"error":"forbidden"}`, "refuses this process"},
		"no token":        {200, "{}", "gives no token"},
		"null":            {200, "null", "gives no token"}, // on which MSAL panics
		"another's JSON":  {200, `{"access_token":7}`, "gives no token"},
	} {
		t.Run(name, func(t *testing.T) {
			connectortest.ClearMarkers(t)
			synctest.Test(t, func(t *testing.T) {
				s, err := New(identity.Identity{Kind: passwordless.SystemAssigned}, cloud.Cloud{Scope: connectortest.ScopeOSS},
					&passwordless.Options{Transport: connectortest.Respond(row.status, row.body)})
				require.NoError(t, err)
				_, err = s.Fetch(t.Context(), false)
				require.ErrorContains(t, err, row.hint)
				connectortest.AssertClean(t, err, "<")
				assert.Equal(t, "identity-endpoint", AdviceOf(err).Anchor)
			})
		})
	}
}

// Microsoft Entra's own failures have a hint, in time or not; so has what answers in its place without a token,
// which is not quoted.
func TestAnswersOfMicrosoftEntraHaveHints(t *testing.T) {
	const canary = "opaque-canary"
	id := identity.Identity{Kind: passwordless.ServicePrincipal, ClientID: connectortest.Client, TenantID: connectortest.Tenant, Secret: dsn.NewSecret("s3cret-s3cret")}
	for name, row := range map[string]struct {
		status     int
		body, hint string
		patience   time.Duration
	}{
		"503":          {503, "", "Microsoft Entra answers, but fails: try again", time.Hour},
		"503, in time": {503, "", "Microsoft Entra answers, but fails: try again", time.Second},
		"no token":     {200, "{}", "what answers gives no token", time.Hour},
		"null":         {200, "null", "what answers gives no token", time.Hour},
		"other JSON":   {200, `{"access_token":"` + canary + `","expires_on":"soon"}`, "what answers gives no token", time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := New(id, cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: "https://login.example.com/"},
					&passwordless.Options{Transport: entraThat(row.status, row.body)})
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), row.patience)
				defer cancel()
				_, err = s.Fetch(ctx, false)
				require.ErrorContains(t, err, row.hint)
				connectortest.AssertClean(t, err, "canary")
				assert.Equal(t, "way-to-microsoft-entra", AdviceOf(err).Anchor)
			})
		})
	}
}
