package cache_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/goplinth/plinth/cache"
	"github.com/stretchr/testify/require"
)

func newCache[K comparable, V any](t testing.TB, o cache.Options[K, V]) *cache.Cache[K, V] {
	t.Helper()
	c, err := cache.New(o)
	require.NoError(t, err)
	return c
}

// pause waits for d or until ctx ends. It makes no timer of 0: when several
// goroutines of a bubble receive from timers that have expired, the race detector
// of Go 1.26 crashes (go.dev/issue/78156).
func pause(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// departures records what OnEvict is called with, as "key=value cause".
type departures struct {
	mu   sync.Mutex
	list []string
}

func (d *departures) record(k string, v int, cause cache.Cause) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, fmt.Sprintf("%s=%d %v", k, v, cause))
}

// take returns what was recorded since the last take.
func (d *departures) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.list
	d.list = nil
	return list
}

func TestNewReportsEveryMistake(t *testing.T) {
	_, err := cache.New(cache.Options[string, int]{TTL: -time.Second})
	want := "cache: Options.MaxEntries is 0 (int): must be 1 or more, or 0 beside a MaxWeight, since an unbounded cache is a leak\n" +
		"cache: Options.TTL is -1s (time.Duration): must be positive, or 0 to turn it off"
	if err == nil || err.Error() != want {
		t.Errorf("New error = %v; want %v", err, want)
	}
}

func TestOneEntry(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxEntries: 1, OnEvict: left.record})
	c.Set("a", 1)
	c.Set("a", 2)
	c.Set("b", 3)
	if v, ok := c.Delete("b"); v != 3 || !ok {
		t.Errorf("Delete(b) = %d, %v; want 3, true", v, ok)
	}
	if v, ok := c.Delete("b"); v != 0 || ok {
		t.Errorf("second Delete(b) = %d, %v; want 0, false", v, ok)
	}
	want := []string{"a=1 replaced", "a=2 evicted", "b=3 deleted"}
	if got := left.take(); !slices.Equal(got, want) {
		t.Errorf("OnEvict calls = %v; want %v", got, want)
	}
}

func TestCauseString(t *testing.T) {
	for cause, want := range map[cache.Cause]string{
		cache.Evicted: "evicted", cache.Expired: "expired", cache.Replaced: "replaced",
		cache.Deleted: "deleted", cache.Rejected: "rejected", 0: "Cause(0)",
	} {
		if got := cause.String(); got != want {
			t.Errorf("Cause(%d).String() = %q; want %q", uint8(cause), got, want)
		}
	}
}
