package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	fence       = regexp.MustCompile("(?s)```(?:sh|yaml)\n(.*?)\n```")
	commandLine = regexp.MustCompile(`(?m)(?:^ *(?:\$\(\S+\)/)?|; |-- /|run: |bin/)passwordless +([^;\n]*)`)
	shellWord   = regexp.MustCompile(`(?:"[^"]*"|'[^']*'|[^\s"'])+`)
)

// What the documents tell people to type after "passwordless" fits its commands and
// flags.
func TestDocumentedCommands(t *testing.T) {
	var paths []string
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/deploy/*.md", "../../infra/*.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		paths = append(paths, found...)
	}
	checked := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, block := range fence.FindAllStringSubmatch(string(text), -1) {
			for _, line := range commandLine.FindAllStringSubmatch(strings.ReplaceAll(block[1], "\\\n", " "), -1) {
				assert.NoError(t, checkLine(line[1]), "%s: passwordless %s", path, line[1])
				checked++
			}
		}
	}
	assert.Greater(t, checked, 50)
}

// So does what azd runs for the template.
func TestHookOfTheTemplate(t *testing.T) {
	text, err := os.ReadFile("../../azure.yaml")
	require.NoError(t, err)
	lines := regexp.MustCompile(`(?s)go run \./cmd/passwordless (.+?--apply)`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, lines, 2)
	for _, line := range lines {
		assert.NoError(t, checkLine(line[1]))
	}
}

// checkLine parses a command line of a document, and runs nothing.
func checkLine(line string) error {
	var args []string
	for _, word := range shellWord.FindAllString(line, -1) {
		word = strings.Trim(word, `"'`)
		if strings.Trim(word, "#|&") == "" {
			break
		}
		if word == "ENGINE" || word == "$ENGINE" {
			word = "postgresql"
		}
		args = append(args, word)
	}
	c, rest, err := newRoot(nil).Find(args)
	if err != nil {
		return err
	}
	if c.DisableFlagParsing {
		return nil
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	return c.ValidateArgs(c.Flags().Args())
}

func TestCheckLine(t *testing.T) {
	assert.NoError(t, checkLine(`grant $ENGINE env:DB --principal $NAME --role writer --apply  # runs it`))
	assert.NoError(t, checkLine(`exec postgresql "host=h user=u" -- psql -c "select 1"`))
	assert.Error(t, checkLine(`grant postgresql --principle x`))
	assert.Error(t, checkLine(`docter`))
	assert.Error(t, checkLine(`doctor a b c`))
}
