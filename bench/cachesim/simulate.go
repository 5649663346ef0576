package main

import (
	"context"
	"fmt"

	"github.com/goplinth/plinth/workerpool"
)

// A cell is the outcome of one policy of one size on one trace.
type cell struct {
	trace    string
	recorded bool
	requests int
	unique   int
	size     int
	policy   string
	role     role
	hits     int
	over     int // most entries that were held beyond size
}

// ratio returns the share of the requests that were hits, in percent.
func (c cell) ratio() float64 { return 100 * float64(c.hits) / float64(c.requests) }

// compare tries every policy in each size on t, in that order of the cells.
func compare(ctx context.Context, t *trace, sizes []int, policies []contender, parallel int) ([]cell, error) {
	cells := make([]cell, len(sizes)*len(policies))
	err := workerpool.ForEachN(ctx, len(cells), func(ctx context.Context, i int) error {
		size, contender := sizes[i/len(policies)], policies[i%len(policies)]
		p, err := contender.build(size, t)
		if err != nil {
			return fmt.Errorf("cachesim: %s of %d entries: %w", contender.name, size, err)
		}
		defer p.Close()
		hits, over, err := simulate(ctx, p, t.keys, size)
		if err != nil {
			return err
		}
		cells[i] = cell{
			trace: t.name, recorded: t.recorded, requests: len(t.keys), unique: t.unique,
			size: size, policy: contender.name, role: contender.role,
			hits: hits, over: over,
		}
		return nil
	}, workerpool.Options{Workers: parallel})
	return cells, err
}

// checkEvery is the number of requests between two looks at Len, which some
// policies have to add up. It is prime, so as not to keep step with a loop.
const checkEvery = 61

// simulate asks p for all keys, as a program does that sets what it missed. It
// returns the number of hits and by how many entries p was beyond size at most.
func simulate(ctx context.Context, p policy, keys []uint64, size int) (hits, over int, err error) {
	for i, key := range keys {
		if p.Get(key) {
			hits++
		} else {
			p.Set(key)
		}
		if i%checkEvery == 0 {
			over = max(over, p.Len()-size)
			if err := context.Cause(ctx); err != nil {
				return 0, 0, err
			}
		}
	}
	return hits, max(over, p.Len()-size), nil
}
