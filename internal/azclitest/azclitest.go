// Package azclitest checks commands of the Azure CLI in documents and hints against a table of those that there are.
package azclitest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Table is testdata/azure-cli.txt: the commands by their names.
type Table map[string]command

// command is a line of the table.
type command struct {
	parameters map[string]string // by each of its names, the first one
	values     map[string][]string
	needs      []string
}

var azLine = regexp.MustCompile(`^([^\s{!]+)(?:\{(.*)\})?(!?)$`)

// Read reads the table. What all commands take is not in it, nor are our own rules:
// without --connection the name, and so the role, is made up.
func Read(tb testing.TB) Table {
	tb.Helper()
	_, here, _, _ := runtime.Caller(0)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(here), "../../testdata/azure-cli.txt"))
	require.NoError(tb, err)
	table := Table{}
	for line := range strings.Lines(string(text)) {
		name, parameters, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		c := command{parameters: map[string]string{}, values: map[string][]string{}}
		for word := range strings.FieldsSeq(parameters + " --query --output|-o --subscription --only-show-errors --debug --verbose --help|-h") {
			m := azLine.FindStringSubmatch(word)
			require.NotNil(tb, m, "%s: %s", name, word)
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
	require.NotEmpty(tb, table)
	return table
}

var (
	azStart = regexp.MustCompile("(?:^|[\\s(\"'&|=])az[ \t]+(?:\\\\\n\\s*)?([a-z])")
	azToken = regexp.MustCompile(`^(?:<[^>]*>|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s<>"'|&;()#` + "`" + `])+`)
)

// Commands returns the words of each az command in a text. Commands inside others
// count, too.
func Commands(text string) (commands [][]string) {
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

// Check says what is wrong with a command. In prose, which has no end for it, other words may follow.
func (table Table) Check(words []string, prose bool) error {
	option := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") })
	if option < 0 {
		option = len(words)
	}
	end := option
	for prose && end > 1 && table[Name(words[:end])].parameters == nil {
		end--
	}
	name := Name(words[:end])
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

// Name is the name of a command that has these words.
func Name(words []string) string { return strings.TrimRight(strings.Join(words, " "), ",.:") }

// verbs follow the name in a sentence about the program itself, such as "az must print JSON".
var verbs = []string{"does", "is", "itself", "must"}

// RequireCommands checks all commands of the Azure CLI in a text that a program prints, such as a hint with its values.
func (table Table) RequireCommands(tb testing.TB, text string) {
	tb.Helper()
	for _, words := range Commands(text) {
		if len(words) > 1 && slices.Contains(verbs, words[1]) {
			continue
		}
		require.NoError(tb, table.Check(words, true), text)
	}
}
