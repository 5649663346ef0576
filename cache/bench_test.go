package cache_test

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

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

// BenchmarkSave and BenchmarkLoad report the size of the file as MB/s.
func BenchmarkSave(b *testing.B) {
	c := savedCache(b)
	size := len(save(b, c))
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Save(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/float64(c.Len()), "file-B/entry")
}

func BenchmarkLoad(b *testing.B) {
	file := save(b, savedCache(b))
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		c := newCache(b, cache.Options[string, string]{MaxEntries: 100_000})
		if err := c.Load(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}

func savedCache(b *testing.B) *cache.Cache[string, string] {
	c := newCache(b, cache.Options[string, string]{MaxEntries: 100_000})
	value := strings.Repeat("value", 20)
	for i := range 100_000 {
		c.SetTTL("key:"+strconv.Itoa(i), value, time.Hour)
	}
	return c
}
