package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"time"

	"github.com/goplinth/plinth/errors"
)

type point struct{ x, y, z float64 }

var pointsTable = table{
	name:    "points",
	title:   func(s sizes) string { return fmt.Sprintf("%d points of three float64 in memory", s.points) },
	columns: []string{"memory"},
	measure: func(ctx context.Context, b *bench) ([]row, []string, error) {
		cells := func(o outcome) []string { return []string{megabytes(max(o.GrewKiB, 0))} }
		b.note("points: Go")
		gopher, err := finish(goProcess(ctx, "points", b.points))
		if err != nil {
			return nil, nil, err
		}
		rows := []row{
			{"Python dataclass", []string{"about 200 MB"}, nil},
			{"Python dataclass with slots", []string{"about 70 MB"}, nil},
			{"Python, three array.array", nil, nil},
			{"Go, a slice of structs", []string{"about 24 MB"}, cells(gopher)},
		}
		var remarks []string
		for i, kind := range []string{"dataclass", "slots", "array"} {
			b.note("points: Python, %s", kind)
			o, here, err := b.python.measure(ctx, cells, "points", kind, b.points)
			if err != nil {
				return nil, nil, err
			}
			rows[i].here = here
			if o.Count == 0 {
				continue // skipped
			}
			if o.Sum != gopher.Sum {
				return nil, nil, errors.Errorf("%s: the last point sums up to %d, in Go to %d", kind, o.Sum, gopher.Sum)
			}
			remarks = append(remarks, verdict("Memory", "Go", float64(gopher.GrewKiB), rows[i].name, float64(o.GrewKiB)))
		}
		return rows, remarks, nil
	},
}

func pointsChild(_ io.Reader, args []string, say func(outcome) error) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	before := memoryOf()
	start := time.Now()
	points := make([]point, n)
	for i := range points {
		points[i] = point{float64(i) + 0.25, float64(i) + 0.5, float64(i) + 0.75}
	}
	elapsed := time.Since(start)
	after := memoryOf()
	last := points[n-1]
	runtime.KeepAlive(points)
	return say(outcome{
		Seconds: elapsed.Seconds(), Count: n, Sum: int64(last.x + last.y + last.z),
		GrewKiB: after.now - before.now, PeakKiB: after.peak,
	})
}
