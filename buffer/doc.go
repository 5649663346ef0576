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
// # Ownership
//
// A [Buffer] belongs to whoever got it until Release. After that neither the
// Buffer nor a slice from Bytes may be touched: the next owner is writing
// there. String copies, and [Buffer.Take] moves the bytes out of the pool, so
// both outlive the Buffer. Releasing a Buffer twice panics; forgetting to
// release one costs an allocation later and leaks nothing.
//
// # Sizes
//
// Buffers are kept by size class, powers of two from [Options].MinSize to
// MaxSize, each class in a sync.Pool of its own. A request gets the smallest
// class that holds it, so a few giants do not end up behind every small
// request, and what is larger than MaxSize goes to the garbage collector. Idle
// buffers go there too, within two collections.
//
// # When not to use it
//
// A buffer of a few hundred bytes that does not escape is cheaper on the
// stack. Pools pay off where allocation shows in a profile.
package buffer
