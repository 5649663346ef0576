package workerpool_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/goplinth/plinth/workerpool"
)

// BenchmarkSubmit measures the price of the pool itself: the task does nothing.
func BenchmarkSubmit(b *testing.B) {
	for _, workers := range []int{1, 4, 100} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			p, err := workerpool.New(func(context.Context, int) error { return nil }, workerpool.Options{Workers: workers})
			if err != nil {
				b.Fatal(err)
			}
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				p.Submit(ctx, 1)
			}
			p.Close(ctx)
		})
	}
}

func BenchmarkForEachN(b *testing.B) {
	for _, workers := range []int{1, 4} {
		b.Run(fmt.Sprintf("workers=%d/items=1000", workers), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				workerpool.ForEachN(context.Background(), 1000, func(context.Context, int) error { return nil }, workerpool.Options{Workers: workers})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(1000*b.N), "ns/item")
		})
	}
}

func BenchmarkMap(b *testing.B) {
	for _, workers := range []int{1, 4} {
		b.Run(fmt.Sprintf("workers=%d/items=1000", workers), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for range workerpool.Map(context.Background(), numbers(1000), double, workerpool.Options{Workers: workers}) {
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(1000*b.N), "ns/item")
		})
	}
}
