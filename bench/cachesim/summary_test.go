package main

import (
	"slices"
	"strings"
	"testing"
)

// cells of two traces, as compare returns them. 1000 requests make the hits
// tenths of a percent.
func sampleCells() []cell {
	place := func(trace string, recorded bool, size int, hits ...int) []cell {
		names := []string{"plinth", "otter", "theine", "belady"}
		roles := []role{ours, peer, peer, reference}
		var cells []cell
		for i, n := range hits {
			cells = append(cells, cell{
				trace: trace, recorded: recorded, requests: 1000, unique: 100, size: size,
				policy: names[i], role: roles[i], hits: n,
			})
		}
		return cells
	}
	cells := slices.Concat(
		place("web", true, 10, 300, 320, 305, 400),
		place("web", true, 20, 500, 480, 510, 600), // exactly a point behind is not too far
		place("zipf", false, 10, 200, 190, 290, 300),
	)
	cells[10].over = 3 // theine's 29 % do not count
	return cells
}

func TestStandings(t *testing.T) {
	all := standings(sampleCells())
	want := []standing{
		{"belady", reference, 130. / 3, 50, 30, 0},
		{"theine", peer, 110.5 / 3, 40.75, 29, 1},
		{"plinth", ours, 100. / 3, 40, 20, 0},
		{"otter", peer, 99. / 3, 40, 19, 0},
	}
	same := func(a, b standing) bool {
		return a.policy == b.policy && a.role == b.role && a.over == b.over &&
			points(a.all) == points(b.all) && points(a.recorded) == points(b.recorded) && points(a.generated) == points(b.generated)
	}
	if !slices.EqualFunc(all, want, same) {
		t.Errorf("standings = %+v; want %+v", all, want)
	}
}

func TestSummary(t *testing.T) {
	var b strings.Builder
	if err := writeSummary(&b, sampleCells()); err != nil {
		t.Fatal(err)
	}
	want := `
  mean hit ratio, %    all  recorded  generated  plinth ahead by  cells over size
             belady  43.33     50.00      30.00           -10.00                0
             theine  36.83     40.75      29.00            -3.50                1
             plinth  33.33     40.00      20.00             0.00                0
              otter  33.00     40.00      19.00             0.33                0

cells in which plinth is more than 1.0 points below the best peer: 1
  trace  size  plinth  rival  its ratio   lead
    web    10   30.00  otter      32.00  -2.00
`
	if b.String() != want {
		t.Errorf("the summary is\n%s\nwant\n%s", b.String(), want)
	}
}

func TestSummaryWithoutUs(t *testing.T) {
	cells := slices.DeleteFunc(sampleCells(), func(c cell) bool { return c.role == ours || c.recorded })
	var b strings.Builder
	if err := writeSummary(&b, cells); err != nil {
		t.Fatal(err)
	}
	if want := "otter  19.00         -      19.00                -"; !strings.Contains(b.String(), want) {
		t.Errorf("the summary has no %q:\n%s", want, b.String())
	}
}

func TestComparison(t *testing.T) {
	for _, tt := range []struct{ against, want string }{
		{"otter", `
plinth against otter
  trace  size  plinth  rival  its ratio   lead
    web    10   30.00  otter      32.00  -2.00
   zipf    10   20.00  otter      19.00  +1.00
    web    20   50.00  otter      48.00  +2.00
`},
		{"best", `
plinth against best
  trace  size  plinth   rival  its ratio   lead
    web    10   30.00   otter      32.00  -2.00
    web    20   50.00  theine      51.00  -1.00
   zipf    10   20.00   otter      19.00  +1.00
`},
	} {
		var b strings.Builder
		if err := writeComparison(&b, sampleCells(), tt.against); err != nil {
			t.Fatal(err)
		}
		if b.String() != tt.want {
			t.Errorf("writeComparison against %s writes\n%s\nwant\n%s", tt.against, b.String(), tt.want)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, tt := range []struct {
		list   string
		unique int
		want   []int
	}{
		{"0.1%,1%,5%,20%", 20_484, []int{20, 205, 1024, 4097}},
		{"0.1%,1%,100%", 50, []int{1, 50}}, // at least one entry, and none twice
		{"4096,50%,7", 100, []int{7, 50, 4096}},
	} {
		sizings, err := parseSizings(tt.list)
		if err != nil {
			t.Errorf("parseSizings(%q): %v", tt.list, err)
		} else if got := sizesFor(sizings, tt.unique); !slices.Equal(got, tt.want) {
			t.Errorf("%q of %d keys: %v; want %v", tt.list, tt.unique, got, tt.want)
		}
	}
	for _, list := range []string{"", "0", "-1", "0%", "-1%", "101%", "NaN%", "1,,2", "x", "1.5", "1e400%"} {
		if sizings, err := parseSizings(list); err == nil {
			t.Errorf("parseSizings(%q) = %v; want an error", list, sizings)
		}
	}
}

// TestChartOfOneSize has no scale to spread the points on.
func TestChartOfOneSize(t *testing.T) {
	var b strings.Builder
	if err := writeChart(&b, sampleCells()[:4]); err != nil {
		t.Fatal(err)
	}
	checkChart(t, "web", b.String(), 4)
}
