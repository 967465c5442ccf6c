package credential

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

func TestHostVariablesThatCannotBeUsed(t *testing.T) {
	const good = "http://127.0.0.1:9/token"
	for _, row := range []struct{ endpoint, header, msi, secret, wrong string }{
		{good, "canary\r\nX: y", "", "", "IDENTITY_HEADER"},
		{good, "canary\n", "", "", "IDENTITY_HEADER"},
		{good, "canary\x00", "", "", "IDENTITY_HEADER"},
		{"http://canary:canary@[::1/x", "h", "", "", "IDENTITY_ENDPOINT"},
		{"http://canary:canary@h:port/x", "h", "", "", "IDENTITY_ENDPOINT"},
		{"canary", "h", "", "", "IDENTITY_ENDPOINT"},
		{"", "", "http://canary@%zz", "h", "MSI_ENDPOINT"},
		{"", "", good, "canary\n", "MSI_SECRET"},
		{good, "a b\tc", "", "", ""},
		{"", "", good, "", ""},
		{"canary", "", "", "", ""}, // which MSAL does not use
	} {
		t.Run(row.wrong, func(t *testing.T) {
			for name, value := range map[string]string{"IDENTITY_ENDPOINT": row.endpoint, "IDENTITY_HEADER": row.header,
				"MSI_ENDPOINT": row.msi, "MSI_SECRET": row.secret, "IMDS_ENDPOINT": "", "IDENTITY_SERVER_THUMBPRINT": ""} {
				if value == "" || value[len(value)-1] != 0 {
					t.Setenv(name, value)
				} else { // no process can have it
					t.Setenv(name, value[:len(value)-1]+"\x01")
				}
			}
			_, err := New(identity.Identity{Kind: passwordless.SystemAssigned}, cloud.Cloud{Scope: connectortest.ScopeOSS}, &passwordless.Options{})
			if row.wrong == "" {
				require.NoError(t, err)
				return
			}
			failed, ok := errors.AsType[*passwordless.SetupError](err)
			require.True(t, ok, err)
			assert.Equal(t, row.wrong, failed.Variable)
			connectortest.AssertClean(t, err, "canary")
		})
	}
}
