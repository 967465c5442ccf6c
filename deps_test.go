// Package passwordless_test states the module's import policy.
package passwordless_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/azuredb/passwordless"

// rules say what each package may import in addition to the standard library, by
// the abbreviations below. They are a statement of policy: do not change them to
// make a build pass.
var rules = map[string]string{
	".":                 "azcore dsn internal/advice internal/live internal/redact",
	"dsn":               "",
	"token":             "azcore .",
	"connector":         "azcore . dsn token internal/advice internal/credential internal/identity internal/live internal/observe internal/plan internal/redact",
	"internal/plan":     ". dsn internal/cloud internal/credential internal/environ internal/identity internal/trust",
	"internal/environ":  ". dsn",
	"internal/cloud":    ". dsn internal/environ",
	"internal/identity": ". dsn internal/environ",
	"internal/trust":    ". dsn internal/cloud internal/environ internal/redact",
	"internal/credential": "azcore azidentity . token " +
		"internal/advice internal/cloud internal/identity internal/observe internal/redact",

	"internal/advice":  "",
	"internal/live":    "",
	"internal/metrics": ". dsn internal/observe",
	"internal/observe": ". dsn",
	"internal/redact":  "",
	"internal/sqlopen": "",
	"internal/tdstls":  "",

	"postgres":  "pgx " + driver,
	"mysql":     "go-sql-driver " + driver,
	"sqlserver": "go-mssqldb internal/tdstls " + driver,

	"azuretest":               "jwt internal/frontend/tokenerr",
	"azuretest/postgrestest":  "azuretest internal/frontend internal/frontend/postgresfront",
	"azuretest/mysqltest":     "azuretest internal/frontend internal/frontend/mysqlfront",
	"azuretest/sqlservertest": "azuretest internal/frontend internal/frontend/sqlserverfront",

	"internal/frontend/postgresfront":  "pgproto3 pgconn azuretest internal/frontend internal/frontend/tokenerr internal/pgsession",
	"internal/frontend/mysqlfront":     "azuretest internal/frontend internal/frontend/tokenerr",
	"internal/frontend/sqlserverfront": "azuretest internal/frontend internal/frontend/tokenerr internal/tds",

	"internal/frontend":          "azuretest",
	"internal/frontend/tokenerr": "",
	"internal/pgsession":         "pgproto3 pgconn internal/frontend",
	"internal/tds":               "",

	// These are for tests alone: see TestLinks.
	"internal/azclitest":             "testify",
	"internal/connectortest":         "azcore testify azuretest",
	"internal/doctortest":            "internal/advice",
	"internal/drivertest":            "azcore testify . azuretest connector dsn",
	"internal/frontend/frontendtest": "jwt testify azuretest",
	"internal/generated":             "",
}

// driver is what each of the drivers may import.
const driver = ". connector dsn internal/advice internal/redact internal/sqlopen"

// abbreviations are what rules call modules and packages of others, with all that
// is below them. Every other word of a rule is one package of this module.
var abbreviations = map[string]string{
	"azcore":        "github.com/Azure/azure-sdk-for-go/sdk/azcore",
	"azidentity":    "github.com/Azure/azure-sdk-for-go/sdk/azidentity",
	"pgx":           "github.com/jackc/pgx/v5",
	"pgproto3":      "github.com/jackc/pgx/v5/pgproto3",
	"pgconn":        "github.com/jackc/pgx/v5/pgconn",
	"go-sql-driver": "github.com/go-sql-driver/mysql",
	"go-mssqldb":    "github.com/microsoft/go-mssqldb",
	"jwt":           "github.com/golang-jwt/jwt/v5",
	"testify":       "github.com/stretchr/testify",
}

// allows reports whether a rule lets a package import the path.
func allows(rule, path string) bool {
	for word := range strings.FieldsSeq(rule) {
		if root, ok := abbreviations[word]; ok && within([]string{root}, path) || path == pathOf(word) {
			return true
		}
	}
	return false
}

// pathOf returns the import path of the package in a directory of the module.
func pathOf(dir string) string { return strings.TrimSuffix(module+"/"+dir, "/.") }

// forbidden are paths that a package must not import although its rule, or the
// standard library, would allow them.
var forbidden = map[string][]string{
	"dsn":       {"os", "os/exec", "path/filepath", "syscall", "net", "net/http", "database/sql"},
	"connector": {"database/sql"},
}

// unlinked are paths that, like all below them, must not be among what a package
// links.
var unlinked = map[string][]string{
	"token":     {"github.com/Azure/azure-sdk-for-go/sdk/azidentity"},
	"postgres":  {"github.com/go-sql-driver", "github.com/microsoft/go-mssqldb", "github.com/stretchr", module + "/azuretest"},
	"mysql":     {"github.com/jackc", "github.com/microsoft/go-mssqldb", "github.com/stretchr", module + "/azuretest"},
	"sqlserver": {"github.com/jackc", "github.com/go-sql-driver", "github.com/microsoft/go-mssqldb/azuread", "github.com/stretchr", module + "/azuretest"},
	"connector": {"github.com/jackc", "github.com/go-sql-driver", "github.com/microsoft", "github.com/stretchr", module + "/azuretest",
		"github.com/Azure/azure-sdk-for-go/sdk/azidentity/cache"}, // which keeps tokens in files
}

// within reports whether path is one of the roots or below one.
func within(roots []string, path string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return path == root || strings.HasPrefix(path, root+"/") })
}

type goPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

// list returns the packages that the pattern names and everything they import.
func list(t *testing.T, pattern string) map[string]goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Standard,Imports,Deps", pattern).Output()
	require.NoError(t, err)
	packages := map[string]goPackage{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages[p.ImportPath] = p
	}
}

func TestImports(t *testing.T) {
	packages := list(t, "./...")
	for path, p := range packages {
		if !within([]string{module}, path) {
			continue
		}
		dir := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
		if dir == "" {
			dir = "."
		}
		rule, ok := rules[dir]
		if !assert.True(t, ok, "package %s has no import rule", dir) {
			continue
		}
		for _, imported := range p.Imports {
			assert.NotContains(t, forbidden[dir], imported, "%s imports %s", dir, imported)
			if !packages[imported].Standard {
				assert.True(t, allows(rule, imported), "%s must not import %s", dir, imported)
			}
		}
	}
	for dir := range rules {
		assert.Contains(t, packages, pathOf(dir))
	}
}

// A rule is worth something only if breaking it is noticed.
func TestAllows(t *testing.T) {
	for path, rule := range map[string]string{
		module + "/internal/credential":                        rules["internal/identity"],
		module + "/internal/identity":                          rules["internal/environ"],
		module + "/internal/trust":                             rules["internal/identity"],
		module + "/mysql":                                      rules["postgres"],
		module + "/connector":                                  rules["."],
		"github.com/jackc/pgx/v5":                              rules["connector"],
		"github.com/jackc/pgx/v5/pgtype":                       rules["internal/frontend/postgresfront"],
		"github.com/Azure/azure-sdk-for-go/sdk/azidentity":     rules["postgres"],
		"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime": rules["dsn"],
	} {
		assert.False(t, allows(rule, path), "%q allows %s", rule, path)
	}
	assert.True(t, allows(rules["token"], module))
	assert.True(t, allows(rules["postgres"], "github.com/jackc/pgx/v5/pgconn"))
}

func TestLinks(t *testing.T) {
	packages := list(t, "./...")
	for name, paths := range unlinked {
		deps := packages[pathOf(name)].Deps
		require.NotEmpty(t, deps, name)
		for _, path := range deps {
			assert.False(t, within(paths, path), "%s links %s", name, path)
		}
	}
	for path, p := range packages {
		for _, forTests := range [...]string{"internal/azclitest", "internal/connectortest", "internal/drivertest", "internal/frontend/frontendtest", "internal/generated"} {
			assert.NotContains(t, p.Deps, pathOf(forTests), "%s links what is for tests", path)
		}
	}
}
