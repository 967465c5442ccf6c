package azuretest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The Kubernetes cluster whose service accounts the cloud trusts. It exists by
// name only; its tokens are signed with the cloud's key.
const (
	federationIssuer   = "https://oidc.azuretest.invalid/"
	federationAudience = "api://AzureADTokenExchange"
)

// WorkloadEnviron makes a registered user-assigned identity or service
// principal usable as a workload identity, as the webhook of Azure Workload
// Identity does for a pod: it writes a service account token, valid for an
// hour, to a file in dir, and returns AZURE_FEDERATED_TOKEN_FILE,
// AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_AUTHORITY_HOST. To rotate the
// token, call it again or write another FederatedToken to the file.
func (c *Cloud) WorkloadEnviron(dir string, id Identity) ([]string, error) {
	token, err := c.FederatedToken(id, time.Hour)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "azure-identity-token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		return nil, fmt.Errorf("azuretest: write the federated token: %w", err)
	}
	return []string{
		"AZURE_FEDERATED_TOKEN_FILE=" + file,
		"AZURE_CLIENT_ID=" + id.ClientID,
		"AZURE_TENANT_ID=" + id.TenantID,
		"AZURE_AUTHORITY_HOST=" + c.AuthorityHost(),
	}, nil
}

// FederatedToken makes a service account token that the authority exchanges for
// access tokens of a registered identity. A negative lifetime makes one that
// has expired.
func (c *Cloud) FederatedToken(id Identity, lifetime time.Duration) (string, error) {
	app := c.app(id.ClientID, id.TenantID)
	if app == nil {
		return "", errors.New("azuretest: a workload identity must first be registered with AddUserAssigned or AddServicePrincipal")
	}
	subject := "system:serviceaccount:default:" + app.Name
	c.mu.Lock()
	c.federated[strings.ToLower(app.ClientID)] = subject
	c.mu.Unlock()
	now := time.Now()
	issued := now.Add(min(0, lifetime) - time.Second) // the authority sees it valid at once
	return c.sign(jwt.MapClaims{
		"iss": federationIssuer,
		"aud": []string{federationAudience},
		"sub": subject,
		"jti": newGUID(),
		"iat": issued.Unix(),
		"nbf": issued.Unix(),
		"exp": now.Add(lifetime).Unix(),
	}), nil
}
