package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"
)

// tolerance is by how many percentage points we may be behind the best peer in
// a cell before the summary names it.
const tolerance = 1.0

// A standing is the mean hit ratio of one policy over groups of cells, which
// count the same each, however long their traces are. A group without cells
// has NaN.
type standing struct {
	policy                   string
	role                     role
	all, recorded, generated float64
	over                     int // cells in which it held more than it may
}

// standings returns the standing of each policy, the best mean first.
func standings(cells []cell) []standing {
	byPolicy := make(map[string][]cell)
	for _, c := range cells {
		byPolicy[c.policy] = append(byPolicy[c.policy], c)
	}
	var all []standing
	for name, cells := range byPolicy {
		s := standing{
			policy:    name,
			role:      cells[0].role,
			all:       meanRatio(cells, func(cell) bool { return true }),
			recorded:  meanRatio(cells, func(c cell) bool { return c.recorded }),
			generated: meanRatio(cells, func(c cell) bool { return !c.recorded }),
		}
		for _, c := range cells {
			if c.over > 0 {
				s.over++
			}
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b standing) int {
		return cmp.Or(cmp.Compare(b.all, a.all), cmp.Compare(a.policy, b.policy))
	})
	return all
}

// meanRatio returns the mean hit ratio of the cells that belong, and NaN if
// none does.
func meanRatio(cells []cell, belongs func(cell) bool) float64 {
	sum, n := 0.0, 0.0
	for _, c := range cells {
		if belongs(c) {
			sum += c.ratio()
			n++
		}
	}
	return sum / n
}

// A duel is what plinth and its rival made of the same place: a size on a trace.
type duel struct {
	ours, rival cell
}

// lead returns by how many points plinth is ahead.
func (d duel) lead() float64 { return d.ours.ratio() - d.rival.ratio() }

// duels returns the places of plinth where there are cells of a rival, the
// least lead first. Of several rivals it takes the best one.
func duels(cells []cell, isRival func(cell) bool) []duel {
	type place struct {
		trace string
		size  int
	}
	places := make(map[place]duel)
	for _, c := range cells {
		at := place{c.trace, c.size}
		d := places[at]
		if c.role == ours {
			d.ours = c
		}
		if isRival(c) && (d.rival.policy == "" || c.hits > d.rival.hits) {
			d.rival = c
		}
		places[at] = d
	}
	all := slices.DeleteFunc(slices.Collect(maps.Values(places)), func(d duel) bool {
		return d.ours.policy == "" || d.rival.policy == ""
	})
	slices.SortFunc(all, func(a, b duel) int {
		return cmp.Or(
			cmp.Compare(a.lead(), b.lead()),
			cmp.Compare(a.ours.trace, b.ours.trace),
			cmp.Compare(a.ours.size, b.ours.size))
	})
	return all
}

// isFairPeer reports whether c is a peer's and kept to its size.
func isFairPeer(c cell) bool { return c.role == peer && c.over == 0 }

func writeSummary(w io.Writer, cells []cell) error {
	all := standings(cells)
	lead := math.NaN()
	for _, s := range all {
		if s.role == ours {
			lead = s.all
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nmean hit ratio, %\tall\trecorded\tgenerated\tplinth ahead by\tcells over size\t")
	for _, s := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t\n", s.policy, points(s.all), points(s.recorded), points(s.generated), points(lead-s.all), s.over)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	lost := duels(cells, isFairPeer)
	lost = slices.DeleteFunc(lost, func(d duel) bool { return d.lead() >= -tolerance })
	if _, err := fmt.Fprintf(w, "\ncells in which plinth is more than %.1f points below the best peer: %d\n", tolerance, len(lost)); err != nil {
		return err
	}
	return writeDuels(w, lost)
}

// bestPeer stands for whichever peer is best in a cell.
const bestPeer = "best"

// writeComparison writes the lead of plinth in every cell, against the policy
// called name or the best peer.
func writeComparison(w io.Writer, cells []cell, name string) error {
	isRival := func(c cell) bool { return c.policy == name }
	if name == bestPeer {
		isRival = isFairPeer
	}
	if _, err := fmt.Fprintf(w, "\nplinth against %s\n", name); err != nil {
		return err
	}
	return writeDuels(w, duels(cells, isRival))
}

func writeDuels(w io.Writer, duels []duel) error {
	if len(duels) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "trace\tsize\tplinth\trival\tits ratio\tlead\t")
	for _, d := range duels {
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%s\t%.2f\t%+.2f\t\n",
			d.ours.trace, d.ours.size, d.ours.ratio(), d.rival.policy, d.rival.ratio(), d.lead())
	}
	return t.Flush()
}

// points formats a mean or a difference of means, of which there may be none.
func points(p float64) string {
	if math.IsNaN(p) {
		return "-"
	}
	return strconv.FormatFloat(p, 'f', 2, 64)
}
