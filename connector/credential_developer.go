package connector

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// buildTool makes the credential that runs a developer's tool. These have no
// cache: each token is one run of the program.
func (s *source) buildTool(kind IdentityKind) (azcore.TokenCredential, error) {
	switch kind {
	case AzureCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: s.chosen.tenantID})
	case AzureDeveloperCLI:
		return azidentity.NewAzureDeveloperCLICredential(&azidentity.AzureDeveloperCLICredentialOptions{TenantID: s.chosen.tenantID})
	default:
		return azidentity.NewAzurePowerShellCredential(&azidentity.AzurePowerShellCredentialOptions{TenantID: s.chosen.tenantID})
	}
}

// buildInteractive makes the credential that opens a browser.
func (s *source) buildInteractive() (azcore.TokenCredential, error) {
	return azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{
		ClientOptions:            s.clientOptions(),
		ClientID:                 s.chosen.clientID,
		TenantID:                 s.chosen.tenantID,
		DisableInstanceDiscovery: !s.cloud.microsoft,
	})
}

// buildDeviceCode makes the credential that shows a code to type in elsewhere.
func (s *source) buildDeviceCode() (azcore.TokenCredential, error) {
	return azidentity.NewDeviceCodeCredential(s.deviceCodeOptions())
}

// deviceCodeOptions send the code to stderr: stdout belongs to the program.
func (s *source) deviceCodeOptions() *azidentity.DeviceCodeCredentialOptions {
	return &azidentity.DeviceCodeCredentialOptions{
		ClientOptions:            s.clientOptions(),
		ClientID:                 s.chosen.clientID,
		TenantID:                 s.chosen.tenantID,
		DisableInstanceDiscovery: !s.cloud.microsoft,
		UserPrompt:               promptTo(os.Stderr),
	}
}

// promptTo returns a function that shows a person on w where to type which code.
func promptTo(w io.Writer) func(context.Context, azidentity.DeviceCodeMessage) error {
	return func(_ context.Context, m azidentity.DeviceCodeMessage) error {
		_, err := fmt.Fprintln(w, m.Message)
		return err
	}
}
