// Package picture draws the picture of the README from its text.
package picture

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/bep/goat"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/generated"
)

// docs/path.svg is drawn from docs/path.txt: go test ./cmd/internal/picture -update
func TestPictureIsDrawnFromItsText(t *testing.T) {
	text, err := os.ReadFile("../../../docs/path.txt")
	require.NoError(t, err)
	drawn := goat.BuildSVG(bytes.NewReader(text))
	const margin = 16
	width, height := drawn.Width+2*margin, drawn.Height+2*margin
	// A background of its own, for readers of dark pages.
	want := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="%d %d %[1]d %[2]d" color="#1f2328" font-family="Menlo,Consolas,monospace">
<rect x="%[3]d" y="%[4]d" width="%[1]d" height="%[2]d" rx="8" fill="#fff"/>
%[5]s</svg>
`, width, height, -margin, -margin, drawn.Body)
	require.NoError(t, generated.Check("../../../docs/path.svg", want))
}
