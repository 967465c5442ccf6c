package passwordless_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/azclitest"
)

var (
	ofTests  = regexp.MustCompile(`^azuretest/|^lab/|^internal/\w+test/`) // where az is a stand-in's
	codeSpan = regexp.MustCompile("(?s)```.*?\n```|`[^`]+`")
)

// Every command of the Azure CLI in the documents, and in the comments that are
// documents and the texts of the code, can be run as it stands.
func TestAzCommands(t *testing.T) {
	table := azclitest.Read(t)
	used := map[string]bool{}
	check := func(where, text string, prose bool) {
		for _, words := range azclitest.Commands(text) {
			assert.NoError(t, table.Check(words, prose), where)
			for end := len(words); end > 1; end-- {
				used[azclitest.Name(words[:end])] = true
			}
		}
	}
	for _, path := range repositoryFiles(t, ".md") {
		for _, span := range codeSpan.FindAllString(readText(t, path), -1) {
			for command := range strings.SplitSeq(strings.Trim(span, "`"), "\n\n") {
				check(path, command, false)
			}
		}
	}
	for _, path := range repositoryFiles(t, ".go") {
		if strings.HasSuffix(path, "_test.go") || ofTests.MatchString(filepath.ToSlash(path)) {
			continue
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		if filepath.Base(path) == "doc.go" {
			check(path, f.Doc.Text(), true)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				check(files.Position(lit.Pos()).String(), text, true)
			}
			return true
		})
	}
	for name := range table {
		assert.True(t, used[name], "%s is in the table, but nowhere else", name)
	}
}

// A check is worth something only if mistakes are noticed.
func TestCheckAz(t *testing.T) {
	table := azclitest.Read(t)
	for text, want := range map[string]string{
		"az webapp identity show -g <group> -n <app> --slot <slot> --query principalId":              "",
		"az webapp identity show --query principalId":                                                "--name is missing",
		"az webapp identty show -g <group> -n <app>":                                                 "no such command",
		"az webapp identity show -g <group> -n <app> --slots x":                                      "no parameter --slots",
		"az account get-access-token --resource-type oss-rdbms":                                      "",
		"az account get-access-token --resource-type oss-rdms":                                       "has no value",
		"az webapp connection create sql -g a -n b --tg c --server d --database e --system-identity": "--connection is missing",
		"X=$(az account get-acces-token) psql":                                                       "no such command",
		"az aks show -g <a group> -n \\\n    <b> -o tsv":                                             "",
		"az identity show -g a \\\n -n \"$(az aks shw -g a -n b)\"":                                  "aks shw",
	} {
		var failed []string
		for _, words := range azclitest.Commands(text) {
			if err := table.Check(words, false); err != nil {
				failed = append(failed, err.Error())
			}
		}
		if want == "" {
			assert.Empty(t, failed, text)
			continue
		}
		require.Len(t, failed, 1, text)
		assert.Contains(t, failed[0], want)
	}
	assert.NoError(t, table.Check(azclitest.Commands("sign in with az login, then go on")[0], true))
	assert.NoError(t, table.Check(azclitest.Commands("(az ad user list shows it): set -x")[0][:6], true))
	assert.ErrorContains(t, table.Check(azclitest.Commands("sign in with az logn")[0], true), "no such command")
}
