//go:build unix

package credential

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

// Nothing waits for a FIFO, or reads a device for ever.
func TestFilesOfAnIdentityAreRegular(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	cl := cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: "https://login.example.com/"}
	for _, file := range []string{fifo, "/dev/zero"} {
		id := identity.Identity{Kind: passwordless.ServicePrincipalCertificate, ClientID: connectortest.Client,
			TenantID: connectortest.Tenant, CertificatePath: file, CertificateKey: "client_certificate_path"}
		_, err := New(id, cl, &passwordless.Options{})
		require.ErrorContains(t, err, "client_certificate_path: not a regular file")

		id = identity.Identity{Kind: passwordless.WorkloadIdentity, ClientID: connectortest.Client, TenantID: connectortest.Tenant, TokenFile: file}
		s, err := New(id, cl, &passwordless.Options{Transport: entraThat(200, "{}")})
		require.NoError(t, err)
		_, err = s.Fetch(t.Context(), false)
		require.ErrorContains(t, err, "AZURE_FEDERATED_TOKEN_FILE: not a regular file")
	}
}
