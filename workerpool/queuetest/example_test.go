package queuetest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/goplinth/plinth/workerpool"
	"github.com/goplinth/plinth/workerpool/queuetest"
)

func ExampleLaws() {
	for _, law := range queuetest.Laws() {
		q, err := workerpool.NewMemory[string](workerpool.QueueOptions{
			Workers: 2,
			Retry:   workerpool.RetryPolicy{Attempts: 2, MaxDelay: time.Millisecond},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		if law.Name == "publish with an ended context" {
			fmt.Println(law.Name, law.Check(context.Background(), queuetest.Harness{
				Queue: q, Workers: 2, Attempts: 2, Redelivery: 10 * time.Millisecond,
			}))
		}
	}
	// Output: publish with an ended context <nil>
}
