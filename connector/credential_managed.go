package connector

import (
	"os"
	"runtime"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// buildManaged makes the credential of a managed identity. Without an ID it is
// the host's own: unlike DefaultAzureCredential, this credential does not read
// AZURE_CLIENT_ID.
func (s *source) buildManaged() (azcore.TokenCredential, error) {
	o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: s.clientOptions()}
	if hostMarker(os.Getenv, fileExists, runtime.GOOS).fabric {
		o.Transport = s.transport // MSAL must pin the certificate on the client itself
	}
	switch id := s.chosen; {
	case id.clientID != "":
		o.ID = azidentity.ClientID(id.clientID)
	case id.objectID != "":
		o.ID = azidentity.ObjectID(id.objectID)
	case id.resourceID != "":
		o.ID = azidentity.ResourceID(id.resourceID)
	}
	return azidentity.NewManagedIdentityCredential(o)
}
