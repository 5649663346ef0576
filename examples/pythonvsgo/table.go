package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// skipped is what the rows of Python say without one.
var skipped = []string{"skipped: no python3"}

// print writes the table, with the article's figures on the left.
func (t table) print(w io.Writer, s sizes, rows []row, remarks []string) {
	fmt.Fprintf(w, "\n%s\n\n", t.title(s))
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	blank := strings.Repeat("\t", len(t.columns)-1)
	fmt.Fprintf(tab, "\tarticle%s\there\n", blank)
	fmt.Fprintf(tab, "\t%[1]s\t%[1]s\n", strings.Join(t.columns, "\t"))
	for _, r := range rows {
		article := r.article
		if article == nil {
			article = append([]string{"-"}, make([]string, len(t.columns)-1)...)
		}
		fmt.Fprintf(tab, "%s\t%s\t%s\n", r.name, strings.Join(article, "\t"), strings.Join(r.here, "\t"))
	}
	tab.Flush()
	if len(remarks) > 0 {
		fmt.Fprintln(w)
	}
	for _, remark := range remarks {
		fmt.Fprintln(w, remark)
	}
}

func seconds(s float64) string { return fmt.Sprintf("%.3g s", s) }

// megabytes words a number of KiB, of which 0 stands for an unknown one.
func megabytes(kib int64) string {
	switch mb := float64(kib) * 1024 / 1e6; {
	case kib == 0:
		return "unknown"
	case mb < 10:
		return fmt.Sprintf("%.1f MB", mb)
	default:
		return fmt.Sprintf("%.0f MB", mb)
	}
}

// verdict says in words what two figures mean, of which less is better.
func verdict(what, goName string, goCost float64, pyName string, pyCost float64) string {
	if goCost <= 0 || pyCost <= 0 {
		return fmt.Sprintf("%s: nothing to compare.", what)
	}
	ratio := pyCost / goCost
	word := "Go is far ahead"
	switch {
	case ratio < 0.9:
		word = "Python is ahead"
	case ratio < 2:
		word = "Python is close"
	case ratio < 10:
		word = "Go is ahead"
	}
	return fmt.Sprintf("%s: %s. %s costs %.2g times what %s does.", what, word, pyName, ratio, goName)
}
