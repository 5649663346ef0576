package bench

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// BenchmarkCacheMemory fills a cache with a million new keys and reports
//
//   - resident: how many of them are there in the end;
//   - B/entry: the growth of the heap, divided by resident;
//   - ms/GC: how long runtime.GC takes, sweeping included;
//   - mark-ms/GC: the processor time of marking, on all procs together;
//   - pause-µs/GC: how long the world is stopped, in all.
//
// The heap holds the cache and the text of the keys, which is there before the
// cache and so is counted for none. What an entry has to hold is 24 bytes: the
// header of a string, and an int. ristretto holds a hash for the string.
func BenchmarkCacheMemory(b *testing.B) {
	eachTTL(b, func(b *testing.B, ttl time.Duration) {
		b.Run("key=string/value=word", func(b *testing.B) {
			config := cacheConfig{max: 1_000_000, ttl: ttl}
			for _, impl := range cacheImpls[string, int](config) {
				if impl.name == "golanglru" && ttl > 0 {
					continue // it could not be measured anew; see expirables
				}
				b.Run("impl="+impl.name, func(b *testing.B) { benchmarkMemory(b, config, impl) })
			}
		})
	})
}

func benchmarkMemory(b *testing.B, config cacheConfig, impl cacheImpl[string, int]) {
	key := residentKey[string]()
	before := heapInUse()
	c := impl.open(b, config)
	defer c.close()
	c.fill(config.max, key)
	grown := heapInUse() - before
	resident := float64(c.len())

	start := readGC()
	for b.Loop() {
		runtime.GC()
	}
	end := readGC()
	runtime.KeepAlive(c) // a cache without goroutines would be gone by now

	n := float64(b.N)
	b.ReportMetric(resident, "resident")
	b.ReportMetric(grown/resident, "B/entry")
	b.ReportMetric(0, "ns/op") // would repeat the next metric
	b.ReportMetric(b.Elapsed().Seconds()*1e3/n, "ms/GC")
	b.ReportMetric((end.mark-start.mark)*1e3/n, "mark-ms/GC")
	b.ReportMetric((end.pause-start.pause).Seconds()*1e6/n, "pause-µs/GC")
}

// heapInUse returns the bytes of the objects that are alive. The second
// collection frees what the first kept for finalizers and in a sync.Pool.
func heapInUse() float64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

type gcTimes struct {
	mark  float64 // seconds
	pause time.Duration
}

func readGC() gcTimes {
	mark := []metrics.Sample{
		{Name: "/cpu/classes/gc/mark/assist:cpu-seconds"},
		{Name: "/cpu/classes/gc/mark/dedicated:cpu-seconds"},
		{Name: "/cpu/classes/gc/mark/idle:cpu-seconds"},
	}
	metrics.Read(mark)
	var times gcTimes
	for _, sample := range mark {
		times.mark += sample.Value.Float64()
	}
	var stats debug.GCStats
	debug.ReadGCStats(&stats)
	times.pause = stats.PauseTotal
	return times
}
