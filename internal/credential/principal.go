package credential

import (
	"crypto"
	"crypto/x509"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/redact"
)

// buildSecret makes the credential of a service principal with a client secret.
func (s *Source) buildSecret() (azcore.TokenCredential, error) {
	return azidentity.NewClientSecretCredential(s.chosen.TenantID, s.chosen.ClientID, s.chosen.Secret.Reveal(),
		&azidentity.ClientSecretCredentialOptions{
			ClientOptions:            s.clientOptions(),
			DisableInstanceDiscovery: !s.cloud.Microsoft,
		})
}

// buildCertificate makes the credential of a service principal with a
// certificate. It reads the file each time, since certificates are replaced in
// place.
func (s *Source) buildCertificate() (azcore.TokenCredential, error) {
	certificates, key, err := readCertificate(s.chosen)
	if err != nil {
		return nil, err
	}
	return azidentity.NewClientCertificateCredential(s.chosen.TenantID, s.chosen.ClientID, certificates, key,
		&azidentity.ClientCertificateCredentialOptions{
			ClientOptions:            s.clientOptions(),
			DisableInstanceDiscovery: !s.cloud.Microsoft,
			SendCertificateChain:     s.chosen.SendChain,
		})
}

// readCertificate reads the certificates and the key of a service principal.
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

// CheckCredential reports what can be found wrong with a service principal's credential
// before its tenant is known.
func CheckCredential(id identity.Identity) error {
	if id.Kind != passwordless.ServicePrincipalCertificate {
		return nil
	}
	_, _, err := readCertificate(id)
	return err
}

// buildWorkload makes the credential of a workload identity. It reads the file
// when it asks for a token, and again every ten minutes.
func (s *Source) buildWorkload() (azcore.TokenCredential, error) {
	return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions:            s.clientOptions(),
		ClientID:                 s.chosen.ClientID,
		TenantID:                 s.chosen.TenantID,
		TokenFilePath:            s.chosen.TokenFile,
		DisableInstanceDiscovery: !s.cloud.Microsoft,
	})
}
