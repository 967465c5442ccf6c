package azuretest

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"maps"
	"strings"
	"time"
)

// An Identity is a principal that the cloud issues tokens to. The methods of Cloud that
// register one fill what is empty with random values and return the result, so
// a test that sets no ClientID gets one that no other test has; that matters
// because MSAL keeps one cache of managed identity tokens per process.
type Identity struct {
	Name       string // the database's name for it (its role); a user's sign-in name. Default: a random name
	ClientID   string // application id, a GUID; not used for users
	ObjectID   string // object id of the principal, the "oid" of its tokens, a GUID
	ResourceID string // Azure resource id: of the managed identity, or of the app that a system-assigned identity belongs to
	TenantID   string // home tenant; default: the cloud's

	// Secret and Certificate are what a service principal may authenticate with.
	// Only the certificate's public part is used. With neither, a secret is made up.
	Secret      string
	Certificate *x509.Certificate

	// TokenLifetime is how long its tokens live. Default: 4 minutes for a
	// system-assigned identity, 1 hour for all others. Tokens with less than 5
	// minutes left are never served from azidentity's cache, so tests that share
	// the one system-assigned identity of a process do not see each other's tokens.
	TokenLifetime time.Duration

	// Claims are added to each of its tokens; a nil value removes a claim.
	Claims map[string]any
}

// kind says which sort of identity one is.
type kind uint8

const (
	systemAssigned kind = iota + 1
	userAssigned
	servicePrincipal
	user
)

// registration is an identity as the cloud holds it; never modified once stored.
type registration struct {
	Identity
	kind kind
}

const (
	systemAssignedLifetime = 4 * time.Minute
	defaultLifetime        = time.Hour
)

// AddSystemAssigned gives the host a system-assigned identity, in place of any it
// had. A host has at most one. It answers requests that name no identity.
func (c *Cloud) AddSystemAssigned(id Identity) Identity { return c.register(id, systemAssigned) }

// AddUserAssigned assigns a user-assigned managed identity to the host. It
// replaces one with the same ClientID. It can also be used as a workload
// identity: see WorkloadEnviron.
func (c *Cloud) AddUserAssigned(id Identity) Identity { return c.register(id, userAssigned) }

// AddServicePrincipal registers an application with a secret, a certificate or
// both. It replaces one with the same ClientID.
func (c *Cloud) AddServicePrincipal(id Identity) Identity { return c.register(id, servicePrincipal) }

// SignIn makes id the user that az, azd and Azure PowerShell are signed in as,
// in place of any other. Name is the user's sign-in name (UPN).
func (c *Cloud) SignIn(id Identity) Identity { return c.register(id, user) }

// SignOut signs the user out of az, azd and Azure PowerShell.
func (c *Cloud) SignOut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.signedIn = nil
}

func (c *Cloud) register(id Identity, k kind) Identity {
	r := &registration{Identity: c.complete(id, k), kind: k}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch k {
	case systemAssigned:
		c.system = r
	case user:
		c.signedIn = r
	case userAssigned, servicePrincipal:
		c.apps[strings.ToLower(r.ClientID)] = r
	}
	c.principals[strings.ToLower(r.ObjectID)] = r
	return r.Identity
}

// complete fills the empty fields of id.
func (c *Cloud) complete(id Identity, k kind) Identity {
	fill := func(field *string, value func() string) {
		if *field == "" {
			*field = value()
		}
	}
	fill(&id.TenantID, func() string { return c.tenantID })
	fill(&id.ObjectID, newGUID)
	if k == user {
		fill(&id.Name, func() string { return "dev-" + randomWord() + "@contoso.com" })
	} else {
		fill(&id.Name, func() string { return "app-" + randomWord() })
		fill(&id.ClientID, newGUID)
	}
	switch k {
	case systemAssigned:
		fill(&id.ResourceID, func() string { return resourceID("Microsoft.Web/sites", id.Name) })
	case userAssigned:
		fill(&id.ResourceID, func() string { return resourceID("Microsoft.ManagedIdentity/userAssignedIdentities", id.Name) })
	case servicePrincipal:
		if id.Certificate == nil {
			fill(&id.Secret, rand.Text)
		}
	}
	if id.TokenLifetime == 0 {
		id.TokenLifetime = defaultLifetime
		if k == systemAssigned {
			id.TokenLifetime = systemAssignedLifetime
		}
	}
	id.Claims = maps.Clone(id.Claims)
	return id
}

// managed finds the managed identity that a query names by one of the three
// ids, or the system-assigned one if all are empty; nil if there is none.
func (c *Cloud) managed(clientID, objectID, resourceID string) *registration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if clientID == "" && objectID == "" && resourceID == "" {
		return c.system
	}
	named := func(r *registration) bool {
		return r != nil && r.kind != servicePrincipal &&
			(clientID == "" || strings.EqualFold(r.ClientID, clientID)) &&
			(objectID == "" || strings.EqualFold(r.ObjectID, objectID)) &&
			(resourceID == "" || strings.EqualFold(r.ResourceID, resourceID))
	}
	for _, r := range c.apps {
		if named(r) {
			return r
		}
	}
	if named(c.system) {
		return c.system
	}
	return nil
}

// app finds the application with this client id in a tenant, nil if there is none.
func (c *Cloud) app(clientID, tenantID string) *registration {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.apps[strings.ToLower(clientID)]
	if r == nil || !strings.EqualFold(r.TenantID, tenantID) {
		return nil
	}
	return r
}

// knownTenant reports whether the cloud or one of its identities is in a tenant.
func (c *Cloud) knownTenant(tenantID string) bool {
	if strings.EqualFold(tenantID, c.tenantID) {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.principals {
		if strings.EqualFold(r.TenantID, tenantID) {
			return true
		}
	}
	return false
}

func resourceID(kind, name string) string {
	return fmt.Sprintf("/subscriptions/%s/resourcegroups/azuretest/providers/%s/%s", newGUID(), kind, name)
}

// newGUID returns a random GUID (RFC 9562, version 4).
func newGUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func randomWord() string { return strings.ToLower(rand.Text()[:8]) }
