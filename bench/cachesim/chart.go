package main

import (
	"bufio"
	"cmp"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"
)

// A chart shows one trace: hit ratio over cache size, which has a logarithmic
// scale, with a line for each policy. Lengths are in pixels.
const (
	chartWidth, chartHeight = 800, 460
	plotLeft, plotTop       = 56, 60
	plotRight, plotBottom   = 640, 400
	labelHeight             = 16
)

// chartStyle has a colour for each peer, in two sets because none is legible on
// both white and black. Plinth has the colour of the text, and references are
// grey and told apart by their dashes.
const chartStyle = `
svg{color:#1b1b1b}.bg{fill:#fff}.grid{stroke:#e2e2e2}.ref{color:#767676}
.p0{color:#1d63d8}.p1{color:#b45f06}.p2{color:#0b7a55}.p3{color:#cc2222}.p4{color:#7a35d0}.p5{color:#0a7d95}.p6{color:#bb1a68}
@media (prefers-color-scheme:dark){
svg{color:#ececec}.bg{fill:#15171a}.grid{stroke:#33373c}.ref{color:#9a9a9a}
.p0{color:#6ea8ff}.p1{color:#f5b041}.p2{color:#45d19b}.p3{color:#ff7b72}.p4{color:#b893ff}.p5{color:#3fd0e6}.p6{color:#ff84bd}}
text{font:12px system-ui,sans-serif;fill:currentColor}.title{font-size:15px;font-weight:600}.ours text{font-weight:700}
.line{fill:none;stroke:currentColor;stroke-width:1.6;stroke-linejoin:round}.ours .line{stroke-width:3.2}
.dot{fill:currentColor}.lead{stroke:currentColor;stroke-width:.8}
`

const peerColours = 7 // in chartStyle

var referenceDashes = []string{"7 3", "2 3", "9 3 2 3", "1 4"}

// A series is the cells of one policy, by size.
type series struct {
	cells  []cell
	class  string // in chartStyle
	dashes string
	labelY float64
}

func (s *series) last() cell { return s.cells[len(s.cells)-1] }

// seriesOf splits cells by policy, which keep their order. Policies have the
// colours and dashes that they have among all contenders, so that those are the
// same in every chart of every selection.
func seriesOf(cells []cell) []*series {
	styles := make(map[string]series)
	peers, references := 0, 0
	for _, c := range contenders() {
		s := series{class: "ours", dashes: "none"}
		switch c.role {
		case peer:
			s.class = fmt.Sprintf("p%d", peers%peerColours)
			peers++
		case reference:
			s.class = "ref"
			s.dashes = referenceDashes[references%len(referenceDashes)]
			references++
		}
		styles[c.name] = s
	}
	var all []*series
	byPolicy := make(map[string]*series)
	for _, c := range cells {
		s := byPolicy[c.policy]
		if s == nil {
			style := styles[c.policy]
			s = &style
			byPolicy[c.policy] = s
			all = append(all, s)
		}
		s.cells = append(s.cells, c)
	}
	return all
}

// scale places sizes and ratios on the plot.
type scale struct {
	least, most float64 // logarithms of sizes
	top         float64 // the ratio at the upper edge
}

func scaleOf(cells []cell) scale {
	s := scale{least: math.Inf(1), most: math.Inf(-1), top: 10}
	for _, c := range cells {
		s.least = min(s.least, math.Log(float64(c.size)))
		s.most = max(s.most, math.Log(float64(c.size)))
		s.top = max(s.top, 10*math.Ceil(c.ratio()/10))
	}
	return s
}

// x puts a size in the middle if it is the only one.
func (s scale) x(size int) float64 {
	part := 0.5
	if s.most > s.least {
		part = (math.Log(float64(size)) - s.least) / (s.most - s.least)
	}
	return plotLeft + part*(plotRight-plotLeft)
}

func (s scale) y(ratio float64) float64 {
	return plotBottom - ratio/s.top*(plotBottom-plotTop)
}

// writeChart draws the cells of one trace as SVG, without scripts and without
// anything from elsewhere.
func writeChart(w io.Writer, cells []cell) error {
	b := bufio.NewWriter(w)
	scale := scaleOf(cells)
	name := html.EscapeString(cells[0].trace)
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" role="img">`+"\n", chartWidth, chartHeight)
	fmt.Fprintf(b, "<title>Hit ratio over cache size on %s</title>\n<style>%s</style>\n", name, chartStyle)
	fmt.Fprintf(b, `<rect class="bg" width="%d" height="%d"/>`+"\n", chartWidth, chartHeight)
	fmt.Fprintf(b, `<text class="title" x="%d" y="24">%s</text>`+"\n", plotLeft, name)
	fmt.Fprintf(b, `<text x="%d" y="44">hit ratio, %%, of %d requests for %d keys</text>`+"\n", plotLeft, cells[0].requests, cells[0].unique)
	writeAxes(b, scale, cells)
	all := seriesOf(cells)
	placeLabels(all, scale)
	for _, s := range slices.Backward(all) { // ours, which is first, over all others
		s.write(b, scale)
	}
	fmt.Fprintln(b, "</svg>")
	return b.Flush()
}

func writeAxes(w io.Writer, scale scale, cells []cell) {
	step := 10.0
	if scale.top > 50 {
		step = 20
	}
	for ratio := 0.0; ratio <= scale.top; ratio += step {
		y := scale.y(ratio)
		fmt.Fprintf(w, `<path class="grid" d="M%d %.1fH%d"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n", plotLeft, y, plotRight, plotLeft-8, y+4, ratio)
	}
	var sizes []int
	for _, c := range cells {
		sizes = append(sizes, c.size)
	}
	slices.Sort(sizes)
	for _, size := range slices.Compact(sizes) {
		x := scale.x(size)
		fmt.Fprintf(w, `<path class="grid" d="M%.1f %dv6"/><text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x, plotBottom, x, plotBottom+20, size)
	}
	fmt.Fprintf(w, `<text x="%d" y="%d" text-anchor="middle">cache size, entries</text>`+"\n", (plotLeft+plotRight)/2, plotBottom+42)
}

// placeLabels puts the name of each policy beside its last point, or as near to
// it as the other names leave room.
func placeLabels(all []*series, scale scale) {
	labels := slices.Clone(all)
	slices.SortStableFunc(labels, func(a, b *series) int { return cmp.Compare(b.last().ratio(), a.last().ratio()) })
	free := math.Inf(-1)
	for _, s := range labels {
		s.labelY = max(scale.y(s.last().ratio()), free)
		free = s.labelY + labelHeight
	}
	free = plotBottom
	for _, s := range slices.Backward(labels) {
		s.labelY = min(s.labelY, free)
		free = s.labelY - labelHeight
	}
}

func (s *series) write(w io.Writer, scale scale) {
	fmt.Fprintf(w, `<g class="%s">`+"\n", s.class)
	var points []string
	for _, c := range s.cells {
		points = append(points, fmt.Sprintf("%.1f,%.1f", scale.x(c.size), scale.y(c.ratio())))
	}
	fmt.Fprintf(w, `<polyline class="line" stroke-dasharray="%s" points="%s"/>`+"\n", s.dashes, strings.Join(points, " "))
	name := html.EscapeString(s.last().policy)
	for _, c := range s.cells {
		fmt.Fprintf(w, `<circle class="dot" cx="%.1f" cy="%.1f" r="3"><title>%s, %d entries: %.2f %%</title></circle>`+"\n",
			scale.x(c.size), scale.y(c.ratio()), name, c.size, c.ratio())
	}
	fmt.Fprintf(w, `<path class="lead" d="M%.1f %.1fL%d %.1f"/><text x="%d" y="%.1f">%s</text>`+"\n</g>\n",
		scale.x(s.last().size)+4, scale.y(s.last().ratio()), plotRight+22, s.labelY, plotRight+26, s.labelY+4, name)
}
