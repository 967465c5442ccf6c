package passwordless_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each promise of SECURITY.md's table names tests, after the directory of their package.
func TestPromisesAreHeldByTests(t *testing.T) {
	_, table, found := strings.Cut(readText(t, "SECURITY.md"), "\n| Promise | Held by |\n|---|---|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		require.Len(t, cells, 4, row)
		dir, tests := "", 0
		for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1) {
			if name := code[1]; strings.HasPrefix(name, "Test") {
				assert.True(t, hasTest(t, dir, name), "%s has no %s", dir, name)
				tests++
			} else {
				dir = name
			}
		}
		assert.Positive(t, tests, row)
	}
}

// hasTest reports whether the package in dir has the test.
func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*_test.go"))
	require.NoError(t, err)
	for _, path := range paths {
		if strings.Contains(readText(t, path), "\nfunc "+name+"(t *testing.T) {") {
			return true
		}
	}
	return false
}

// What a program links writes no file, where a token could stay, but the empty service file that pgx is given.
func TestNothingIsWritten(t *testing.T) {
	writes := regexp.MustCompile(`^(Create|CreateTemp|Link|Mkdir|MkdirAll|MkdirTemp|OpenFile|OpenInRoot|OpenRoot|Rename|Root|Symlink|WriteFile)$`)
	var found []string
	for _, engine := range [...]string{"./postgres", "./mysql", "./sqlserver"} {
		for path := range list(t, engine) {
			if !within([]string{module}, path) {
				continue
			}
			dir := filepath.FromSlash(strings.TrimPrefix(strings.TrimPrefix(path, module), "/"))
			files, err := filepath.Glob(filepath.Join(dir, "*.go"))
			require.NoError(t, err)
			for _, file := range files {
				if strings.HasSuffix(file, "_test.go") {
					continue
				}
				parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
				require.NoError(t, err)
				ast.Inspect(parsed, func(n ast.Node) bool {
					if call, ok := n.(*ast.SelectorExpr); ok && writes.MatchString(call.Sel.Name) {
						if of, ok := call.X.(*ast.Ident); ok && of.Name == "os" {
							found = append(found, filepath.ToSlash(file)+": "+call.Sel.Name)
						}
					}
					return true
				})
			}
		}
	}
	assert.ElementsMatch(t, []string{"postgres/config.go: MkdirTemp", "postgres/config.go: WriteFile"}, found)
}
