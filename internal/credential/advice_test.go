package credential

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

// What each kind of identity is advised, by what its credential said or what came of its request.
func TestAdvice(t *testing.T) {
	of := func(kind passwordless.IdentityKind) identity.Identity { return identity.Identity{Kind: kind} }
	inTenant := func(kind passwordless.IdentityKind) identity.Identity {
		return identity.Identity{Kind: kind, TenantID: connectortest.Tenant}
	}
	inAzure := identity.Identity{Kind: passwordless.SystemAssigned, InAzure: true}
	broken := exchange{tries: 1, err: io.ErrUnexpectedEOF}
	for _, row := range []struct {
		name   string
		id     identity.Identity
		said   string
		end    exchange
		want   string
		anchor string
	}{
		{"no program", of(passwordless.AzureCLI), "executable not found on path", exchange{}, "install the tool", "developer-sign-in"},
		{"a device that is not managed, by browser", of(passwordless.Interactive), "AADSTS530003: Your device", exchange{}, "the tenant admits managed devices only", "developer-sign-in"},
		{"a stranger", of(passwordless.AzureCLI), "AADSTS50020: no", exchange{}, "the signed-in account is not in the tenant: sign in with az login", "developer-sign-in"},
		{"unknown resource", of(passwordless.AzureCLI), "AADSTS500011: no", exchange{}, "the tenant that az is signed in to does not know", "developer-sign-in"},
		{"unknown tenant", of(passwordless.AzureCLI), "AADSTS90002: no", exchange{}, "no such tenant in the cloud that az is signed in to", "developer-sign-in"},
		{"az, of a tenant", inTenant(passwordless.AzureCLI), "no", exchange{}, "sign in with az login --tenant " + connectortest.Tenant, "developer-sign-in"},
		{"azd, of a tenant", inTenant(passwordless.AzureDeveloperCLI), "no", exchange{}, "sign in with azd auth login --tenant-id " + connectortest.Tenant, "developer-sign-in"},
		{"PowerShell, of a tenant", inTenant(passwordless.AzurePowerShell), "no", exchange{}, "sign in with Connect-AzAccount -Tenant " + connectortest.Tenant, "developer-sign-in"},
		{"azidentity's az", of(passwordless.CustomCredential), "AzureCLICredential: AADSTS7000222: no", exchange{}, "az login --service-principal", "developer-sign-in"},
		{"azidentity's azd", of(passwordless.CustomCredential), "AzureDeveloperCLICredential: AADSTS7000222: no", exchange{}, "azd auth login --client-id", "developer-sign-in"},
		{"azidentity's PowerShell", of(passwordless.CustomCredential), "AzurePowerShellCredential: AADSTS7000222: no", exchange{}, "Connect-AzAccount -ServicePrincipal", "developer-sign-in"},
		{"another credential's tool", of(passwordless.CustomCredential), "please run az login", exchange{}, "sign in with az login", "developer-sign-in"},
		{"no token", of(passwordless.CustomCredential), "the answer holds no token", exchange{}, "check Options.Credential", "token-not-accepted"},
		{"an assertion", of(passwordless.ServicePrincipalCertificate), "AADSTS700024: no", exchange{}, "check this machine's clock", "service-principal"},
		{"a person refused", of(passwordless.Interactive), "AADSTS50076: no", exchange{}, "sign in again, as an account of the tenant", "developer-sign-in"},
		{"a person", of(passwordless.DeviceCode), "the window was closed", exchange{}, "sign in again", "developer-sign-in"},

		{"federation outside a pod", of(passwordless.WorkloadIdentity), "AADSTS70021: no", exchange{}, "letter case included", "workload-identity"},
		{"federation of a certificate", of(passwordless.ServicePrincipalCertificate), "AADSTS7002138: no", exchange{}, "letter case included", "workload-identity"},

		{"in Azure, updated", inAzure, "", exchange{tries: 1, status: 410}, "is being updated: try again in a minute", "identity-endpoint"},
		{"in Azure, broken", inAzure, "", broken, "does not answer: try again, and let no firewall", "identity-endpoint"},
		{"broken", of(passwordless.SystemAssigned), "", broken, "cannot be reached: check IDENTITY_ENDPOINT", "identity-endpoint"},
		{"silent", of(passwordless.SystemAssigned), "", exchange{tries: 1, err: os.ErrDeadlineExceeded}, "does not answer: outside Azure", "identity-endpoint"},
		{"either ID", identity.Identity{Kind: passwordless.UserAssigned, ClientID: connectortest.Client, EitherID: true}, "", exchange{tries: 1, status: 400}, "this client ID or object ID", "identity-not-found"},
		{"a page that throttles", of(passwordless.SystemAssigned), "", exchange{tries: 1, status: 429, body: []byte("<html>")}, "throttling", "throttled"},
		{"no default identity", of(passwordless.SystemAssigned), "", exchange{tries: 1, status: 404, body: []byte(`{"message":"no default identity is assigned"}`)}, "turn on the host's system-assigned identity", "identity-not-found"},
		{"Entra throttles", of(passwordless.ServicePrincipal), "", exchange{tries: 1, status: 429}, "throttling", "throttled"},
		{"Entra without TLS", of(passwordless.ServicePrincipal), "", exchange{tries: 1, err: tls.RecordHeaderError{Msg: "first record"}}, "does not speak TLS", "way-to-microsoft-entra"},
		{"an odd certificate", of(passwordless.ServicePrincipal), "", exchange{tries: 1, err: &tls.CertificateVerificationError{Err: errors.New("odd")}}, "the certificate is not accepted", "way-to-microsoft-entra"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := newIdentityError(t.Context(), row.id, errors.New(row.said), &lastResponse{exchange: row.end})
			assert.Contains(t, err.advice.Hint, row.want)
			assert.Equal(t, row.anchor, err.advice.Anchor)
			assert.NotContains(t, err.Error(), "pod")
		})
	}
	late := newIdentityError(t.Context(), of(passwordless.Interactive), context.DeadlineExceeded, &lastResponse{})
	assert.Equal(t, "no one signed in in time", late.advice.Hint)
	wrong := newIdentityError(t.Context(), of(passwordless.CustomCredential), fmt.Errorf("for x: %w", ErrWrongAudience), &lastResponse{})
	assert.Contains(t, wrong.advice.Hint, "check Options.Credential, Options.Scope")
	again := newIdentityError(t.Context(), of(passwordless.ServicePrincipal), errors.New("no"), &lastResponse{exchange: exchange{tries: 2, status: 503}})
	assert.Contains(t, again.Error(), "HTTP 503 Service Unavailable (2 tries)")
}
