package passwordless_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// troubleshooting is where the library's errors link to.
const troubleshooting = "TROUBLESHOOTING.md"

// notErrors is its chapter whose sections no error leads to.
const notErrors = "Without an error message"

// Every anchor that an error may name is a section of TROUBLESHOOTING.md, each
// section belongs to an error, and all are in the list at the top.
func TestErrorsLeadSomewhere(t *testing.T) {
	used := map[string]string{} // anchor: where
	for _, dir := range sourceDirectories(t) {
		collectAnchors(t, dir, used)
	}
	require.NotEmpty(t, used)
	text := readText(t, troubleshooting)
	doc := parseMarkdown(text)
	for anchor, where := range used {
		assert.True(t, doc.has(anchor), "%s: there is no section #%s", where, anchor)
	}
	top, _, _ := strings.Cut(text, "\n## ")
	listed := parseMarkdown(top).links
	chapter := ""
	for _, h := range doc.headings {
		switch h.level {
		case 2:
			chapter = h.text
		case 3:
			assert.Contains(t, listed, "#"+h.anchor, "%q is not in the list at the top", h.text)
			assert.True(t, chapter == notErrors || used[h.anchor] != "", "no error leads to %q", h.text)
		}
	}
}

// Links between the documents, and what code says of TROUBLESHOOTING.md, lead to
// files and headings that exist. Tests may make up anchors.
func TestDocumentLinks(t *testing.T) {
	mention := regexp.MustCompile(regexp.QuoteMeta(troubleshooting) + `#[\w-]+`)
	docs := map[string]markdown{}
	for _, path := range repositoryFiles(t, ".md") {
		docs[path] = parseMarkdown(readText(t, path))
	}
	check := func(path, dir, link string) {
		file, anchor, _ := strings.Cut(link, "#")
		target := path
		if file != "" {
			target = filepath.Join(dir, filepath.FromSlash(file))
		}
		_, err := os.Stat(target)
		assert.NoError(t, err, "%s links to %s", path, link)
		if doc, ok := docs[target]; ok && anchor != "" {
			assert.True(t, doc.has(anchor), "%s links to %s: there is no such heading", path, link)
		}
	}
	for path, doc := range docs {
		for _, link := range doc.links {
			check(path, filepath.Dir(path), link)
		}
	}
	for _, path := range repositoryFiles(t, ".go") {
		for _, m := range mention.FindAllString(readText(t, path), -1) {
			if !strings.HasSuffix(path, "_test.go") {
				check(path, ".", m)
			}
		}
	}
}

// The rules that choose an identity are in two tables for readers, by the names in
// the code.
func TestDocumentedRules(t *testing.T) {
	names := regexp.MustCompile(`(?m)^\t[rR]ule\w+ += "(.+)"$`).FindAllStringSubmatch(readText(t, "internal/identity/rules.go"), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		assert.Contains(t, readText(t, "docs/settings.md"), "\n| `"+name[1]+"` |")
		assert.Regexp(t, `\n//\t`+regexp.QuoteMeta(name[1])+" ", readText(t, "doc.go"))
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// repositoryFiles lists the files with the extension.
func repositoryFiles(t *testing.T, extension string) []string {
	t.Helper()
	var paths []string
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case !d.IsDir() && filepath.Ext(path) == extension:
			paths = append(paths, path)
		}
		return nil
	}))
	return paths
}

// sourceDirectories lists the directories with code.
func sourceDirectories(t *testing.T) []string {
	t.Helper()
	dirs := map[string]bool{}
	for _, path := range repositoryFiles(t, ".go") {
		dirs[filepath.Dir(path)] = true
	}
	return slices.Sorted(maps.Keys(dirs))
}

// collectAnchors adds to used every value that the package in dir gives to a
// field named Anchor or anchor: in a composite literal, with or without keys, or
// by assignment.
func collectAnchors(t *testing.T, dir string, used map[string]string) {
	t.Helper()
	positions := token.NewFileSet()
	var parsed []*ast.File
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(positions, path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		parsed = append(parsed, f)
	}
	// Only the package's own constants and structs matter. Nothing is imported,
	// and what does not check for that reason is passed over.
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: noImports{}, Error: func(error) {}}
	_, _ = config.Check(dir, positions, parsed, info)

	for _, f := range parsed {
		ast.Inspect(f, func(n ast.Node) bool {
			for _, value := range anchorValues(n, info) {
				where := positions.Position(value.Pos()).String()
				from, copied := value.(*ast.SelectorExpr)
				switch v := info.Types[value].Value; {
				case v != nil && constant.StringVal(v) != "":
					used[constant.StringVal(v)] = where
				case v == nil && (!copied || !isAnchor(from.Sel)):
					t.Errorf("%s: want a constant, or a copy of a field of this name, for an anchor", where)
				}
			}
			return true
		})
	}
}

type noImports struct{}

func (noImports) Import(string) (*types.Package, error) {
	return nil, errors.New("nothing is imported")
}

// anchorValues returns what the node gives to fields that are anchors.
func anchorValues(n ast.Node, info *types.Info) (values []ast.Expr) {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if isAnchor(n.Key) {
			values = append(values, n.Value)
		}
	case *ast.CompositeLit:
		if i := anchorField(info.Types[n].Type); 0 <= i && i < len(n.Elts) {
			if _, keyed := n.Elts[i].(*ast.KeyValueExpr); !keyed {
				values = append(values, n.Elts[i])
			}
		}
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			if field, ok := to.(*ast.SelectorExpr); ok && isAnchor(field.Sel) {
				values = append(values, n.Rhs[min(i, len(n.Rhs)-1)])
			}
		}
	}
	return values
}

func isAnchor(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && strings.EqualFold(id.Name, "anchor")
}

// anchorField returns which field of a struct is its anchor, -1 if none is.
func anchorField(typ types.Type) int {
	if typ == nil {
		return -1
	}
	fields, isStruct := typ.Underlying().(*types.Struct)
	if !isStruct {
		return -1
	}
	return slices.IndexFunc(slices.Collect(fields.Fields()), func(f *types.Var) bool { return strings.EqualFold(f.Name(), "anchor") })
}

// markdown is what the tests look at in a document: what is not code.
type markdown struct {
	headings []heading
	links    []string // to places in the repository
}

type heading struct {
	level        int
	text, anchor string
}

func (m markdown) has(anchor string) bool {
	return slices.ContainsFunc(m.headings, func(h heading) bool { return h.anchor == anchor })
}

var (
	headingLine = regexp.MustCompile(`^(#{1,6}) +(.+?)[ #]*$`)
	inlineCode  = regexp.MustCompile("`[^`]*`")
	linkTarget  = regexp.MustCompile(`\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]: +(\S+)`)
	elsewhere   = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`)
	notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// parseMarkdown gives headings GitHub's anchors: the text in lower case, without
// punctuation, with hyphens for spaces, and numbered where it repeats.
func parseMarkdown(text string) (m markdown) {
	fenced, times := false, map[string]int{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		if fenced = fenced != fence; fenced || fence {
			continue
		}
		if h := headingLine.FindStringSubmatch(line); h != nil {
			anchor := strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(h[2]), ""), " ", "-")
			if times[anchor]++; times[anchor] > 1 {
				anchor = fmt.Sprintf("%s-%d", anchor, times[anchor]-1)
			}
			m.headings = append(m.headings, heading{len(h[1]), h[2], anchor})
		}
		for _, l := range linkTarget.FindAllStringSubmatch(inlineCode.ReplaceAllString(line, "code"), -1) {
			if target := l[1] + l[2]; !elsewhere.MatchString(target) {
				m.links = append(m.links, target)
			}
		}
	}
	return m
}

// TestLayoutNamesEveryPackage: a stranger finds each room in CONTRIBUTING.md.
func TestLayoutNamesEveryPackage(t *testing.T) {
	_, layout, _ := strings.Cut(readText(t, "CONTRIBUTING.md"), "\n## Layout\n")
	layout, _, _ = strings.Cut(layout, "\n## ")
	for _, dir := range sourceDirectories(t) {
		if dir != "." && !strings.Contains(filepath.ToSlash(dir)+"/", "/testdata/") {
			assert.Regexp(t, "`([a-z/-]+/)?"+filepath.Base(dir)+"`", layout, "package %s is not in the layout", dir)
		}
	}
}
