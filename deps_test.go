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

// rules say what each package may import beside the standard library: a path
// allows itself and what is below it. They are a statement of policy: do not
// change them to make a build pass.
var rules = map[string][]string{
	"dsn":   {},
	"token": {"github.com/Azure/azure-sdk-for-go/sdk/azcore"},
	"connector": {
		module + "/dsn", module + "/internal", module + "/token",
		"github.com/Azure/azure-sdk-for-go/sdk/azcore",
		"github.com/Azure/azure-sdk-for-go/sdk/azidentity",
	},
	"internal/advice":  {},
	"internal/redact":  {},
	"internal/sqlopen": {},
	"internal/drivertest": { // for tests only, see TestLinks
		module + "/azuretest", module + "/connector", module + "/dsn", module + "/internal/advice", module + "/token",
		"github.com/Azure/azure-sdk-for-go/sdk/azcore",
		"github.com/stretchr/testify",
	},
	"postgres": {
		module + "/connector", module + "/dsn", module + "/internal", module + "/token",
		"github.com/jackc/pgx/v5",
	},
	"mysql": {
		module + "/connector", module + "/dsn", module + "/internal", module + "/token",
		"github.com/go-sql-driver/mysql",
	},
	"sqlserver": {
		module + "/connector", module + "/dsn", module + "/internal", module + "/token",
		"github.com/microsoft/go-mssqldb",
	},
	"azuretest": {"github.com/golang-jwt/jwt/v5"},
	"azuretest/postgrestest": {
		module + "/azuretest", module + "/internal/frontend",
		"github.com/jackc/pgx/v5/pgproto3",
		"github.com/jackc/pgx/v5/pgconn",
	},
	"azuretest/mysqltest":     {module + "/azuretest", module + "/internal/frontend"},
	"azuretest/sqlservertest": {module + "/azuretest", module + "/internal/frontend", module + "/internal/tds"},
	"internal/frontend":       {module + "/azuretest"},
	"internal/tds":            {},
	"internal/frontend/frontendtest": { // for tests only, see TestLinks
		module + "/azuretest",
		"github.com/stretchr/testify",
	},
}

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
	"connector": {"github.com/jackc", "github.com/go-sql-driver", "github.com/microsoft", "github.com/stretchr", module + "/azuretest"},
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
		name, ours := strings.CutPrefix(path, module+"/")
		if !ours {
			continue
		}
		allowed, ok := rules[name]
		if !assert.True(t, ok, "package %s has no import rule", name) {
			continue
		}
		for _, imported := range p.Imports {
			assert.NotContains(t, forbidden[name], imported, "%s imports %s", name, imported)
			if packages[imported].Standard {
				continue
			}
			assert.True(t, within(allowed, imported), "%s must not import %s", name, imported)
		}
	}
	for name := range rules {
		assert.Contains(t, packages, module+"/"+name)
	}
}

func TestLinks(t *testing.T) {
	packages := list(t, "./...")
	for name, paths := range unlinked {
		deps := packages[module+"/"+name].Deps
		require.NotEmpty(t, deps, name)
		for _, path := range deps {
			assert.False(t, within(paths, path), "%s links %s", name, path)
		}
	}
	for path, p := range packages {
		assert.NotContains(t, p.Deps, module+"/internal/drivertest", "%s links what is for tests", path)
		assert.NotContains(t, p.Deps, module+"/internal/frontend/frontendtest", "%s links what is for tests", path)
	}
}
