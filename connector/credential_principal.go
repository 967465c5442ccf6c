package connector

import (
	"crypto"
	"crypto/x509"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/azuredb/passwordless/internal/redact"
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
	certificates, key, err := s.chosen.readCertificate()
	if err != nil {
		return nil, err
	}
	return azidentity.NewClientCertificateCredential(s.chosen.tenantID, s.chosen.clientID, certificates, key,
		&azidentity.ClientCertificateCredentialOptions{
			ClientOptions:            s.clientOptions(),
			DisableInstanceDiscovery: !s.cloud.microsoft,
			SendCertificateChain:     s.chosen.sendChain,
		})
}

// readCertificate reads the certificates and the key of a service principal.
func (id identity) readCertificate() ([]*x509.Certificate, crypto.PrivateKey, error) {
	data, err := redact.ReadFile(id.certificatePath)
	if err != nil {
		return nil, nil, &SetupError{Variable: id.certificateKey, Anchor: "service-principal", Err: err}
	}
	certificates, key, err := azidentity.ParseCertificates(data, []byte(id.certificatePassword.Reveal()))
	if err != nil {
		return nil, nil, &SetupError{Variable: id.certificateKey, Anchor: "service-principal",
			Err: fmt.Errorf("no certificate with its private key, in PEM or PKCS #12 form, can be read from the file with the password given: %w", err)}
	}
	return certificates, key, nil
}

// checkCredential reports what can be found wrong with a service principal's credential
// before its tenant is known.
func (id identity) checkCredential() error {
	if id.kind != ServicePrincipalCertificate {
		return nil
	}
	_, _, err := id.readCertificate()
	return err
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
