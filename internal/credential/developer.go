package credential

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/azuredb/passwordless"
)

// buildTool makes the credential that runs a developer's tool. These have no
// cache: each token is one run of the program.
func (s *Source) buildTool(kind passwordless.IdentityKind) (azcore.TokenCredential, error) {
	switch kind {
	case passwordless.AzureCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: s.chosen.TenantID})
	case passwordless.AzureDeveloperCLI:
		return azidentity.NewAzureDeveloperCLICredential(&azidentity.AzureDeveloperCLICredentialOptions{TenantID: s.chosen.TenantID})
	default:
		return azidentity.NewAzurePowerShellCredential(&azidentity.AzurePowerShellCredentialOptions{TenantID: s.chosen.TenantID})
	}
}

// buildInteractive makes the credential that opens a browser.
func (s *Source) buildInteractive() (azcore.TokenCredential, error) {
	return azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{
		ClientOptions:            s.clientOptions(),
		ClientID:                 s.chosen.ClientID,
		TenantID:                 s.chosen.TenantID,
		DisableInstanceDiscovery: !s.cloud.Microsoft,
	})
}

// buildDeviceCode makes the credential that shows a code to type in elsewhere.
func (s *Source) buildDeviceCode() (azcore.TokenCredential, error) {
	return azidentity.NewDeviceCodeCredential(s.deviceCodeOptions())
}

// deviceCodeOptions send the code to stderr: stdout belongs to the program.
func (s *Source) deviceCodeOptions() *azidentity.DeviceCodeCredentialOptions {
	return &azidentity.DeviceCodeCredentialOptions{
		ClientOptions:            s.clientOptions(),
		ClientID:                 s.chosen.ClientID,
		TenantID:                 s.chosen.TenantID,
		DisableInstanceDiscovery: !s.cloud.Microsoft,
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
