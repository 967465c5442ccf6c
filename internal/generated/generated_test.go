package generated

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckBlock(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o644)) }
	write("a\r\n<b>\r\nold\r\n<e>\r\nz\r\n")
	assert.NoError(t, CheckBlock(file, "<b>\n", "<e>", "old\n"))
	assert.ErrorContains(t, CheckBlock(file, "<b>\n", "<e>", "new\n"), "Line 3 should be:\nnew")
	assert.ErrorContains(t, CheckBlock(file, "<b>\n", "<e>", ""), "Line 3 should be:\n<e>")
	assert.ErrorContains(t, CheckBlock(file, "<x>", "<e>", ""), "has not one block")

	*Update = true
	defer func() { *Update = false }()
	require.NoError(t, CheckBlock(file, "<b>\n", "<e>", "new\n"))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "a\n<b>\nnew\n<e>\nz\n", string(text))
	write("<b><e><b><e>")
	assert.ErrorContains(t, CheckBlock(file, "<b>", "<e>", ""), "has not one block")
}

func TestCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	assert.ErrorContains(t, Check(file, "a\n"), "run this test with -update")
	require.NoError(t, os.WriteFile(file, []byte("a\nb\n"), 0o644))
	assert.NoError(t, Check(file, "a\nb\n"))
	assert.ErrorContains(t, Check(file, "a\n"), "Line 2 should be:\n")
	assert.ErrorContains(t, Check(file, "a\nb\nc\n"), "Line 3 should be:\nc")
}
