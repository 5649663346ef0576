package cache_test

import (
	"strconv"
	"testing"

	"github.com/goplinth/plinth/cache"
)

func BenchmarkGet(b *testing.B) {
	c := newCache(b, cache.Options[string, int]{MaxEntries: 1024})
	keys := make([]string, 1024)
	for i := range keys {
		keys[i] = strconv.Itoa(i)
		c.Set(keys[i], i)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			c.Get(keys[i%len(keys)])
		}
	})
}

func BenchmarkSetEvict(b *testing.B) {
	c := newCache(b, cache.Options[int, int]{MaxEntries: 1024})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Set(i, i)
		i++
	}
}
