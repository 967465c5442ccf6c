package passwordless_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mostExported is how many names the public packages may export, those of the lab,
// otel and prometheus included: package level names, fields, and methods but for those that an interface
// of the standard library asks for. It is lowered as names go.
const mostExported = 417

// standardMethods are those of error, fmt, encoding, log/slog, io and database/sql/driver.
var standardMethods = map[string]bool{
	"Error": true, "Unwrap": true, "String": true, "Format": true, "MarshalText": true, "MarshalJSON": true, "LogValue": true,
	"Close": true, "Connect": true, "Driver": true, "BeginTx": true, "IsValid": true, "ResetSession": true,
}

// TestExportedNames holds the budget. With -v it lists the names.
func TestExportedNames(t *testing.T) {
	byPackage := map[string][]string{}
	for _, path := range repositoryFiles(t, ".go") {
		dir := filepath.ToSlash(filepath.Dir(path))
		if strings.HasSuffix(path, "_test.go") || strings.Contains(dir+"/", "internal/") || strings.Contains(dir+"/", "testdata/") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		if f.Name.Name != "main" {
			byPackage[dir] = append(byPackage[dir], exportedNames(f)...)
		}
	}
	total := 0
	for _, dir := range slices.Sorted(maps.Keys(byPackage)) {
		names := byPackage[dir]
		slices.Sort(names)
		total += len(names)
		t.Logf("%s: %d\n\t%s", dir, len(names), strings.Join(names, "\n\t"))
	}
	t.Logf("%d names of at most %d", total, mostExported)
	assert.LessOrEqual(t, total, mostExported, "see the list with -v")
}

// exportedNames lists what a file of a package exports: "Name", "Type.Method" and
// "Type.Field".
func exportedNames(f *ast.File) (names []string) {
	add := func(prefix string, idents ...*ast.Ident) {
		for _, id := range idents {
			if id.IsExported() {
				names = append(names, prefix+id.Name)
			}
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add("", d.Name)
			} else if name := receiver(d); ast.IsExported(name) && !standardMethods[d.Name.Name] {
				add(name+".", d.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.ValueSpec:
					add("", s.Names...)
				case *ast.TypeSpec:
					add("", s.Name)
					for _, field := range members(s) {
						add(s.Name.Name+".", field.Names...)
					}
				}
			}
		}
	}
	return names
}

// members are the fields of an exported struct or the methods of an exported
// interface.
func members(s *ast.TypeSpec) []*ast.Field {
	switch typ := s.Type.(type) {
	case *ast.StructType:
		if s.Name.IsExported() {
			return typ.Fields.List
		}
	case *ast.InterfaceType:
		if s.Name.IsExported() {
			return typ.Methods.List
		}
	}
	return nil
}

// receiver is the name of a method's type.
func receiver(d *ast.FuncDecl) string {
	typ := d.Recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.StarExpr:
			typ = t.X
		case *ast.IndexExpr:
			typ = t.X
		default:
			return fmt.Sprint(t)
		}
	}
}
