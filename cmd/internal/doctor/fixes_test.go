package doctor

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/azclitest"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/plan"
)

var heading = regexp.MustCompile(`(?m)^(##+) (.+)$`)

// sections returns the anchors of TROUBLESHOOTING.md: all, and those about one error.
func sections(t *testing.T) (all, errors map[string]bool) {
	t.Helper()
	page, err := os.ReadFile("../../../TROUBLESHOOTING.md")
	require.NoError(t, err)
	text, _, found := strings.Cut(string(page), "\n## Without an error message\n")
	require.True(t, found)
	all, errors = map[string]bool{}, map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(string(page), -1) {
		all[anchorOf(m[2])] = true
	}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		if m[1] == "###" {
			errors[anchorOf(m[2])] = true
		}
	}
	return all, errors
}

func anchorOf(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }

// Every fix belongs to a section of the page, and every section about an error has one.
func TestFixesAndSections(t *testing.T) {
	all, errors := sections(t)
	for key := range fixes {
		assert.True(t, all[key.section], "%s is no section", key.section)
	}
	for section := range stages {
		assert.True(t, all[section], "%s is no section", section)
	}
	for _, section := range wayAnchors {
		assert.True(t, all[section], "%s is no section", section)
	}
	for section := range errors {
		for _, engine := range cli.Engines {
			if section == "pgbouncer" && engine != dsn.PostgreSQL || section == "role-with-password" && engine == dsn.SQLServer || section == "wrong-role" && engine == dsn.SQLServer {
				continue
			}
			assert.NotEmpty(t, fixOf(section, engine), "%s has no fix for %s", section, engine)
		}
	}
}

var unknown = regexp.MustCompile(`\{[a-z ]+\}`)

// Whatever is known or not, no placeholder of the tables is left, and what is known stands in place of <...>.
func TestFixesAreFilled(t *testing.T) {
	azure := azclitest.Read(t)
	for key, lines := range fixes {
		engines := []dsn.Engine{key.engine}
		if key.engine == 0 {
			engines = cli.Engines[:]
		}
		for _, engine := range engines {
			w := &walk{engine: engine, plan: &plan.Plan{}}
			for _, line := range w.fill(lines, "") {
				assert.NotRegexp(t, unknown, line, "nothing is known")
				azure.RequireCommands(t, line)
			}
			w = wellKnown(engine)
			for _, line := range w.fill(lines, "sch") {
				assert.NotRegexp(t, unknown, line)
				azure.RequireCommands(t, line)
				rest := yours.ReplaceAllString(line, "")
				assert.NotContains(t, rest, "<", "%s of %s is not filled in: %s", key.section, engine, line)
			}
		}
	}
}

// yours is what no walk can know.
var yours = regexp.MustCompile(`'<(machine|pod|administrator|object ID|vault ID)>'|'<group>' --member|</dev/null`)

// wellKnown is a walk that knows all there is to know.
func wellKnown(engine dsn.Engine) *walk {
	const id = "99999999-2222-4333-8444-555555555555"
	host := dsn.Host{Name: "shop" + map[dsn.Engine]string{dsn.PostgreSQL: ".postgres.database.azure.com", dsn.MySQL: ".mysql.database.azure.com", dsn.SQLServer: ".database.windows.net"}[engine], Port: 5432}
	return &walk{
		engine: engine, user: "app", server: host, refusal: "203.0.113.7 may not", variable: "AZURE_SQL_PORT",
		options: Options{Environ: []string{"WEBSITE_SITE_NAME=orders", "WEBSITE_RESOURCE_GROUP=shop-rg"}},
		plan: &plan.Plan{
			Config:   dsn.Config{Engine: engine, Database: "app", Hosts: []dsn.Host{host}},
			Identity: identity.Identity{ClientID: id, ObjectID: id, ResourceID: "/subscriptions/s/app", TenantID: id},
		},
	}
}

func TestForThisHost(t *testing.T) {
	lines := []string{"az webapp x", "az containerapp x", "az vm x", "env"}
	for variable, want := range map[string][]string{
		"WEBSITE_SITE_NAME":  {"az webapp x", "env"},
		"CONTAINER_APP_NAME": {"az containerapp x", "env"},
		"OTHER":              lines,
	} {
		assert.Equal(t, want, forThisHost(lines, func(name string) string { return map[string]string{variable: "x"}[name] }))
	}
}

// A server on this machine is none of Azure's, nor is the host.
func TestFixOnThisMachine(t *testing.T) {
	w := wellKnown(dsn.PostgreSQL)
	w.server.Name = "127.0.0.1"
	for key := range fixes {
		for _, line := range w.fix(key.section, "") {
			assert.NotRegexp(t, `^az (webapp|containerapp|vm|postgres|mysql|sql|network|role|identity) | page of `, line)
		}
	}
	assert.Equal(t, []string{"# the server is on this machine: passwordless-lab has its identities from --identity, and a firewall on its control page"}, w.fix("firewall", ""))
	assert.Contains(t, w.fix("developer-sign-in", ""), "az account show")
	for host, want := range map[string]bool{"localhost": true, "::1": true, "/run/postgresql": true, "10.0.0.1": false, "shop.postgres.database.azure.com": false} {
		assert.Equal(t, want, isOnThisMachine(host), host)
	}
}

// Fabric's warehouses have no CREATE USER.
func TestFixInFabric(t *testing.T) {
	w := wellKnown(dsn.SQLServer)
	w.server.Name = "x.datawarehouse.fabric.microsoft.com"
	for _, section := range inDatabase {
		assert.Equal(t, []string{"passwordless grant fabric --principal app --type service --role writer"}, w.fix(section, ""))
	}
	assert.Contains(t, w.fix("no-answer", "")[0], "nc -vz x.datawarehouse.fabric.microsoft.com")
}

func TestFixForAPerson(t *testing.T) {
	w := wellKnown(dsn.MySQL)
	w.plan.Identity.Kind, w.user = passwordless.AzureCLI, "ann@contoso.com"
	lines := w.fix("no-database-user", "")
	assert.Contains(t, lines, "CREATE AADUSER 'ann@contoso.com';")
	assert.Contains(t, lines, "passwordless grant mysql --principal ann@contoso.com --type user --role writer --database app")
}
