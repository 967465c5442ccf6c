package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/generated"
)

const (
	tableBegin = "<!-- table: written by go test ./internal/doctor -run TestFaults -update -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

// labScripts are about the lab's own servers, a file for each engine.
const labScripts = "../../../lab/e2e/testdata/doctor/"

// shown is where the scripts show a fault: by engine, or "every", or "lab" and an engine, the file.
type shown map[string]string

// readFaults returns the faults of the scripts, in order: each is a comment, followed by what doctor has found.
func readFaults(t *testing.T) (names []string, faults map[string]shown) {
	t.Helper()
	faults = map[string]shown{}
	read := func(key, file string) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		comment := ""
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(line, "# "); ok {
				comment = strings.TrimSuffix(strings.TrimSpace(name), ".")
			}
			if !strings.HasPrefix(line, "found ") {
				continue
			}
			require.NotEmpty(t, comment, "%s: %s", file, line)
			if faults[comment] == nil {
				faults[comment] = shown{}
				names = append(names, comment)
			}
			faults[comment][key] = file
		}
	}
	for _, dir := range append([]string{"every"}, engines...) {
		files, err := filepath.Glob("testdata/" + dir + "/*.txt")
		require.NoError(t, err)
		for _, file := range files {
			read(dir, file)
		}
	}
	for _, engine := range engines {
		read("lab "+engine, labScripts+engine+".txt")
	}
	return names, faults
}

// At least 40 faults are named. The table says for which engines: an empty field is where the engine cannot have the
// fault, or does not tell it from another.
func TestFaults(t *testing.T) {
	names, faults := readFaults(t)
	assert.GreaterOrEqual(t, len(names), 40)
	table := "\n| fault | PostgreSQL | MySQL | SQL Server |\n| --- | --- | --- | --- |\n"
	for _, name := range names {
		table += "| " + name + " |"
		for _, engine := range engines {
			file := faults[name][engine]
			if every := faults[name]["every"]; every != "" {
				file = every
			}
			if file != "" {
				table += " [✓](" + strings.TrimPrefix(filepath.ToSlash(file), "testdata/") + ")"
			}
			if file := faults[name]["lab "+engine]; file != "" {
				table += " [server](../" + file + ")"
			}
			table += " |"
		}
		table += "\n"
	}
	require.NoError(t, generated.CheckBlock("testdata/README.md", tableBegin, tableEnd, table+"\n"))
}
