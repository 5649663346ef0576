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
//   - [ForEach] and [ForEachN]: run a function on every item of a sequence,
//     wait, and get one error.
//   - [Map]: as ForEach, with a result for each item, in the order of the
//     input, while the input may be endless.
//   - [Group]: a handful of different functions that succeed or fail together.
//
// A task below about a microsecond costs less than handing it to another
// goroutine. Make such tasks larger, for example by giving each a slice.
//
// # Ownership
//
// Nothing in this package outlives its owner. ForEach, and a loop over Map,
// return when every goroutine they started has ended; [Group.Wait] and
// [Pool.Close] wait for theirs. A Pool starts workers when tasks arrive and
// lets them go when the queue is empty, so an idle Pool owns no goroutine and
// one that is forgotten is garbage.
//
// A task that a Pool accepted, which is to say that Submit or TrySubmit
// returned nil, either is run exactly once or is listed in exactly one
// [DrainError]. A panic or a runtime.Goexit does not change that, and costs the
// pool none of its workers.
//
// # Cancellation
//
// Every function gets a context and is expected to return soon after it ends;
// a goroutine cannot be stopped from outside. Once a context has ended nothing
// more is started under it, and what was left undone shows: as the cause of
// the context ([context.Cause]) in the error of Submit, Wait, ForEach, Map and
// Group, and as DrainError.Unrun from Close.
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
// one, such as context.Background, the deadlock cannot be seen and stays.
//
// A function in a Group with a limit is not to call Go on the same Group: Go
// takes no context that could tell, and waits for the functions that wait for it.
package workerpool
