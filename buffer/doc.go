// Package buffer hands out byte buffers from pools and takes them back, so
// that a program that needs one for every request allocates almost none.
//
//	b := buffer.Empty(0)
//	defer b.Release()
//	if err := json.NewEncoder(b).Encode(v); err != nil {
//		return err
//	}
//	_, err := b.WriteTo(w)
//
// # Choosing
//
//   - [Get]: a buffer of a known length, to read into.
//   - [Empty]: one to write to, which grows.
//   - [ReadAll]: a whole body, within a limit.
//   - [Copy]: io.Copy without its allocation.
//   - [Typed]: values that are not bytes.
//   - [NewPool]: other sizes, memory that is cleared, debug mode.
//
// # Ownership
//
// A [Buffer] belongs to whoever got it until Release. After that neither the
// Buffer nor a slice from Bytes may be touched: the next owner is writing
// there. String copies, and [Buffer.Take] moves the bytes out of the pool, so
// both outlive the Buffer. A write that finds no room moves the contents, after
// which slices from before are as invalid as after Release.
//
// Releasing a Buffer twice panics, and so does using it after Release, as long
// as it has no new owner; debug mode finds the rest. Forgetting to release a
// Buffer costs an allocation later and leaks nothing.
//
// # Sizes
//
// Buffers are kept by size class, powers of two from [Options].MinSize to
// MaxSize, each class in a sync.Pool of its own. A request gets the smallest
// class that holds it, and a Buffer that grows takes memory of the class it grew
// to and gives back its old memory, so a few giants do not end up behind every
// small request. At most half of a Buffer's memory is unused for that reason.
//
// What is larger than MaxSize goes to the garbage collector. Idle buffers go
// there too, within two collections, so that a class keeps no more than was in
// use at the same time between two of them.
//
// # Input
//
// ReadAll, [Buffer.ReadFrom] and Copy expect the worst of a reader. One that is
// longer than the limit ends in [ErrTooLarge]; one that declares a length gets no
// more memory for it than 64 KiB, and four times what has arrived after that; one
// that returns nothing for ever ends in [io.ErrNoProgress]; one that returns a
// count that cannot be gets an error. Data that comes with an error is kept.
//
// # Debug mode
//
// In a test, call [Check] first, or [Pool.Check] for a Pool of your own. Until
// the test ends no memory is reused. Released memory is overwritten and watched,
// so that a write through an old slice shows, and a Buffer that nobody released
// is reported with the line that got it. Every use of a Buffer after Release
// panics, however much later.
//
// Options.Debug turns the same on for a whole program. What is found out late is
// logged through [log/slog.Default] there, including Buffers that became garbage
// without a Release. The watch over released memory ends with some thousand
// Buffers, or 64 MiB, that were released later.
//
// # When not to use it
//
// A buffer of a few hundred bytes that does not escape is cheaper on the stack:
// an array of 64 bytes is filled in 5 ns, one of 512 in 15 ns, where a Buffer takes
// 20 ns for either. Bytes that are kept have to be allocated in any case. And one
// buffer that is used again and again by one goroutine needs no pool. A pool pays
// off for buffers that would escape, where allocation shows in a profile.
// BenchmarkBufferSmall in bench compares the three.
package buffer
