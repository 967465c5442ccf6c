package examples_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/azuredb/passwordless/dsn"
)

// terraformTypes are the resource types of Terraform for those of Bicep.
var terraformTypes = map[string]string{
	"Microsoft.Resources/resourceGroups":                       "azurerm_resource_group",
	"Microsoft.DBforPostgreSQL/flexibleServers":                "azurerm_postgresql_flexible_server",
	"Microsoft.DBforPostgreSQL/flexibleServers/databases":      "azurerm_postgresql_flexible_server_database",
	"Microsoft.DBforPostgreSQL/flexibleServers/administrators": "azurerm_postgresql_flexible_server_active_directory_administrator",
	"Microsoft.DBforPostgreSQL/flexibleServers/firewallRules":  "azurerm_postgresql_flexible_server_firewall_rule",
	"Microsoft.ManagedIdentity/userAssignedIdentities":         "azurerm_user_assigned_identity",
	"Microsoft.ContainerRegistry/registries":                   "azurerm_container_registry",
	"Microsoft.Authorization/roleAssignments":                  "azurerm_role_assignment",
	"Microsoft.App/managedEnvironments":                        "azurerm_container_app_environment",
	"Microsoft.App/containerApps":                              "azurerm_container_app",
}

// secretWord is in the name of what would be one.
var secretWord = regexp.MustCompile(`(?i)password|secret|key|listCredentials`)

// The two templates make the same: resources, the app's variables, and what azd and its hook are told.
func TestTemplatesAgree(t *testing.T) {
	bicep, terraform := readBicep(t), readTerraform(t)
	var types []string
	for _, resource := range bicep.resources() {
		require.Contains(t, terraformTypes, resource)
		types = append(types, terraformTypes[resource])
	}
	assert.ElementsMatch(t, types, terraform.types)
	assert.ElementsMatch(t, bicep.names("main.bicep", "output"), terraform.names("output"))

	variables := bicep.variables()
	assert.Equal(t, variables, terraform.variables(t))
	c, err := dsn.Parse(dsn.PostgreSQL, strings.ReplaceAll(variables["AZURE_POSTGRESQL_CONNECTIONSTRING"], "${}", "x"))
	require.NoError(t, err)
	assert.Equal(t, []string{"x", "x", "x"}, []string{c.Hosts[0].Name, c.Database, c.User})

	docker, program := read(t, "webapp/Dockerfile"), read(t, "webapp/main.go")
	assert.Contains(t, docker, "EXPOSE 8080\n")
	for _, text := range []string{bicep["app.bicep"], terraform.text} {
		assert.Regexp(t, `port *= 8080\n`, text)
		for _, path := range []string{"/healthz", "/readyz"} {
			assert.Contains(t, text, path)
			assert.Contains(t, program, path)
		}
	}
}

// What azd fills in are the parameters of both templates, with the same values.
func TestTemplateParameters(t *testing.T) {
	var bicep struct {
		Schema         string `json:"$schema"`
		ContentVersion string
		Parameters     map[string]struct{ Value string }
	}
	var terraform map[string]string
	require.NoError(t, json.Unmarshal([]byte(read(t, "../infra/main.parameters.json")), &bicep))
	require.NoError(t, json.Unmarshal([]byte(read(t, "../infra/terraform/main.tfvars.json")), &terraform))
	assert.Equal(t, "${AZURE_SUBSCRIPTION_ID}", terraform["subscription_id"], "which a deployment of Bicep has anyway")
	var inBicep []string
	for name, parameter := range bicep.Parameters {
		inBicep = append(inBicep, name)
		snake := strings.ToLower(regexp.MustCompile(`[A-Z]`).ReplaceAllString(name, "_$0"))
		assert.Equal(t, parameter.Value, terraform[snake], name)
	}
	assert.Len(t, terraform, len(inBicep)+1)
	assert.ElementsMatch(t, readBicep(t).names("main.bicep", "param"), inBicep)
	for _, name := range readTerraform(t).names("variable") {
		assert.Contains(t, terraform, name)
	}
}

// azureYAML are the fields that azure.yaml uses, out of azd's schema.
type azureYAML struct {
	Name     string
	Infra    struct{ Provider, Path string }
	Services map[string]struct {
		Project, Host, Language string
		Docker                  struct {
			Path, Context string
			RemoteBuild   bool `yaml:"remoteBuild"`
		}
	}
	Hooks map[string]struct {
		Posix, Windows struct{ Shell, Run string }
	}
}

func TestAzureYAML(t *testing.T) {
	var a azureYAML
	decoder := yaml.NewDecoder(strings.NewReader(read(t, "../azure.yaml")))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&a))
	assert.Regexp(t, `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`, a.Name)
	assert.Equal(t, "bicep", a.Infra.Provider)
	web := a.Services["web"]
	assert.Equal(t, []string{"containerapp", "docker"}, []string{web.Host, web.Language})
	for _, path := range []string{a.Infra.Path + "/main.bicep", a.Infra.Path + "/main.parameters.json", filepath.Join(web.Project, web.Docker.Path), filepath.Join(web.Project, web.Docker.Context, "go.work")} {
		_, err := os.Stat(filepath.Join("..", path))
		assert.NoError(t, err)
	}
	assert.Len(t, a.Services, 1)
	for _, text := range []string{readBicep(t)["app.bicep"], readTerraform(t).text} {
		assert.Regexp(t, `'azd-service-name': 'web'|"azd-service-name" = "web"`, text, "by which azd finds the app")
	}

	require.Len(t, a.Hooks, 1)
	hook := a.Hooks["postprovision"]
	assert.Equal(t, []string{"sh", "pwsh"}, []string{hook.Posix.Shell, hook.Windows.Shell})
	grant := regexp.MustCompile(`go run \./cmd/passwordless grant .* --apply`)
	assert.Equal(t, grant.FindString(hook.Posix.Run), strings.ReplaceAll(grant.FindString(hook.Windows.Run), "$env:", "$"))
	assert.Contains(t, hook.Posix.Run, "--role owner", "for the shop makes its tables")
	outputs := readBicep(t).names("main.bicep", "output")
	for _, name := range regexp.MustCompile(`\$([A-Z_]+)`).FindAllStringSubmatch(hook.Posix.Run, -1) {
		assert.Contains(t, outputs, name[1])
	}
}

// interpolation is an expression in a text, of Bicep or of Terraform.
var interpolation = regexp.MustCompile(`\$\{[^}]+\}`)

// withoutNames makes texts of the two comparable.
func withoutNames(text string) string { return interpolation.ReplaceAllString(text, "${}") }
