package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScreenLine(t *testing.T) {
	const value = "the server is verified in full, as myserver.postgres.database.azure.com"
	show := func(s Screen) string {
		var b bytes.Buffer
		s.Line(&b, "TLS", value, Yellow)
		return b.String()
	}
	assert.Equal(t, "TLS             "+value+"\n", show(Screen{}))
	assert.Equal(t, "TLS             "+value+"\n", show(Screen{Width: 20}), "too narrow")
	assert.Equal(t, "TLS             the server is verified in\n                full, as\n                myserver.postgres.database.azure.com\n", show(Screen{Width: 42}))
	assert.Equal(t, "TLS             \x1b[33m"+value+"\x1b[0m\n", show(Screen{Color: true}))

	var b bytes.Buffer
	Screen{}.Line(&b, "user", "a\nb\x1b[2J", Plain)
	assert.Equal(t, "user            a?b?[2J\n", b.String())
}

func TestColors(t *testing.T) {
	assert.True(t, colors([]string{"TERM=xterm", "NO_COLOR="}), "an empty NO_COLOR is none")
	assert.False(t, colors([]string{"TERM=xterm", "NO_COLOR=1"}))
	assert.False(t, colors([]string{"TERM=dumb"}))
}

func TestAFileIsNoTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, f.Close()) })
	assert.Equal(t, Screen{}, ScreenOf(&Writer{Writer: f}, []string{"TERM=xterm"}))
	assert.Equal(t, Screen{}, ScreenOf(&bytes.Buffer{}, nil))
}
