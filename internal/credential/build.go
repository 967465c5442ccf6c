package credential

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/redact"
)

// build makes the credential of a kind. Those of developers' tools have no cache: each token is one
// run of the program. The workload identity reads its file when it asks, and again every ten minutes.
func (s *Source) build(kind passwordless.IdentityKind) (azcore.TokenCredential, error) {
	id, foreign := s.chosen, !s.cloud.Microsoft
	switch kind {
	case passwordless.SystemAssigned, passwordless.UserAssigned:
		return s.buildManaged()
	case passwordless.ServicePrincipal:
		return azidentity.NewClientSecretCredential(id.TenantID, id.ClientID, id.Secret.Reveal(),
			&azidentity.ClientSecretCredentialOptions{ClientOptions: s.clientOptions(), DisableInstanceDiscovery: foreign})
	case passwordless.ServicePrincipalCertificate:
		return s.buildCertificate()
	case passwordless.WorkloadIdentity:
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{ClientOptions: s.clientOptions(),
			ClientID: id.ClientID, TenantID: id.TenantID, TokenFilePath: id.TokenFile, DisableInstanceDiscovery: foreign})
	case passwordless.AzureCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: id.TenantID})
	case passwordless.AzureDeveloperCLI:
		return azidentity.NewAzureDeveloperCLICredential(&azidentity.AzureDeveloperCLICredentialOptions{TenantID: id.TenantID})
	case passwordless.AzurePowerShell:
		return azidentity.NewAzurePowerShellCredential(&azidentity.AzurePowerShellCredentialOptions{TenantID: id.TenantID})
	case passwordless.Interactive:
		return azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{ClientOptions: s.clientOptions(),
			ClientID: id.ClientID, TenantID: id.TenantID, DisableInstanceDiscovery: foreign})
	case passwordless.DeviceCode:
		return azidentity.NewDeviceCodeCredential(s.deviceCodeOptions())
	default:
		return nil, errors.New("passwordless: " + kind.String() + " has no credential")
	}
}

// buildManaged makes the credential of a managed identity. Without an ID it is the host's own: unlike
// DefaultAzureCredential, this credential does not read AZURE_CLIENT_ID.
func (s *Source) buildManaged() (azcore.TokenCredential, error) {
	if err := checkHostVariables(); err != nil {
		return nil, err
	}
	o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: s.clientOptions()}
	if identity.OnServiceFabric() {
		o.Transport = s.transport // MSAL must pin the certificate on the client itself
		if client, ok := s.transport.(*http.Client); ok {
			o.Transport = boundedClient(client)
		}
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

// buildCertificate reads the file each time: certificates are replaced in place.
func (s *Source) buildCertificate() (azcore.TokenCredential, error) {
	certificates, key, err := readCertificate(s.chosen)
	if err != nil {
		return nil, err
	}
	return azidentity.NewClientCertificateCredential(s.chosen.TenantID, s.chosen.ClientID, certificates, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: s.clientOptions(),
			DisableInstanceDiscovery: !s.cloud.Microsoft, SendCertificateChain: s.chosen.SendChain})
}

func readCertificate(id identity.Identity) ([]*x509.Certificate, crypto.PrivateKey, error) {
	data, err := redact.ReadFile(id.CertificatePath)
	if err != nil {
		return nil, nil, &passwordless.SetupError{Variable: id.CertificateKey, Anchor: "service-principal", Err: err}
	}
	certificates, key, err := azidentity.ParseCertificates(data, []byte(id.CertificatePassword.Reveal()))
	if err != nil {
		return nil, nil, &passwordless.SetupError{Variable: id.CertificateKey, Anchor: "service-principal",
			Err: fmt.Errorf("no certificate with its private key, in PEM or PKCS #12 form, can be read from the file with the password given: %w", err)}
	}
	return certificates, key, nil
}

// CheckCredential reports what can be found wrong with a service principal's credential before its tenant is known.
func CheckCredential(id identity.Identity) error {
	if id.Kind != passwordless.ServicePrincipalCertificate {
		return nil
	}
	_, _, err := readCertificate(id)
	return err
}

// deviceCodeOptions send the code to stderr: stdout belongs to the program.
func (s *Source) deviceCodeOptions() *azidentity.DeviceCodeCredentialOptions {
	return &azidentity.DeviceCodeCredentialOptions{
		ClientOptions: s.clientOptions(), ClientID: s.chosen.ClientID, TenantID: s.chosen.TenantID,
		DisableInstanceDiscovery: !s.cloud.Microsoft, UserPrompt: promptTo(os.Stderr),
	}
}

func promptTo(w io.Writer) func(context.Context, azidentity.DeviceCodeMessage) error {
	return func(_ context.Context, m azidentity.DeviceCodeMessage) error {
		_, err := fmt.Fprintln(w, m.Message)
		return err
	}
}

// rebuilt reports whether only a new credential object passes the cache of the old one.
func rebuilt(k passwordless.IdentityKind) bool {
	return k == passwordless.ServicePrincipal || k == passwordless.ServicePrincipalCertificate || k == passwordless.WorkloadIdentity
}

// clientOptions are for credentials that talk to the issuer themselves. The authority is always given:
// azidentity would read AZURE_AUTHORITY_HOST from the process's environment instead.
func (s *Source) clientOptions() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     azcloud.Configuration{ActiveDirectoryAuthorityHost: s.cloud.Authority},
		Transport: recordingTransport{boundedTransport{s.transport}},
	}
}
