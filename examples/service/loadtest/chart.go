package main

import (
	"bytes"
	"fmt"
	"time"
)

// A second is what happened in one second of the ramp.
type second struct {
	at          time.Duration // its end
	connections int
	figures
}

const (
	chartWidth  = 800
	panelHeight = 150
	panelGap    = 45
	marginLeft  = 90
	marginTop   = 40
)

// drawChart draws four figures over the same time, one below the other, as SVG in the
// colours of whoever looks.
func drawChart(seconds []second) []byte {
	panels := []struct {
		title string
		value func(second) float64
	}{
		{"connections", func(s second) float64 { return float64(s.connections) }},
		{"requests per second", func(s second) float64 { return s.perSecond }},
		{"p99 in ms", func(s second) float64 { return s.p99.Seconds() * 1000 }},
		{"memory of the service in MiB", func(s second) float64 { return float64(s.memory) / (1 << 20) }},
	}
	var failed uint64
	for _, s := range seconds {
		failed += s.failed
	}
	var b bytes.Buffer
	height := marginTop + len(panels)*(panelHeight+panelGap)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="13">
<style>
:root { color-scheme: light dark; --ink: #222; --faint: #ccc; --line: #0969da; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --faint: #444; --line: #58a6ff; --back: #0d1117; } }
text { fill: var(--ink); } .axis { stroke: var(--faint); } .line { stroke: var(--line); stroke-width: 2; fill: none; } .back { fill: var(--back); }
</style>
<rect class="back" width="100%%" height="100%%"/>
<text x="%d" y="20" font-size="15">examples/service under load: %d requests failed</text>
`, chartWidth, height, marginLeft, failed)
	for i, panel := range panels {
		drawPanel(&b, marginTop+i*(panelHeight+panelGap), panel.title, seconds, panel.value)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func drawPanel(b *bytes.Buffer, top int, title string, seconds []second, value func(second) float64) {
	highest, end := 1.0, time.Second
	for _, s := range seconds {
		highest, end = max(highest, value(s)), max(end, s.at)
	}
	const right = chartWidth - 20
	bottom := top + 20 + panelHeight
	y := func(v float64) float64 { return float64(bottom) - v/highest*panelHeight }
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`+"\n", marginLeft, top+12, title)
	for _, v := range []float64{0, highest / 2, highest} {
		fmt.Fprintf(b, `<line class="axis" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%.0f</text>`+"\n",
			marginLeft, right, y(v), y(v), marginLeft-8, y(v)+4, v)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%.0f s</text>`+"\n", right, bottom+16, end.Seconds())
	b.WriteString(`<polyline class="line" points="`)
	for _, s := range seconds {
		fmt.Fprintf(b, "%.1f,%.1f ", marginLeft+s.at.Seconds()/end.Seconds()*(right-marginLeft), y(value(s)))
	}
	b.WriteString(`"/>` + "\n")
}
