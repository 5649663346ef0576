package main

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be a bare server, as the program is its own.
func TestMain(m *testing.M) {
	if os.Getenv(asBare) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestRun runs all phases, with few connections and for a moment.
func TestRun(t *testing.T) {
	chartFile := filepath.Join(t.TempDir(), "chart.svg")
	var stdout, stderr strings.Builder
	status := run(t.Context(), []string{"-connections", "64", "-users", "3", "-rounds", "1", "-writes", "10",
		"-slot", "150ms", "-warm", "50ms", "-ramp", "300ms", "-soak", "200ms", "-think", "10ms", "-chart", chartFile}, &stdout, &stderr)
	if status != 0 || stderr.String() != "" {
		t.Errorf("exit status %d, standard error %q; want 0 and nothing", status, stderr.String())
	}
	for _, want := range []string{`(?m)^bytes +[1-9]\d* .* ms +0 +\d+$`, `(?m)^encode +[1-9]\d* .* ms +0 +\d+$`, `(?m)^service +[1-9]\d* .* ms +0 +\d+$`,
		`service to encode, median of the rounds: throughput \d+\.\d\d, p99 \d+\.\d\d`, `ramp to 64 connections`, `200ms with 64 connections`} {
		if !regexp.MustCompile(want).MatchString(stdout.String()) {
			t.Errorf("the report has no match of %s:\n%s", want, stdout.String())
		}
	}
	chart, err := os.Open(chartFile)
	require.NoError(t, err)
	defer chart.Close()
	elements := 0
	for d := xml.NewDecoder(chart); ; elements++ {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the chart is no XML: %v", err)
		}
	}
	if elements < 50 {
		t.Errorf("the chart has %d elements; want a chart", elements)
	}
}

func TestCommandLine(t *testing.T) {
	for _, args := range [][]string{{"-x"}, {"-connections", "0"}, {"-writes", "0"}, {"-slot", "0s"}} {
		if status := run(t.Context(), args, io.Discard, io.Discard); status != 2 {
			t.Errorf("loadtest %q: exit status %d; want 2", args, status)
		}
	}
}

func TestHistogram(t *testing.T) {
	for us := int64(0); us < 1<<33; us += us/97 + 1 {
		d := time.Duration(us) * time.Microsecond
		class := classOf(d)
		if high := highest(class); high < d || float64(high) > float64(d)*1.04 {
			t.Fatalf("%v is in the class up to %v", d, high)
		}
		if highest(class-1) >= d && class > 0 {
			t.Fatalf("%v is in the class %d, and below it too", d, class)
		}
	}
	var h histogram
	for us := range 1000 {
		h[classOf(time.Duration(us)*time.Microsecond)]++
	}
	for _, tt := range []struct {
		q    float64
		want time.Duration
	}{{0.01, 9}, {0.5, 499}, {0.99, 989}, {0.999, 998}, {1, 999}} {
		want := tt.want * time.Microsecond
		if got := h.quantile(tt.q); got < want || float64(got) > float64(want)*1.04 {
			t.Errorf("quantile(%v) = %v; want %v", tt.q, got, want)
		}
	}
	if got := (&histogram{}).quantile(.5); got != 0 {
		t.Errorf("quantile of nothing = %v; want 0", got)
	}
}
