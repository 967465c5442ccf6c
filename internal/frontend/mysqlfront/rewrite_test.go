package mysqlfront

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Statements are rewritten, and nothing else of what a client sends, however its bytes come.
func TestRewriter(t *testing.T) {
	packet := func(sequence byte, payload string) string {
		n := len(payload)
		return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), sequence}) + payload
	}
	long := "\x03" + strings.Repeat("x", packetMax-1) // and the message goes on in the next packet
	sent := packet(0, "\x03select x") + packet(0, "\x16x") + packet(0, "\x0e") + packet(0, "") + packet(3, "\x03x") +
		packet(0, long) + packet(1, "x") + packet(0, "\x02x") + packet(0, "\x03x")
	want := packet(0, "\x03select twice") + packet(0, "\x16twice") + packet(0, "\x0e") + packet(0, "") + packet(3, "\x03x") +
		packet(0, long) + packet(1, "x") + packet(0, "\x02x") + packet(0, "\x03twice")
	for name, in := range map[string]io.Reader{"at once": strings.NewReader(sent), "half": iotest.HalfReader(strings.NewReader(sent))} {
		t.Run(name, func(t *testing.T) {
			got, err := io.ReadAll(&rewriter{in: bufio.NewReader(in), rewrite: func(sql string) string { return strings.ReplaceAll(sql, "x", "twice") }})
			require.NoError(t, err)
			assert.True(t, bytes.Equal([]byte(want), got))
		})
	}
}
