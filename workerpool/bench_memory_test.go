package workerpool_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/goplinth/plinth/workerpool"
)

// BenchmarkMemory measures the price of the queue itself, from Publish to the end
// of Wait: the handler does nothing.
func BenchmarkMemory(b *testing.B) {
	for _, workers := range []int{1, 100} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			q, err := workerpool.NewMemory[int](workerpool.QueueOptions{Workers: workers})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error)
			go func() { ended <- q.Run(ctx, func(context.Context, int) error { return nil }) }()
			b.ReportAllocs()
			for b.Loop() {
				q.Publish(ctx, 1)
			}
			q.Wait(ctx)
			cancel()
			<-ended
		})
	}
}

// BenchmarkMemoryPublish measures Publish while nobody runs what is published.
func BenchmarkMemoryPublish(b *testing.B) {
	const messages = 1000
	b.Run(fmt.Sprintf("messages=%d", messages), func(b *testing.B) {
		ctx := context.Background()
		b.ReportAllocs()
		for b.Loop() {
			q, err := workerpool.NewMemory[int](workerpool.QueueOptions{})
			if err != nil {
				b.Fatal(err)
			}
			for i := range messages {
				q.Publish(ctx, i)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(messages*b.N), "ns/message")
	})
}
