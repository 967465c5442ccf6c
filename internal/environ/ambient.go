package environ

import (
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// Ambient is the identity that the SDKs' variables give a connection whose string names none.
type Ambient struct {
	Identity dsn.Identity
	Why      string // one line, for people; empty if there is none
}

// readAmbient finds it. The word Active Directory Default in a connection string means what it means in SqlClient,
// AZURE_CLIENT_ID and with a secret or certificate a service principal. Without that word the same holds for strings
// that are not Service Connector's, which Aspire's and azd's templates write with AZURE_CLIENT_ID and nothing else.
func (d *discovery) readAmbient() {
	c, why := d.found.Config, "the connection string asks for the default identity, which AZURE_CLIENT_ID names"
	switch {
	case bringsIdentity(c) || c.Identity.Method != dsn.MethodUnset && c.Identity.Method != dsn.MethodDefault:
		return
	case d.word == dsn.MethodDefault:
	case d.connector:
		return
	default:
		why = "AZURE_CLIENT_ID names the identity: the connection string names none and is not Service Connector's"
	}
	client, ok := d.env.find("AZURE_CLIENT_ID")
	if !ok {
		return
	}
	id := c.Identity
	id.ClientID = client.value
	if d.isPrincipal() && (d.word == dsn.MethodDefault || !d.env.Has("AZURE_FEDERATED_TOKEN_FILE")) {
		id.Method = dsn.MethodEnvironment
		why += ", with AZURE_TENANT_ID and a secret or certificate"
	}
	d.found.Ambient = Ambient{id, why}
}

// isPrincipal reports whether the variables hold a service principal, and AZURE_TOKEN_CREDENTIALS does not leave it out.
func (d *discovery) isPrincipal() bool {
	directive, _ := d.env.find("AZURE_TOKEN_CREDENTIALS")
	switch strings.ToLower(strings.TrimSpace(directive.value)) {
	case "", "prod", "environmentcredential":
		return d.env.Has("AZURE_TENANT_ID") && (d.env.Has("AZURE_CLIENT_SECRET") || d.env.Has("AZURE_CLIENT_CERTIFICATE_PATH"))
	}
	return false
}
