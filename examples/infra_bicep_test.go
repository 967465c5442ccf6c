package examples_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bicepFiles are the texts of Bicep's files, without comments. Nothing here can compile them.
type bicepFiles map[string]string

var (
	bicepComment     = regexp.MustCompile(`(?m)(^|\s)//.*$`)
	bicepDeclaration = regexp.MustCompile(`(?m)^(param|var|resource|module|output) (\w+)\b(.*)$`)
	bicepResource    = regexp.MustCompile(`(?m)^resource \w+ '([\w./]+)@\d{4}-\d\d-\d\d' =`)
	bicepModule      = regexp.MustCompile(`(?m)^module (\w+) '(.+)' = \{\n  name: .+\n  scope: group\n  params: \{\n((?:    .+\n)+)  \}\n\}$`)
	bicepVariable    = regexp.MustCompile(`name: '(AZURE_\w+)',?\s+value: (.+?)(?: \}|\n)`)
)

func readBicep(t *testing.T) bicepFiles {
	t.Helper()
	paths, err := filepath.Glob("../infra/*.bicep")
	require.NoError(t, err)
	files := bicepFiles{}
	for _, path := range paths {
		files[filepath.Base(path)] = bicepComment.ReplaceAllString(read(t, path), "$1")
	}
	return files
}

// names are those of one kind of declaration.
func (b bicepFiles) names(file, kind string) (names []string) {
	for _, d := range bicepDeclaration.FindAllStringSubmatch(b[file], -1) {
		if d[1] == kind {
			names = append(names, d[2])
		}
	}
	return names
}

// resources are their types.
func (b bicepFiles) resources() (types []string) {
	for _, text := range b {
		for _, r := range bicepResource.FindAllStringSubmatch(text, -1) {
			types = append(types, r[1])
		}
	}
	return types
}

// variables are the app's. A value that is an expression is "${}".
func (b bicepFiles) variables() map[string]string {
	variables := map[string]string{}
	for _, v := range bicepVariable.FindAllStringSubmatch(b["app.bicep"], -1) {
		text, quoted := strings.CutPrefix(v[2], "'")
		if !quoted {
			text = "${}"
		}
		variables[v[1]] = withoutNames(strings.TrimSuffix(text, "'"))
	}
	return variables
}

// Every name is declared and used, every module gets its parameters, and nothing needs a secret.
func TestBicep(t *testing.T) {
	files := readBicep(t)
	require.Len(t, files, 3)
	for name, text := range files {
		assert.Len(t, bicepResource.FindAllString(text, -1), len(files.names(name, "resource")), "%s: an API version is missing", name)
		for _, kind := range []string{"param", "var", "module"} {
			for _, declared := range files.names(name, kind) {
				assert.Greater(t, len(regexp.MustCompile(`\b`+declared+`\b`).FindAllString(text, -1)), 1, "%s: %s is not used", name, declared)
			}
		}
		for _, use := range regexp.MustCompile(`\b(\w+)\.(?:id|name|properties|outputs)\b`).FindAllStringSubmatch(text, -1) {
			assert.Regexp(t, `(?m)^(resource|module) `+use[1]+` `, text, "%s: %s is not declared", name, use[1])
		}
		for _, pair := range []string{"{}", "[]", "()"} {
			assert.Equal(t, strings.Count(text, pair[:1]), strings.Count(text, pair[1:]), "%s: %s", name, pair)
		}
		assert.Zero(t, strings.Count(text, "'")%2, name)
		assert.Empty(t, secretWord.FindAllString(strings.ReplaceAll(text, "passwordAuth: 'Disabled'", ""), -1), name)
	}
	assert.Contains(t, files["database.bicep"], "authConfig: { activeDirectoryAuth: 'Enabled', passwordAuth: 'Disabled', tenantId:")
	assert.Contains(t, files["app.bicep"], "adminUserEnabled: false")
	files.requireModules(t)
}

// requireModules asserts that main.bicep and its modules fit.
func (b bicepFiles) requireModules(t *testing.T) {
	t.Helper()
	main, modules := b["main.bicep"], map[string]string{}
	for _, m := range bicepModule.FindAllStringSubmatch(main, -1) {
		modules[m[1]] = m[2]
		var given []string
		for _, p := range regexp.MustCompile(`(?m)^    (\w+): `).FindAllStringSubmatch(m[3], -1) {
			given = append(given, p[1])
		}
		assert.ElementsMatch(t, b.names(m[2], "param"), given, m[2])
	}
	assert.Len(t, modules, len(b.names("main.bicep", "module")))
	for _, use := range regexp.MustCompile(`\b(\w+)\.outputs\.(\w+)`).FindAllStringSubmatch(main, -1) {
		assert.Contains(t, b.names(modules[use[1]], "output"), use[2])
	}
}
