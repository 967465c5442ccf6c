package figures

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// The chart's measures, in pixels.
const (
	labelWidth, unitWidth, margin = 270, 340, 16 // unitWidth is the bare driver's time
	barHeight, caseGap            = 14, 12
)

// chart draws how long opening a connection takes, against the bare driver.
func (r *Record) chart() string {
	var body strings.Builder
	y := 44
	width := labelWidth + unitWidth + 150
	for _, row := range r.of("opening") {
		if row.Ratio == 0 {
			y += caseGap // the bare driver's row ends the case
			continue
		}
		color, label := "#8c959f", "not resumed"
		if row.Who == Ours {
			color, label = "#0969da", ""
			fmt.Fprintf(&body, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", labelWidth-8, y+barHeight-2, escaped(row.Case))
		}
		length := min(row.Ratio, 1.25) * unitWidth
		fmt.Fprintf(&body, "<rect x=\"%d\" y=\"%d\" width=\"%.0f\" height=\"%d\" fill=\"%s\"/>\n", labelWidth, y, length, barHeight-2, color)
		fmt.Fprintf(&body, "<text x=\"%.0f\" y=\"%d\" font-size=\"11\">%.2f %s</text>\n", labelWidth+length+6, y+barHeight-4, row.Ratio, label)
		y += barHeight
	}
	height := y + margin
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" fill="#1f2328" font-family="Helvetica,Arial,sans-serif" font-size="13">
<rect width="%[1]d" height="%[2]d" rx="8" fill="#fff"/>
<text x="%[3]d" y="26" font-weight="bold">Opening a connection, in times of the bare driver's</text>
%[4]s<path d="M%[5]d 38V%[6]d" stroke="#cf222e" stroke-dasharray="4 3"/>
</svg>
`, width, height, margin, body.String(), labelWidth+unitWidth, y)
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes every write
	return b.String()
}
