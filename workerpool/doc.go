// Package workerpool runs many tasks on a few goroutines and loses none.
//
//	pool, err := workerpool.New(func(ctx context.Context, id int) error {
//		return resize(ctx, id)
//	}, workerpool.Options{Workers: 8, OnError: logFailure})
//	...
//	err = pool.Submit(ctx, 42) // waits while the queue is full
//	...
//	err = pool.Close(ctx)      // runs what was accepted, then returns
//
// # Choosing
//
//   - [Pool]: tasks of one type arrive over the life of a service.
//   - [Keyed]: as Pool, and tasks of the same key run one after the other.
//   - [ForEach] and [ForEachN]: run a function on every item of a sequence,
//     wait, and get one error.
//   - [Map] and [MapUnordered]: as ForEach, with a result for each item, in the
//     order of the input or as they come, while the input may be endless.
//   - [Batch]: collect items into slices by number and time, between two of those.
//   - [Group]: a handful of different functions that succeed or fail together.
//   - [Queue]: messages that are retried, delayed, ranked or given up, here by
//     [Memory], or in another process by an engine with the same interface.
//
// What Pool and ForEach cost for each task is some ten nanoseconds, of which a
// task of a microsecond notices nothing. For shorter ones ForEachN costs least,
// and a loop without any of this may be faster still.
//
// # Order
//
// Tasks are started in about the order in which they were accepted: a worker takes
// several short ones at a time, and others take from it what it has not started,
// so that a slow task never holds up those behind it. Options.Strict has them
// started in exactly that order, at a few times the cost. In no case are they
// bound to end in it. Those that wait in Submit are served in their order.
//
// # Overflow
//
// A queue is bounded. Options.OnFull says what Submit does when it is full: wait,
// return [ErrFull], drop a task, or run it on the caller's goroutine. A task that
// was dropped is reported to Options.OnError with ErrFull and counted in
// [Stats].
//
// # Ownership
//
// Nothing in this package outlives its owner. ForEach, and a loop over Map,
// return when every goroutine they started has ended; [Group.Wait] and
// [Pool.Close] wait for theirs. A Pool starts workers when tasks arrive, and lets
// those go that have had nothing to do for Options.IdleTimeout, so that a pool
// that is forgotten is garbage soon after its last task.
//
// A task that a Pool accepted, which is to say that Submit or TrySubmit
// returned nil, is run exactly once, or is listed in exactly one [DrainError], or
// was dropped as Options.OnFull says. A panic or a runtime.Goexit does not change
// that, and costs the pool none of its workers. A process that is killed loses
// what its pools hold: what must survive that belongs into a database or a broker.
//
// # Cancellation
//
// Every function gets a context and is expected to return soon after it ends;
// a goroutine cannot be stopped from outside. Close does not wait for one beyond
// its own context: it names the tasks that are stuck in DrainError.
//
// Once a context has ended nothing more is started under it, and what was left
// undone shows: as the cause of the context ([context.Cause]) in the error of
// Submit, Wait, ForEach, Map and Group, and as DrainError.Unrun from Close.
//
// The input of ForEach and Map is not interrupted either. One that waits for
// something, such as a channel, is to watch the same context and to return
// when it ends; until then ForEach, or a loop over Map that was left early,
// waits for its next item.
//
// # Panics
//
// A panic in a task is recovered on its goroutine and becomes a [*PanicError]
// with the stack of the panic, which then takes the way of that task's error:
// to Options.OnError, or into the result of ForEach, Map and Group. The same
// goes for a task that calls [runtime.Goexit], as testing.T.FailNow does. A
// Pool without OnError logs panics through [log/slog.Default].
//
// A panic in OnError is not recovered, since nobody is left to report it to. A
// panic in the input of ForEach or Map reaches the caller, after the goroutines
// have ended.
//
// # Deadlock
//
// A task that waits for its own pool can hold up the pool for ever: with all
// workers waiting for room in the queue, nothing makes room. Submit, Wait and
// Close return [ErrNested] instead of waiting when their context is that of a
// task of the same pool or derived from it. Pass the context on; with another
// one, such as context.Background, the deadlock cannot be seen and stays. For a
// task that makes tasks of the same kind, CallerRuns is the way out.
//
// A function in a Group with a limit is not to call Go on the same Group: Go
// takes no context that could tell, and waits for the functions that wait for it.
//
// # Retries
//
// A handler says with its error whether to try again: any error means yes,
// [Permanent] means no, and [RetryAfter] means not before a while. [Retry] wraps a
// handler so that this is heeded wherever the handler is used; a Queue heeds it by
// itself. [TaskInfo] tells a handler at which attempt it is.
//
// # Queues
//
// A [Queue] keeps a message until a handler has succeeded with it or it is given
// up, and has it wait for its next attempt, or for its time, without a worker.
// [Memory] is a Queue in this process, and ends with it. Package queuetest checks
// whether an implementation for a distributed engine keeps the laws of Queue.
package workerpool
