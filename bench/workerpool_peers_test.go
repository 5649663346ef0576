package bench

import (
	"context"
	"sync"
	"testing"

	"github.com/alitto/pond/v2"
	gammazero "github.com/gammazero/workerpool"
	"github.com/goplinth/plinth/workerpool"
	"github.com/panjf2000/ants/v2"
	conc "github.com/sourcegraph/conc/pool"
	"golang.org/x/sync/errgroup"
)

// poolConfig is what all pools are told alike.
type poolConfig struct {
	// workers is the greatest number of tasks that run at the same time.
	workers int

	// hoisted lets a pool that takes func() be given the same function for
	// each task, made once, with hoistedArg as its argument. Otherwise each
	// task has an argument of its own, which must travel to it: in a closure,
	// made for each task, or as a value where the pool takes values. A pool
	// that takes values does the same work either way.
	hoisted bool
}

const hoistedArg = 1

// submitter returns the submit of a pool whose method for func() is run.
func (c poolConfig) submitter(task func(int), run func(func())) func(int) {
	if c.hoisted {
		same := func() { task(hoistedArg) }
		return func(int) { run(same) }
	}
	return func(v int) { run(func() { task(v) }) }
}

// poolClient is a pool as the benchmarks see it. Each submit goes through one
// function value, or two where the pool takes func(), at one or two nanoseconds
// each.
type poolClient struct {
	// submit hands over task(v). It may wait until there is room or a free
	// worker, and many goroutines may call it.
	submit func(v int)

	// close returns when all tasks have ended, and with them the goroutines
	// of the pool. It comes after the last submit.
	close func()
}

// A poolImpl opens a pool whose every task is a call of task.
type poolImpl struct {
	name string
	open func(tb testing.TB, config poolConfig, task func(int)) poolClient
}

var poolImpls = []poolImpl{
	{"plinth", openPool(workerpool.Options{})},
	// It starts the tasks in the order in which they were submitted.
	{"plinth-strict", openPool(workerpool.Options{Strict: true})},
	{"ants", openAnts},
	{"pond", openPond},
	{"conc", openConc},
	{"errgroup", openErrgroup},
	{"gammazero", openGammazero},
	{"chan", openChan},
	{"goroutine", openGoroutine},
}

// openPool leaves the queue at its default of 1024 tasks.
func openPool(o workerpool.Options) func(testing.TB, poolConfig, func(int)) poolClient {
	return func(tb testing.TB, config poolConfig, task func(int)) poolClient {
		o := o
		o.Workers = config.workers
		p, err := workerpool.New(func(_ context.Context, v int) error {
			task(v)
			return nil
		}, o)
		if err != nil {
			tb.Fatal(err)
		}
		ctx := context.Background()
		return poolClient{
			submit: func(v int) { report(tb, p.Submit(ctx, v)) },
			close:  func() { report(tb, p.Close(ctx)) },
		}
	}
}

// openAnts uses the pool for one function of a typed argument, which needs no
// closure, and the ring that the README has for large pools of long tasks. It
// is a little faster for short ones too. ReleaseContext waits for all workers,
// which spares the tasks the sync.WaitGroup of the README.
//
// A MultiPool, which is several pools of a part of the workers each, is faster
// with trivial tasks, but it is not the same thing: a task may wait in one of
// its pools while workers in another are idle.
func openAnts(tb testing.TB, config poolConfig, task func(int)) poolClient {
	p, err := ants.NewPoolWithFuncGeneric(config.workers, task, ants.WithPreAlloc(true))
	if err != nil {
		tb.Fatal(err)
	}
	return poolClient{
		submit: func(v int) { report(tb, p.Invoke(v)) },
		close:  func() { report(tb, p.ReleaseContext(context.Background())) },
	}
}

// openPond uses Go, which is its cheapest way: Submit makes a future for each
// task. The queue is unbounded, as is its default and as in all but one of the
// README's examples, so submitting never waits.
func openPond(tb testing.TB, config poolConfig, task func(int)) poolClient {
	p := pond.NewPool(config.workers)
	return poolClient{
		submit: config.submitter(task, func(f func()) { report(tb, p.Go(f)) }),
		close:  p.StopAndWait,
	}
}

// openConc has nothing to tune. It has no queue: Go waits for a worker.
func openConc(_ testing.TB, config poolConfig, task func(int)) poolClient {
	p := conc.New().WithMaxGoroutines(config.workers)
	return poolClient{submit: config.submitter(task, p.Go), close: p.Wait}
}

// openErrgroup has no queue either, and starts a goroutine for each task.
func openErrgroup(tb testing.TB, config poolConfig, task func(int)) poolClient {
	var g errgroup.Group
	g.SetLimit(config.workers)
	submit := func(v int) {
		g.Go(func() error {
			task(v)
			return nil
		})
	}
	if config.hoisted {
		same := func() error {
			task(hoistedArg)
			return nil
		}
		submit = func(int) { g.Go(same) }
	}
	return poolClient{submit: submit, close: func() { report(tb, g.Wait()) }}
}

// openGammazero has nothing to tune but the time after which idle workers end.
// Its queue is unbounded.
func openGammazero(tb testing.TB, config poolConfig, task func(int)) poolClient {
	p := gammazero.New(config.workers)
	return poolClient{
		submit: config.submitter(task, func(f func()) { report(tb, p.Do(f)) }),
		close:  p.StopWait,
	}
}

// openChan is what a program has that uses no library: workers that range over
// a channel, with the buffer that is the default of plinth's queue.
func openChan(_ testing.TB, config poolConfig, task func(int)) poolClient {
	tasks := make(chan int, 1024)
	var workers sync.WaitGroup
	for range config.workers {
		workers.Go(func() {
			for v := range tasks {
				task(v)
			}
		})
	}
	return poolClient{
		submit: func(v int) { tasks <- v },
		close: func() {
			close(tasks)
			workers.Wait()
		},
	}
}

// openGoroutine is no pool: it has no limit, and a goroutine for each task.
func openGoroutine(_ testing.TB, config poolConfig, task func(int)) poolClient {
	var tasks sync.WaitGroup
	return poolClient{submit: config.submitter(task, tasks.Go), close: tasks.Wait}
}

// report makes tb fail if err is not nil. Unlike Fatal it may be called by any
// goroutine.
func report(tb testing.TB, err error) {
	if err != nil {
		tb.Error(err)
	}
}

// floodConfig is what is done to a pool.
type floodConfig struct {
	poolConfig
	tasks     int // which get the arguments from 0 to tasks-1, unless hoisted
	producers int // goroutines that submit, each a part of the tasks

	// submitted, if not nil, is called when all tasks have been submitted,
	// while the pool is still open.
	submitted func()
}

// A poolFlood opens a pool, runs tasks in it, closes it, and returns when all
// tasks have ended.
type poolFlood struct {
	name string
	run  func(tb testing.TB, config floodConfig, task func(int))
}

// poolFloods returns the pools that can be flooded by so many producers.
func poolFloods(producers int) []poolFlood {
	var floods []poolFlood
	for _, impl := range poolImpls {
		floods = append(floods, poolFlood{impl.name, impl.flood})
	}
	if producers == 1 {
		// It knows all tasks beforehand and has no producer: the nearest is a
		// pool with one.
		floods = append(floods, poolFlood{"plinth-foreachn", floodForEachN})
	}
	return floods
}

func (impl poolImpl) flood(tb testing.TB, config floodConfig, task func(int)) {
	p := impl.open(tb, config.poolConfig, task)
	defer p.close()
	produce := func(producer int) {
		end := config.tasks * (producer + 1) / config.producers
		for v := config.tasks * producer / config.producers; v < end; v++ {
			p.submit(v)
		}
	}
	if config.producers == 1 {
		produce(0)
	} else {
		var wg sync.WaitGroup
		for producer := range config.producers {
			wg.Go(func() { produce(producer) })
		}
		wg.Wait()
	}
	if config.submitted != nil {
		config.submitted()
	}
}

func floodForEachN(tb testing.TB, config floodConfig, task func(int)) {
	handler := func(_ context.Context, i int) error {
		task(i)
		return nil
	}
	o := workerpool.Options{Workers: config.workers}
	report(tb, workerpool.ForEachN(context.Background(), config.tasks, handler, o))
	if config.submitted != nil {
		config.submitted()
	}
}
