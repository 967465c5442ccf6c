package e2e_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
)

// setting is one way to say who connects.
type setting struct {
	role    string             // who current_user must be
	text    string             // connection string; empty: the environment's
	options *connector.Options // how to reach the stage
}

// identityCase makes the setting of one kind of identity.
type identityCase struct {
	name     string
	kind     connector.IdentityKind
	endpoint azuretest.Endpoint // who gives the token; empty: nobody of the cloud's
	setUp    func(*testing.T, *stage) setting
}

// literal is a connection string with keys for the identity.
func (s *stage) literal(role, keys string, environ ...string) setting {
	return setting{role, s.libpq(role) + " " + keys, s.options(environ...)}
}

// variables are those of client type go, with more for the identity.
func (s *stage) variables(role string, more ...string) setting {
	return setting{role, "", s.options(append(more, "AZURE_POSTGRESQL_CONNECTIONSTRING="+s.libpq(role))...)}
}

func TestManagedIdentityLogsIn(t *testing.T) {
	onHost := func(kind func(*stage, azuretest.Identity) azuretest.Identity, keys func(azuretest.Identity) string) func(*testing.T, *stage) setting {
		return func(t *testing.T, s *stage) setting {
			s.onAppService(t)
			id := s.admit(t, kind(s, azuretest.Identity{}))
			return s.literal(id.Name, keys(id))
		}
	}
	system := func(s *stage, id azuretest.Identity) azuretest.Identity { return s.AddSystemAssigned(id) }
	user := func(s *stage, id azuretest.Identity) azuretest.Identity { return s.AddUserAssigned(id) }
	requireLogins(t, []identityCase{
		{"system-assigned, App Service", connector.SystemAssigned, azuretest.AppService,
			onHost(system, func(azuretest.Identity) string { return "" })},
		{"user-assigned by client ID", connector.UserAssigned, azuretest.AppService,
			onHost(user, func(id azuretest.Identity) string { return "client_id=" + id.ClientID })},
		{"user-assigned by object ID", connector.UserAssigned, azuretest.AppService,
			onHost(user, func(id azuretest.Identity) string { return "object_id=" + id.ObjectID })},
		{"user-assigned by resource ID", connector.UserAssigned, azuretest.AppService,
			onHost(user, func(id azuretest.Identity) string { return "resource_id=" + id.ResourceID })},
		{"by word", connector.UserAssigned, azuretest.AppService,
			onHost(user, func(id azuretest.Identity) string {
				return "authentication=ActiveDirectoryManagedIdentity client_id=" + id.ClientID
			})},
	})
}

// A virtual machine has no marker in the environment: IMDS is found by asking, or without asking where no
// developer tool is on PATH.
func TestVirtualMachineLogsInByIMDS(t *testing.T) {
	requireLogins(t, []identityCase{
		{"user-assigned, without tools", connector.UserAssigned, azuretest.IMDS, func(t *testing.T, s *stage) setting {
			id := s.userAssigned(t)
			return s.variables(id.Name, "AZURE_POSTGRESQL_CLIENTID="+id.ClientID)
		}},
		{"user-assigned by object ID", connector.UserAssigned, azuretest.IMDS, func(t *testing.T, s *stage) setting {
			id := s.userAssigned(t)
			return s.literal(id.Name, "object_id="+id.ObjectID)
		}},
		{"user-assigned by resource ID", connector.UserAssigned, azuretest.IMDS, func(t *testing.T, s *stage) setting {
			id := s.userAssigned(t)
			return s.literal(id.Name, "resource_id="+id.ResourceID)
		}},
		{"system-assigned, without tools", connector.SystemAssigned, azuretest.IMDS, func(t *testing.T, s *stage) setting {
			return s.variables(s.admit(t, s.AddSystemAssigned(azuretest.Identity{})).Name)
		}},
		{"user-assigned, with az on PATH", connector.UserAssigned, azuretest.IMDS, func(t *testing.T, s *stage) setting {
			s.signedIn(t)
			id := s.userAssigned(t)
			return s.variables(id.Name, "AZURE_POSTGRESQL_CLIENTID="+id.ClientID)
		}},
		{"system-assigned, with az on PATH", connector.SystemAssigned, azuretest.IMDS, func(t *testing.T, s *stage) setting {
			s.signedIn(t)
			return s.variables(s.admit(t, s.AddSystemAssigned(azuretest.Identity{})).Name)
		}},
	})
}

func TestServicePrincipalLogsIn(t *testing.T) {
	requireLogins(t, []identityCase{
		{"secret in the variables", connector.ServicePrincipal, azuretest.Authority, func(t *testing.T, s *stage) setting {
			id := s.admit(t, s.AddServicePrincipal(azuretest.Identity{}))
			return s.variables(id.Name, "AZURE_POSTGRESQL_CLIENTID="+id.ClientID, "AZURE_POSTGRESQL_CLIENTSECRET="+id.Secret,
				"AZURE_POSTGRESQL_TENANTID="+id.TenantID, s.authority())
		}},
		{"certificate in the string", connector.ServicePrincipalCertificate, azuretest.Authority, func(t *testing.T, s *stage) setting {
			id, file := s.certified(t)
			return s.literal(id.Name, fmt.Sprintf("client_id=%s tenant_id=%s client_certificate_path='%s'", id.ClientID, id.TenantID, file),
				s.authority())
		}},
		{"certificate in the environment", connector.ServicePrincipalCertificate, azuretest.Authority, func(t *testing.T, s *stage) setting {
			id, file := s.certified(t)
			return s.literal(id.Name, fmt.Sprintf("authentication=ActiveDirectoryServicePrincipal client_id=%s tenant_id=%s", id.ClientID, id.TenantID),
				"AZURE_CLIENT_CERTIFICATE_PATH="+file, s.authority())
		}},
		{"the environment's", connector.ServicePrincipal, azuretest.Authority, func(t *testing.T, s *stage) setting {
			id := s.admit(t, s.AddServicePrincipal(azuretest.Identity{}))
			return s.literal(id.Name, "authentication=ActiveDirectoryEnvironment", "AZURE_CLIENT_ID="+id.ClientID,
				"AZURE_CLIENT_SECRET="+id.Secret, "AZURE_TENANT_ID="+id.TenantID, s.authority())
		}},
	})
}

// A pod with a workload identity has the variables of a user-assigned connection; only the webhook's tell.
func TestWorkloadIdentityLogsIn(t *testing.T) {
	inPod := func(keys func(azuretest.Identity) string, variables func(azuretest.Identity) []string) func(*testing.T, *stage) setting {
		return func(t *testing.T, s *stage) setting {
			id := s.userAssigned(t)
			pod, err := s.WorkloadEnviron(t.TempDir(), id)
			require.NoError(t, err)
			set := s.variables(id.Name, append(pod, variables(id)...)...)
			if k := keys(id); k != "" {
				set.text = s.libpq(id.Name) + " " + k
			}
			return set
		}
	}
	none := func(azuretest.Identity) string { return "" }
	requireLogins(t, []identityCase{
		{"user-assigned's variables", connector.WorkloadIdentity, azuretest.Authority, inPod(none, func(id azuretest.Identity) []string {
			return []string{"AZURE_POSTGRESQL_CLIENTID=" + id.ClientID}
		})},
		{"the webhook's client ID", connector.WorkloadIdentity, azuretest.Authority, inPod(none, func(azuretest.Identity) []string { return nil })},
		{"by word", connector.WorkloadIdentity, azuretest.Authority, inPod(
			func(azuretest.Identity) string { return "authentication=ActiveDirectoryWorkloadIdentity" },
			func(azuretest.Identity) []string { return nil })},
		{"managed identity by word", connector.WorkloadIdentity, azuretest.Authority, inPod(
			func(id azuretest.Identity) string {
				return "authentication=ActiveDirectoryManagedIdentity client_id=" + id.ClientID
			},
			func(azuretest.Identity) []string { return nil })},
	})
}

func TestDeveloperToolLogsInWhenAskedFor(t *testing.T) {
	by := func(word string, install func(*stage, string) error) func(*testing.T, *stage) setting {
		return func(t *testing.T, s *stage) setting {
			developer := s.signedIn(t, install)
			return s.literal(developer.Name, "authentication="+word)
		}
	}
	requireLogins(t, []identityCase{
		{"az", connector.AzureCLI, azuretest.AzureCLI, by("ActiveDirectoryAzCli", azureCLI)},
		{"azd", connector.AzureDeveloperCLI, azuretest.AzureDeveloperCLI, by("ActiveDirectoryAzureDeveloperCli", azureDeveloperCLI)},
		{"PowerShell", connector.AzurePowerShell, azuretest.AzurePowerShell, by("AzurePowerShell", powerShell)},
	})
}

func TestOwnCredentialLogsIn(t *testing.T) {
	requireLogins(t, []identityCase{
		{"Options.Credential", connector.OwnCredential, "", func(t *testing.T, s *stage) setting {
			id := s.userAssigned(t)
			set := s.variables(id.Name, "AZURE_POSTGRESQL_CLIENTID=11111111-1111-1111-1111-111111111111")
			set.options.Credential = &minted{tokens: []string{s.Mint(id, azuretest.TokenOptions{})}}
			return set
		}},
		{"Options.User", connector.OwnCredential, "", func(t *testing.T, s *stage) setting {
			id := s.userAssigned(t)
			set := setting{id.Name, s.libpq("somebody-else"), s.options()}
			set.options.User = id.Name
			set.options.Credential = &minted{tokens: []string{s.Mint(id, azuretest.TokenOptions{})}}
			return set
		}},
	})
}

// A managed identity's token names its Azure resource, whose last part is the role's name, and a person's token
// the sign-in name: a string without a user needs no other.
func TestTokenNamesTheUser(t *testing.T) {
	withoutUser := func(set setting, s *stage, keys string) setting {
		set.text = fmt.Sprintf("host=%s port=%d dbname=%s %s", s.server.Host, s.server.Port, s.server.Database, keys)
		return set
	}
	requireLogins(t, []identityCase{
		{"managed identity", connector.UserAssigned, azuretest.AppService, func(t *testing.T, s *stage) setting {
			s.onAppService(t)
			id := s.userAssigned(t)
			return withoutUser(s.literal(id.Name, ""), s, "client_id="+id.ClientID)
		}},
		{"developer", connector.AzureCLI, azuretest.AzureCLI, func(t *testing.T, s *stage) setting {
			return withoutUser(s.literal(s.signedIn(t).Name, ""), s, "authentication=ActiveDirectoryAzCli")
		}},
	})
}

// requireLogins runs each case through database/sql and through pgxpool.
func requireLogins(t *testing.T, cases []identityCase) {
	t.Helper()
	s := onStage(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			set, mark := c.setUp(t, s), s.mark()
			native := newConnector(t, set.text, set.options)
			db := sql.OpenDB(native)
			t.Cleanup(func() { assert.NoError(t, db.Close()) })
			requireUser(t, set.role, db)
			status := native.Status()
			assert.Equal(t, c.kind, status.Kind, status.Identity)
			assert.Equal(t, set.role, status.User)
			assert.True(t, status.Token.Valid)
			assert.Equal(t, "https://ossrdbms-aad.database.windows.net/.default", status.Scope)

			requirePoolUser(t, set.role, openPool(t, set.text, set.options))
			assert.Equal(t, uint64(1), native.Status().Token.Requests, "the pool shares the token")
			s.requireAsked(t, mark, c.endpoint)
		})
	}
}

// requireAsked asserts that since mark one token was asked for, at that endpoint; or none if it is empty.
func (s *stage) requireAsked(t *testing.T, mark int, endpoint azuretest.Endpoint) {
	t.Helper()
	var endpoints []azuretest.Endpoint
	for _, r := range s.since(mark) {
		endpoints = append(endpoints, r.Endpoint)
	}
	if endpoint == "" {
		require.Empty(t, endpoints)
		return
	}
	require.Equal(t, []azuretest.Endpoint{endpoint}, endpoints)
}

// authority makes the cloud's Entra authority the one to ask.
func (s *stage) authority() string { return "AZURE_AUTHORITY_HOST=" + s.AuthorityHost() }
