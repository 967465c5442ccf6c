package token_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// The chart's sizes, in pixels. A point is the busiest minute of ten.
const (
	chartWidth, panelHeight     = 760, 210
	chartLeft, chartTop, perGap = 70, 30, 10
	chartDecades                = 6 // of requests a minute, from 1 on
)

// chart draws the requests a minute of each pair of scenarios, with and without jitter, on a logarithmic scale.
func chart(all []scenario) string {
	var b strings.Builder
	panels := len(all) / 2
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#1f2328">
<rect width="100%%" height="100%%" rx="8" fill="#fff"/>
`, chartWidth+20, panels*(panelHeight+60)+10)
	for i := range panels {
		panel(&b, all[2*i:2*i+2], i*(panelHeight+60)+chartTop)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// panel draws a pair of scenarios, with jitter on top.
func panel(b *strings.Builder, pair []scenario, top int) {
	minutes := len(pair[0].result.minutes) - 1
	x := func(minute float64) float64 {
		return chartLeft + minute/float64(minutes)*(chartWidth-chartLeft)
	}
	y := func(requests float64) float64 {
		return float64(top+panelHeight) - math.Log10(max(1, requests))/chartDecades*panelHeight
	}
	for _, o := range pair[0].outages {
		fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="#e6e8eb"/>`+"\n",
			x(o.from.Minutes()), top, x(o.to.Minutes())-x(o.from.Minutes()), panelHeight)
	}
	for decade := range chartDecades + 1 {
		at := y(math.Pow10(decade))
		fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#d1d9e0"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			chartLeft, at, chartWidth, chartLeft-6, at+4, thousands(int(math.Pow10(decade))))
	}
	for hour := 0; hour <= minutes/60; hour += 6 {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%d h</text>`+"\n", x(float64(hour*60)), top+panelHeight+16, hour)
	}
	limit := y(pair[0].perSecond * 60)
	fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#cf222e" stroke-dasharray="4 4"/>`+"\n", chartLeft, limit, chartWidth)
	fmt.Fprintf(b, `<text x="%d" y="%d">%s: requests a minute <tspan fill="#0969da">with jitter</tspan>, <tspan fill="#bc4c00">without</tspan>, <tspan fill="#cf222e">the limit</tspan>; grey: outages</text>`+"\n",
		chartLeft, top-10, pair[0].name)
	for i, colour := range []string{"#bc4c00", "#0969da"} {
		var points []string
		for at, chunk := range slices.Collect(slices.Chunk(pair[1-i].result.minutes[:minutes], perGap)) {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(float64(at*perGap)), y(float64(slices.Max(chunk)))))
		}
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" points="%s"/>`+"\n", colour, strings.Join(points, " "))
	}
}
