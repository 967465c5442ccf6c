package examples_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// longest is how many lines an example may have, those of generated files aside.
const longest = 120

// head is how main.go begins: what it is, then the command that starts it.
var head = regexp.MustCompile(`^// Command (\w+) .*\n(?://.+\n){0,3}//\n//\t(go run \./.+)\n`)

// copied is what to copy.
var copied = regexp.MustCompile(`(?s)\n\t?// --- copy from here.*\n\t?// --- to here`)

// A reader can start each example, finds what to copy, and reads it in one go.
func TestExamplesAreDocumented(t *testing.T) {
	index := read(t, "README.md")
	for _, name := range append(examples(t), "quickstart") {
		program := read(t, filepath.Join(name, "main.go"))
		found := head.FindStringSubmatch(program)
		if !assert.NotNil(t, found, "%s: no command in the first lines", name) {
			continue
		}
		assert.Equal(t, name, found[1])
		assert.Contains(t, found[2], "./examples/"+name)
		assert.Regexp(t, `(?m)^\| \[`+"`"+name+"`"+`\]\(`+name+`/main\.go\) \| .+ \| .+ \| `+"`"+regexp.QuoteMeta(found[2])+"` \\|$", index)
		assert.True(t, copied.MatchString(program), "%s does not say what to copy", name)
		assert.LessOrEqual(t, lines(t, name), longest, "lines of %s", name)
	}
}

// lines is how many lines somebody wrote.
func lines(t *testing.T, example string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(example, "*.go"))
	require.NoError(t, err)
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			n += strings.Count(read(t, file), "\n")
		}
	}
	return n
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

// sqlc takes minutes to compile, so it is not run here: "go generate ./examples/sqlc" does that.
func TestGeneratedCode(t *testing.T) {
	generated := read(t, "sqlc/internal/books/query.sql.go")
	version := regexp.MustCompile(`sqlc@(v\S+)`).FindStringSubmatch(read(t, "sqlc/main.go"))
	require.NotNil(t, version)
	assert.Contains(t, generated, "//   sqlc "+version[1]+"\n")
	query := regexp.MustCompile(`(?m)^-- name: .*\n.*;$`)
	asked, made := query.FindAllString(read(t, "sqlc/query.sql"), -1), strings.Count(generated, "`-- name: ")
	assert.Len(t, asked, made)
	for _, q := range asked {
		q, _, _ = strings.Cut(strings.TrimSuffix(q, ";"), " *") // whose columns are written out
		assert.Contains(t, generated, q)
	}
}

// What the Functions host reads.
func TestFunctionsHost(t *testing.T) {
	files, err := filepath.Glob("functions/*/function.json")
	require.NoError(t, err)
	require.Len(t, files, 2)
	program := read(t, "functions/main.go")
	for _, file := range append(files, "functions/host.json") {
		assert.True(t, json.Valid([]byte(read(t, file))), file)
	}
	for _, file := range files {
		assert.Regexp(t, `"POST /(api/)?`+filepath.Base(filepath.Dir(file))+`"`, program)
	}
}
