package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/goplinth/plinth/workerpool"
	"github.com/panjf2000/ants/v2"
)

const poolWorkers = 1000

// BenchmarkPoolSubmit hands one trivial task after another to a thousand
// workers and waits for all of them in the end.
func BenchmarkPoolSubmit(b *testing.B) {
	ctx := context.Background()
	b.Run("impl=plinth", func(b *testing.B) {
		var sum atomic.Int64
		p, err := workerpool.New(func(_ context.Context, v int64) error {
			sum.Add(v)
			return nil
		}, workerpool.Options{Workers: poolWorkers})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := p.Submit(ctx, 1); err != nil {
				b.Fatal(err)
			}
		}
		if err := p.Close(ctx); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("impl=ants", func(b *testing.B) {
		var sum atomic.Int64
		var wg sync.WaitGroup
		p, err := ants.NewPoolWithFuncGeneric(poolWorkers, func(v int64) {
			sum.Add(v)
			wg.Done()
		})
		if err != nil {
			b.Fatal(err)
		}
		defer p.Release()
		b.ReportAllocs()
		for b.Loop() {
			wg.Add(1)
			if err := p.Invoke(1); err != nil {
				b.Fatal(err)
			}
		}
		wg.Wait()
	})
}
