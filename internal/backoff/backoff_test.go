package backoff_test

import (
	"math"
	"testing"
	"time"

	"github.com/goplinth/plinth/internal/backoff"
)

func TestFullJitterStaysInRange(t *testing.T) {
	for _, tt := range []struct {
		attempt     int
		base, limit time.Duration
		want        time.Duration // the most there may be
	}{
		{1, time.Second, time.Minute, time.Second},
		{2, time.Second, time.Minute, 2 * time.Second},
		{4, time.Second, time.Minute, 8 * time.Second},
		{7, time.Second, time.Minute, time.Minute},
		{0, time.Second, time.Minute, time.Second},
		{-5, time.Second, time.Minute, time.Second},
		{64, time.Second, time.Minute, time.Minute},
		{math.MaxInt, 1, time.Minute, time.Minute},
		{63, 1, math.MaxInt64, 1 << 62},
		{5, math.MaxInt64, math.MaxInt64, math.MaxInt64},
		{1, time.Minute, time.Second, time.Second},
		{3, 0, time.Second, 0},
	} {
		longest := time.Duration(0)
		for range 2000 {
			d := backoff.FullJitter(tt.attempt, tt.base, tt.limit)
			if d < 0 || d > tt.want {
				t.Fatalf("FullJitter(%d, %v, %v) = %v; want 0 to %v", tt.attempt, tt.base, tt.limit, d, tt.want)
			}
			longest = max(longest, d)
		}
		if longest < tt.want/100*95 {
			t.Errorf("FullJitter(%d, %v, %v) was at most %v in 2000 calls; want nearly %v", tt.attempt, tt.base, tt.limit, longest, tt.want)
		}
	}
}
