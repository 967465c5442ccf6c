package examples_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// terraformFiles are Terraform's, parsed. Its providers, which know the attributes, are not needed for that.
type terraformFiles struct {
	text   string
	blocks hclsyntax.Blocks
	types  []string // of the resources
	source map[string][]byte
}

func readTerraform(t *testing.T) (f terraformFiles) {
	t.Helper()
	paths, err := filepath.Glob("../infra/terraform/*.tf")
	require.NoError(t, err)
	f.source = map[string][]byte{}
	parser := hclparse.NewParser()
	for _, path := range paths {
		parsed, diagnostics := parser.ParseHCLFile(path)
		require.False(t, diagnostics.HasErrors(), "%v", diagnostics)
		f.blocks = append(f.blocks, parsed.Body.(*hclsyntax.Body).Blocks...)
		f.text += string(parsed.Bytes)
		f.source[path] = parsed.Bytes
	}
	for _, b := range f.blocks {
		if b.Type == "resource" {
			f.types = append(f.types, b.Labels[0])
		}
	}
	return f
}

// names are those of one kind of block.
func (f terraformFiles) names(kind string) (names []string) {
	for _, b := range f.blocks {
		if b.Type == kind {
			names = append(names, b.Labels[0])
		}
	}
	return names
}

// variables are the app's. A value that is an expression is "${}".
func (f terraformFiles) variables(t *testing.T) map[string]string {
	t.Helper()
	variables := map[string]string{}
	each(f, func(b *hclsyntax.Block) {
		if b.Type != "env" {
			return
		}
		name, diagnostics := b.Body.Attributes["name"].Expr.Value(nil)
		require.False(t, diagnostics.HasErrors(), "%v", diagnostics)
		value := b.Body.Attributes["value"].Expr.Range()
		text, quoted := strings.CutPrefix(string(value.SliceBytes(f.source[value.Filename])), `"`)
		if !quoted {
			text = "${}"
		}
		variables[name.AsString()] = withoutNames(strings.TrimSuffix(text, `"`))
	})
	return variables
}

// each calls do for each block or expression of the type, at any depth.
func each[N hclsyntax.Node](f terraformFiles, do func(N)) {
	for _, block := range f.blocks {
		_ = hclsyntax.VisitAll(block, func(node hclsyntax.Node) hcl.Diagnostics {
			if n, ok := node.(N); ok {
				do(n)
			}
			return nil
		})
	}
}

// declared are the addresses that expressions may begin with.
func (f terraformFiles) declared() map[string]bool {
	names := map[string]bool{}
	each(f, func(b *hclsyntax.Block) {
		switch b.Type {
		case "variable":
			names["var."+b.Labels[0]] = true
		case "resource":
			names[b.Labels[0]+"."+b.Labels[1]] = true
		case "data":
			names["data."+b.Labels[0]] = true
		case "locals":
			for name := range b.Body.Attributes {
				names["local."+name] = true
			}
		case "dynamic":
			names[b.Labels[0]+".value"] = true
		}
	})
	return names
}

// It parses, is formatted, each reference leads to a declaration, every variable is used, and nothing needs a secret.
func TestTerraform(t *testing.T) {
	f := readTerraform(t)
	for path, source := range f.source {
		assert.Equal(t, string(hclwrite.Format(source)), string(source), "%s is not formatted", path)
	}
	declared, used := f.declared(), map[string]bool{}
	each(f, func(e *hclsyntax.ScopeTraversalExpr) {
		if len(e.Traversal) > 1 { // or else ignore_changes
			address := e.Traversal.RootName() + "." + e.Traversal[1].(hcl.TraverseAttr).Name
			assert.True(t, declared[address], "%v: %s is not declared", e.Range(), address)
			used[address] = true
		}
	})
	for address := range declared {
		if strings.HasPrefix(address, "var.") || strings.HasPrefix(address, "local.") {
			assert.True(t, used[address], "%s is not used", address)
		}
	}
	each(f, func(b *hclsyntax.Block) {
		for name, attribute := range b.Body.Attributes {
			if name == "password_auth_enabled" || name == "admin_enabled" {
				value, _ := attribute.Expr.Value(nil)
				assert.True(t, value.False(), name)
				continue
			}
			assert.NotRegexp(t, secretWord, name)
		}
	})
	assert.Contains(t, f.text, "password_auth_enabled         = false\n")
	assert.Contains(t, f.text, "admin_enabled       = false\n")
}
