package bench

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
)

// bufferSizes returns one size, or for "mixed" those of requests of which one
// in two hundred is a giant.
func bufferSizes(kind string) []int {
	sizes := make([]int, 1<<12)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range sizes {
		switch {
		case kind != "mixed":
			fmt.Sscan(kind, &sizes[i])
		case rng.IntN(200) == 0:
			sizes[i] = 1 << 20
		default:
			sizes[i] = 64 << rng.IntN(8)
		}
	}
	return sizes
}

var bufferPayload = make([]byte, 1<<20)

// warmUp runs impl until a pool that adapts to the sizes it sees has done so:
// bytebufferpool does after 42,000 buffers of about the same size.
func warmUp(impl bufferImpl, kind string, sizes []int) {
	if kind != "mixed" {
		return
	}
	for i := range 400_000 {
		impl.cycle(bufferPayload[:sizes[i%len(sizes)]], nil)
	}
}

// BenchmarkBufferCycle gets a buffer, writes to it and gives it back.
func BenchmarkBufferCycle(b *testing.B) {
	for _, kind := range []string{"64", "1024", "65536", "1048576", "mixed"} {
		sizes := bufferSizes(kind)
		for _, impl := range bufferImpls() {
			b.Run("size="+kind+"/impl="+impl.name, func(b *testing.B) {
				warmUp(impl, kind, sizes)
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					impl.cycle(bufferPayload[:sizes[i%len(sizes)]], nil)
				}
			})
		}
	}
}

// BenchmarkBufferTouch gets a buffer by size, touches its pages and gives it
// back. BenchmarkBufferCycle copies the contents too, which for giants takes
// longer than all else.
func BenchmarkBufferTouch(b *testing.B) {
	for _, kind := range []string{"1024", "65536", "mixed"} {
		sizes := bufferSizes(kind)
		for _, impl := range bufferImpls() {
			if impl.touch == nil {
				continue
			}
			b.Run("size="+kind+"/impl="+impl.name, func(b *testing.B) {
				warmUp(impl, kind, sizes)
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					impl.touch(sizes[i%len(sizes)])
				}
			})
		}
	}
}

// BenchmarkBufferParallel is BenchmarkBufferCycle on all processors.
func BenchmarkBufferParallel(b *testing.B) {
	for _, kind := range []string{"1024", "mixed"} {
		sizes := bufferSizes(kind)
		for _, impl := range bufferImpls() {
			b.Run("size="+kind+"/impl="+impl.name, func(b *testing.B) {
				warmUp(impl, kind, sizes)
				b.ReportAllocs()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for i := rand.IntN(len(sizes)); pb.Next(); i++ {
						impl.cycle(bufferPayload[:sizes[i%len(sizes)]], nil)
					}
				})
			})
		}
	}
}

// BenchmarkBufferGrow writes small pieces to a buffer that was told no size, as
// an encoder does.
func BenchmarkBufferGrow(b *testing.B) {
	const piece = 64
	for _, size := range []int{256, 4 << 10, 64 << 10} {
		for _, impl := range bufferImpls() {
			if impl.grow == nil {
				continue
			}
			b.Run(fmt.Sprintf("size=%d/impl=%s", size, impl.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					impl.grow(bufferPayload[:piece], size/piece)
				}
			})
		}
	}
}

// BenchmarkBufferRetained has 64 goroutines write 64 bytes to 8 KiB, and a
// mebibyte in one case of a thousand. Each lets the others run while it has its
// buffer, as a handler does that waits for its client. It reports
//
//   - retained-MB: what the pool holds afterwards, beyond one collection;
//   - allocated-MB: what was allocated meanwhile.
//
// With -benchtime=1x, as in a smoke run, both are right too: an operation is all
// that the goroutines do.
func BenchmarkBufferRetained(b *testing.B) {
	const (
		goroutines = 64
		cycles     = 1500
		giant      = 1 << 20
	)
	for i, impl := range bufferImpls() {
		b.Run("impl="+impl.name, func(b *testing.B) {
			var retained, allocated float64
			for b.Loop() {
				b.StopTimer()
				impl := bufferImpls()[i] // with an empty pool
				collect(2)
				before := memory()
				b.StartTimer()
				var wg sync.WaitGroup
				for g := range goroutines {
					wg.Go(func() {
						rng := rand.New(rand.NewPCG(uint64(g), 1))
						for range cycles {
							size := 64 << rng.IntN(8)
							if rng.IntN(1000) == 0 {
								size = giant
							}
							impl.cycle(bufferPayload[:size], runtime.Gosched)
						}
					})
				}
				wg.Wait()
				b.StopTimer()
				after := memory()
				collect(1)
				retained += float64(memory().HeapAlloc) - float64(before.HeapAlloc)
				allocated += float64(after.TotalAlloc - before.TotalAlloc)
				runtime.KeepAlive(impl)
				b.StartTimer()
			}
			b.ReportMetric(retained/float64(b.N)/1e6, "retained-MB")
			b.ReportMetric(allocated/float64(b.N)/1e6, "allocated-MB")
		})
	}
}

func collect(times int) {
	for range times {
		runtime.GC()
	}
}

func memory() (m runtime.MemStats) {
	runtime.ReadMemStats(&m)
	return m
}
