package credential

import (
	"os"
	"runtime"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/azuredb/passwordless/internal/identity"
)

// buildManaged makes the credential of a managed identity. Without an ID it is
// the host's own: unlike DefaultAzureCredential, this credential does not read
// AZURE_CLIENT_ID.
func (s *Source) buildManaged() (azcore.TokenCredential, error) {
	o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: s.clientOptions()}
	if identity.HostMarker(os.Getenv, identity.FileExists, runtime.GOOS).Fabric {
		o.Transport = s.transport // MSAL must pin the certificate on the client itself
	}
	switch id := s.chosen; {
	case id.ClientID != "":
		o.ID = azidentity.ClientID(id.ClientID)
	case id.ObjectID != "":
		o.ID = azidentity.ObjectID(id.ObjectID)
	case id.ResourceID != "":
		o.ID = azidentity.ResourceID(id.ResourceID)
	}
	return azidentity.NewManagedIdentityCredential(o)
}
