package host

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/azuredb/passwordless/azuretest"
)

// The kinds of identities.
const (
	systemAssigned   = "system-assigned"
	userAssigned     = "user-assigned"
	servicePrincipal = "service-principal"
	workload         = "workload"
	developer        = "developer"
	administrator    = "administrator" // a developer, too
)

// defaultNames are the database users of the kinds.
var defaultNames = map[string]string{
	systemAssigned: "app-system", userAssigned: "app", servicePrincipal: "app-principal", workload: "app-workload",
	developer: "dev@contoso.com", administrator: "admin@contoso.com",
}

// Kinds are what an identity may be.
var Kinds = slices.Sorted(maps.Keys(defaultNames))

// Identity is one that the lab has, and a user of each database.
type Identity struct {
	Kind string
	azuretest.Identity
}

// addIdentities registers the identities that the words ask for, "KIND" or "KIND=NAME".
func (h *Host) addIdentities(words []string, lifetime time.Duration) error {
	add := map[string]func(azuretest.Identity) azuretest.Identity{
		systemAssigned: h.Cloud.AddSystemAssigned, userAssigned: h.Cloud.AddUserAssigned, servicePrincipal: h.Cloud.AddServicePrincipal,
		workload: h.Cloud.AddUserAssigned, developer: h.Cloud.SignIn, administrator: h.Cloud.SignIn,
	}
	signedIn := ""
	for _, word := range words {
		kind, name, named := strings.Cut(word, "=")
		if add[kind] == nil || named && name == "" {
			return fmt.Errorf("identity %q: want %s, or KIND=NAME", word, strings.Join(Kinds, ", "))
		}
		if kind == developer || kind == administrator {
			if signedIn != "" {
				return fmt.Errorf("identity %q: one person can be signed in, and that is %q", word, signedIn)
			}
			signedIn = word
		}
		if !named {
			name = defaultNames[kind]
		}
		id := azuretest.Identity{Name: name, TokenLifetime: lifetime}
		h.Identities = append(h.Identities, Identity{kind, add[kind](id)})
	}
	return nil
}

// administrators are the identities that may make users.
func (h *Host) administrators() []Identity {
	return slices.DeleteFunc(slices.Clone(h.Identities), func(id Identity) bool { return id.Kind != administrator })
}

// identityVariables are those by which a program on the host finds an identity, and the names that Service
// Connector's variables of a database end in.
func (h *Host) identityVariables(id Identity) (variables, connector []string, err error) {
	switch id.Kind {
	case userAssigned:
		connector = []string{"CLIENTID=" + id.ClientID}
		fallthrough
	case systemAssigned:
		variables = h.Cloud.AppServiceEnviron()
	case servicePrincipal:
		connector = []string{"CLIENTID=" + id.ClientID, "CLIENTSECRET=" + id.Secret, "TENANTID=" + id.TenantID}
		variables = []string{
			"AZURE_CLIENT_ID=" + id.ClientID, "AZURE_CLIENT_SECRET=" + id.Secret, "AZURE_TENANT_ID=" + id.TenantID,
			"AZURE_AUTHORITY_HOST=" + h.Cloud.AuthorityHost(),
		}
	case workload:
		connector = []string{"CLIENTID=" + id.ClientID}
		variables, err = h.Cloud.WorkloadEnviron(h.dir, id.Identity)
	case developer, administrator:
		tools := filepath.Join(h.dir, "bin")
		if err = errors.Join(os.MkdirAll(tools, 0o700), h.Cloud.InstallTool(azuretest.AzureCLI, tools)); err == nil {
			variables = []string{"PATH=" + tools + string(filepath.ListSeparator) + os.Getenv("PATH")}
		}
		if id.Kind == h.Identities[0].Kind { // no search for an identity of the host, which would ask Azure's address for it
			variables = append(variables, "AZURE_TOKEN_CREDENTIALS=dev")
		}
	}
	return variables, connector, err
}
