package passwordless_test

import (
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var codeBlock = regexp.MustCompile("(?sm)^```(\\w+)\n(.*?)\n```$")

// JSON, YAML and whole Go programs in the documents are well formed.
func TestDocumentCode(t *testing.T) {
	for _, path := range repositoryFiles(t, ".md") {
		for _, block := range codeBlock.FindAllStringSubmatch(readText(t, path), -1) {
			switch language, code := block[1], block[2]; language {
			case "go":
				if strings.HasPrefix(code, "package ") {
					formatted, err := format.Source([]byte(code))
					assert.NoError(t, err, path)
					assert.Equal(t, code, strings.TrimSpace(string(formatted)), path)
				}
			case "json":
				assert.JSONEq(t, code, code, path)
			case "yaml":
				assert.YAMLEq(t, code, code, path)
			}
		}
	}
}

// The index of the guides has each of them.
func TestGuidesAreListed(t *testing.T) {
	guides, err := os.ReadDir("docs/deploy")
	require.NoError(t, err)
	listed := parseMarkdown(readText(t, filepath.Join("docs", "deploy", "README.md"))).links
	for _, g := range guides {
		if name := g.Name(); strings.HasSuffix(name, ".md") && name != "README.md" {
			assert.Contains(t, listed, name)
		}
	}
}
