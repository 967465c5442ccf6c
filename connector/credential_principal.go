package connector

import (
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// buildSecret makes the credential of a service principal with a client secret.
func (s *source) buildSecret() (azcore.TokenCredential, error) {
	return azidentity.NewClientSecretCredential(s.chosen.tenantID, s.chosen.clientID, s.chosen.secret.Reveal(),
		&azidentity.ClientSecretCredentialOptions{
			ClientOptions:            s.clientOptions(),
			DisableInstanceDiscovery: !s.cloud.microsoft,
		})
}

// buildCertificate makes the credential of a service principal with a
// certificate. It reads the file each time, since certificates are replaced in
// place.
func (s *source) buildCertificate() (azcore.TokenCredential, error) {
	data, err := readFile(s.chosen.certificatePath)
	if err != nil {
		return nil, &SetupError{Variable: s.chosen.certificateKey, Anchor: "client-certificate", Err: err}
	}
	certificates, key, err := azidentity.ParseCertificates(data, []byte(s.chosen.certificatePassword.Reveal()))
	if err != nil {
		return nil, &SetupError{Variable: s.chosen.certificateKey, Anchor: "client-certificate",
			Err: fmt.Errorf("no certificate with its private key, in PEM or PKCS #12 form, can be read from the file with the password given: %w", err)}
	}
	return azidentity.NewClientCertificateCredential(s.chosen.tenantID, s.chosen.clientID, certificates, key,
		&azidentity.ClientCertificateCredentialOptions{
			ClientOptions:            s.clientOptions(),
			DisableInstanceDiscovery: !s.cloud.microsoft,
			SendCertificateChain:     s.chosen.sendChain,
		})
}

// buildWorkload makes the credential of a workload identity. It reads the file
// when it asks for a token, and again every ten minutes.
func (s *source) buildWorkload() (azcore.TokenCredential, error) {
	return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions:            s.clientOptions(),
		ClientID:                 s.chosen.clientID,
		TenantID:                 s.chosen.tenantID,
		TokenFilePath:            s.chosen.tokenFile,
		DisableInstanceDiscovery: !s.cloud.microsoft,
	})
}
