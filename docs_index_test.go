package passwordless_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/generated"
	_ "github.com/azuredb/passwordless/mysql"
	_ "github.com/azuredb/passwordless/postgres"
	_ "github.com/azuredb/passwordless/sqlserver"
)

const (
	indexBegin = "<!-- index: written by go test . -run TestTroubleshootingIndex -update -->\n"
	indexEnd   = "<!-- end of the index -->"
)

// setupWords are the words of errors that no table of advice knows: those in the
// setup, and those about the token that are not the issuer's.
var setupWords = advice.Table{Client: []advice.Rule{
	{Anchor: "no-connection-settings", Text: "no connection settings|no settings for connection|missing host|the host is missing|is not set, but env:"},
	{Anchor: "several-connections", Text: "there are settings for the connections|which of them belongs to this one"},
	{Anchor: "unresolved-reference", Text: "unresolved key vault reference|unresolved app configuration reference"},
	{Anchor: "conflicting-settings", Text: "has another value than|is set although|both a password and an identity"},
	{Anchor: "parameters", Text: "does not take the value of this parameter|no TLS configuration of this name is registered"},
	{Anchor: "missing-user", Text: "missing user|names no database user"},
	{Anchor: "incomplete-identity", Text: "has no client ID|has no tenant: set|has no secret and no certificate|workload identity needs"},
	{Anchor: "service-principal-tenant", Text: "names another tenant|names the token service at|no server has named one"},
	{Anchor: "azure-token-credentials", Text: "unknown value: want one of|is dev, but none of az, azd and pwsh"},
	{Anchor: "cloud", Text: "unknown cloud|need tokens of different kinds|not a URL such as"},
	{Anchor: "service-principal", Text: "no certificate with its private key"},
	{Anchor: "untrusted-host", Text: "refusing to send the token|is a pattern|listed without port and scheme|so any server could pass"},
	{Anchor: "tls-disabled", Text: "the connection declares|TLS is disabled, but"},
	{Anchor: "certificate-files", Text: "the file has no certificate in PEM form|sslrootcert|sslcert|sslkey|PASSWORDLESS_CA_FILE"},
}}

// The index at the top of TROUBLESHOOTING.md is written from the tables of
// advice: one for the servers' errors, with a column for each, and one for all
// others.
func TestTroubleshootingIndex(t *testing.T) {
	own := column{title: "The error says", words: wordsByAnchor(t, &setupWords)}
	servers := []column{{title: "PostgreSQL says"}, {title: "MySQL says"}, {title: "SQL Server says"}}
	for _, table := range advice.Tables() {
		words := wordsByAnchor(t, table)
		if i := slices.IndexFunc(servers, func(c column) bool { return c.title == table.Name+" says" }); i >= 0 {
			servers[i].words = words
			continue
		}
		for anchor, said := range words {
			own.words[anchor] = append(own.words[anchor], said...)
		}
	}
	text := readText(t, troubleshooting)
	headings := parseMarkdown(text).headings
	index := "\n" + indexTable(headings, own) + "\n" + indexTable(headings, servers...) + "\n"
	require.NoError(t, generated.CheckBlock(troubleshooting, indexBegin, indexEnd, index))
	assert.LessOrEqual(t, len(text), 40<<10, "%s has grown too long", troubleshooting)
}

// column is a column of the index: what errors say, by the section about them.
type column struct {
	title string
	words map[string][]string
}

// indexTable has one row for each section that a column leads to, in their order.
func indexTable(headings []heading, columns ...column) string {
	var b strings.Builder
	for _, c := range columns {
		fmt.Fprintf(&b, "| %s ", c.title)
	}
	fmt.Fprintf(&b, "| section |\n%s|---|\n", strings.Repeat("|---", len(columns)))
	for _, h := range headings {
		row, any := "", false
		for _, c := range columns {
			row += "| " + strings.Join(c.words[h.anchor], ", ") + " "
			any = any || c.words[h.anchor] != nil
		}
		if any {
			fmt.Fprintf(&b, "%s| [%s](#%s) |\n", row, h.text, h.anchor)
		}
	}
	return b.String()
}

// wordsByAnchor returns what a reader of an error that the table knows may look
// for.
func wordsByAnchor(t *testing.T, table *advice.Table) map[string][]string {
	t.Helper()
	words, withToken := map[string][]string{}, map[string]bool{}
	for _, r := range slices.Concat(table.Server, table.Client) {
		if r.Anchor == "" {
			continue
		}
		withToken[r.Anchor] = withToken[r.Anchor] || r.Login != advice.WithPassword
		said := wordsOf(r)
		assert.NotEmpty(t, said, "%s: a rule for %q has no words for the index", table.Name, r.Anchor)
		for _, word := range said {
			if !slices.Contains(words[r.Anchor], word) {
				words[r.Anchor] = append(words[r.Anchor], word)
			}
		}
	}
	for anchor, said := range words {
		if !withToken[anchor] {
			said[len(said)-1] += " (with a password)"
		}
	}
	return words
}

// ownPrefix is what the errors of the driver packages begin with.
var ownPrefix = regexp.MustCompile(`^(postgres|mysql|sqlserver): `)

// wordsOf returns what a reader of the error may look for: the server's codes and
// the texts, in backticks.
func wordsOf(r advice.Rule) []string {
	texts := r.Says
	switch {
	case texts != "":
	case r.Text != "":
		texts = r.Text
	case r.Err != nil:
		texts, _, _ = strings.Cut(ownPrefix.ReplaceAllString(r.Err.Error(), ""), ". ")
	}
	var words []string
	if r.Codes != "" && r.Text == "" {
		words = strings.Split(r.Codes, "|")
	}
	if texts != "" {
		for text := range strings.SplitSeq(texts, "|") {
			words = append(words, "`"+text+"`")
		}
	}
	return words
}

// What the index says of errors in the setup is in the code.
func TestSetupWords(t *testing.T) {
	var said strings.Builder
	for _, path := range repositoryFiles(t, ".go") {
		if !strings.HasSuffix(path, "_test.go") {
			said.WriteString(strings.Join(literals(t, path), "\n"))
		}
	}
	for _, r := range setupWords.Client {
		for text := range strings.SplitSeq(r.Text, "|") {
			assert.Contains(t, said.String(), text)
		}
	}
}

// literals returns the strings in a file of code.
func literals(t *testing.T, path string) (texts []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			require.NoError(t, err)
			texts = append(texts, text)
		}
		return true
	})
	return texts
}
