package passwordless_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The most lines that a file and a function may have. A table of cases that takes a
// test over its limit goes into a variable.
const (
	mostFileLines     = 300
	mostFunctionLines = 60
)

// TestSizes holds both limits, also for tests, but not for generated code.
func TestSizes(t *testing.T) {
	for _, path := range repositoryFiles(t, ".go") {
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		positions := token.NewFileSet()
		f, err := parser.ParseFile(positions, path, source, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		if ast.IsGenerated(f) {
			continue
		}
		assert.LessOrEqual(t, bytes.Count(source, []byte("\n")), mostFileLines, path)
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok {
				lines := positions.Position(d.End()).Line - positions.Position(d.Pos()).Line + 1
				assert.LessOrEqual(t, lines, mostFunctionLines, "%s: %s", path, d.Name.Name)
			}
		}
	}
}
