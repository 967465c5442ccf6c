package passwordless_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// azCommand is a line of testdata/azure-cli.txt.
type azCommand struct {
	parameters map[string]string // by each of its names, the first one
	values     map[string][]string
	needs      []string
}

var azLine = regexp.MustCompile(`^([^\s{!]+)(?:\{(.*)\})?(!?)$`)

// readAz reads the table. What all commands take is not in it, nor are our own rules:
// without --connection the name, and so the role, is made up.
func readAz(t *testing.T) map[string]azCommand {
	t.Helper()
	table := map[string]azCommand{}
	for line := range strings.Lines(readText(t, "testdata/azure-cli.txt")) {
		name, parameters, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		c := azCommand{parameters: map[string]string{}, values: map[string][]string{}}
		for word := range strings.FieldsSeq(parameters + " --query --output|-o --subscription --only-show-errors --debug --verbose --help|-h") {
			m := azLine.FindStringSubmatch(word)
			require.NotNil(t, m, "%s: %s", name, word)
			names := strings.Split(m[1], "|")
			for _, n := range names {
				c.parameters[n] = names[0]
			}
			if m[2] != "" {
				c.values[names[0]] = strings.Split(m[2], ",")
			}
			if m[3] != "" {
				c.needs = append(c.needs, names[0])
			}
		}
		if strings.Contains(name, " connection create ") {
			c.needs = append(c.needs, "--connection")
		}
		table[name] = c
	}
	require.NotEmpty(t, table)
	return table
}

var (
	azStart  = regexp.MustCompile("(?:^|[\\s(\"'&|=])az[ \t]+(?:\\\\\n\\s*)?([a-z])")
	azToken  = regexp.MustCompile(`^(?:<[^>]*>|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s<>"'|&;()#` + "`" + `])+`)
	ofTests  = regexp.MustCompile(`^azuretest/|^lab/|^internal/\w+test/`) // where az is a stand-in's
	codeSpan = regexp.MustCompile("(?s)```.*?\n```|`[^`]+`")
)

// azTokens returns the words of each az command in a text. Commands inside others
// count, too.
func azTokens(text string) (commands [][]string) {
	for {
		m := azStart.FindStringSubmatchIndex(text)
		if m == nil {
			return commands
		}
		text = text[m[2]:]
		words, rest := []string{"az"}, strings.ReplaceAll(text, "\\\n", " ")
		for {
			rest = strings.TrimLeft(rest, " \t")
			if inner, ok := strings.CutPrefix(rest, `"$(`); ok { // a value that is a command's output
				_, after, _ := strings.Cut(inner, `)"`)
				words, rest = append(words, "<output>"), after
				continue
			}
			word := azToken.FindString(rest)
			if word == "" {
				break
			}
			words, rest = append(words, word), rest[len(word):]
		}
		commands = append(commands, words)
	}
}

// checkAz says what is wrong with a command. In prose, which has no end for it, other words may follow.
func checkAz(table map[string]azCommand, words []string, prose bool) error {
	option := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") })
	if option < 0 {
		option = len(words)
	}
	end := option
	for prose && end > 1 && table[trimProse(words[:end])].parameters == nil {
		end--
	}
	name := trimProse(words[:end])
	c, ok := table[name]
	if !ok {
		return fmt.Errorf("%s: no such command in the table", strings.Join(words, " "))
	}
	var given []string
	for i := end; i < len(words); i++ {
		key, value, joined := strings.Cut(words[i], "=")
		if !strings.HasPrefix(key, "-") {
			continue
		}
		if prose {
			key = strings.TrimRight(key, ",.:")
		}
		first, ok := c.parameters[key]
		if !ok {
			return fmt.Errorf("%s: no parameter %s", name, key)
		}
		if !joined && i+1 < len(words) {
			value = words[i+1]
		}
		if values := c.values[first]; values != nil && !slices.Contains(values, value) {
			return fmt.Errorf("%s: %s has no value %q", name, key, value)
		}
		given = append(given, first)
	}
	for _, need := range c.needs {
		if !slices.Contains(given, need) {
			return fmt.Errorf("%s: %s is missing", name, need)
		}
	}
	return nil
}

func trimProse(words []string) string { return strings.TrimRight(strings.Join(words, " "), ",.:") }

// Every command of the Azure CLI in the documents, and in the comments that are
// documents and the texts of the code, can be run as it stands.
func TestAzCommands(t *testing.T) {
	table := readAz(t)
	used := map[string]bool{}
	check := func(where, text string, prose bool) {
		for _, words := range azTokens(text) {
			assert.NoError(t, checkAz(table, words, prose), where)
			for end := len(words); end > 1; end-- {
				used[trimProse(words[:end])] = true
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
	table := readAz(t)
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
		for _, words := range azTokens(text) {
			if err := checkAz(table, words, false); err != nil {
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
	assert.NoError(t, checkAz(table, azTokens("sign in with az login, then go on")[0], true))
	assert.NoError(t, checkAz(table, azTokens("(az ad user list shows it): set -x")[0][:6], true))
	assert.ErrorContains(t, checkAz(table, azTokens("sign in with az logn")[0], true), "no such command")
}
