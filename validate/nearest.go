package validate

import "slices"

// nearest returns the names that s is probably a misspelling of, whatever the case
// of its letters: those with the fewest edits, if these are few for the length of
// s.
func nearest(s string, names []string) []string {
	var near []string
	// One edit is few from 3 bytes on, two are from 7 on, and so on.
	least := (len(s) + 5) / 4
	for _, n := range names {
		if len(n) > len(s)+least || len(n) < len(s)-least {
			continue // before any work on what a stranger may have sent
		}
		switch d := edits(s, n); {
		case d < least:
			near, least = []string{n}, d
		case d == least && len(near) > 0 && !slices.Contains(near, n):
			near = append(near, n)
		}
	}
	return near
}

// edits returns how many insertions, deletions, replacements and swaps of
// neighbouring bytes turn a into b, whatever the case of ASCII letters: the optimal
// string alignment distance.
func edits(a, b string) int {
	// Rows of the table of distances between the beginnings of a and b.
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			d := last[j]
			if lower(a[i]) != lower(b[j]) {
				d = min(last[j], last[j+1], row[j]) + 1
				if i > 0 && j > 0 && lower(a[i]) == lower(b[j-1]) && lower(a[i-1]) == lower(b[j]) {
					d = min(d, before[j-1]+1)
				}
			}
			row[j+1] = d
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
