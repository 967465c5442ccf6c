package azuretest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The package comments show TestApp as it is, and it is short.
func TestDocumentedApp(t *testing.T) {
	for doc, source := range map[string]string{
		"doc.go":               "postgrestest/app_test.go",
		"postgrestest/doc.go":  "postgrestest/app_test.go",
		"mysqltest/doc.go":     "mysqltest/app_test.go",
		"sqlservertest/doc.go": "sqlservertest/app_test.go",
	} {
		text, err := os.ReadFile(source)
		require.NoError(t, err)
		_, app, found := strings.Cut(string(text), "\nfunc TestApp")
		require.True(t, found)
		app = "func TestApp" + strings.TrimSpace(app)
		assert.LessOrEqual(t, strings.Count(app, "\n")+1, 12)
		app = strings.ReplaceAll("\n"+app, "\n", "\n//\t")
		comment, err := os.ReadFile(doc)
		require.NoError(t, err)
		assert.Contains(t, string(comment), strings.ReplaceAll(app, "\n//\t\n", "\n//\n"), doc)
	}
}
