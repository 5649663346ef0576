package buffer

import "sync"

// A Typed is a [sync.Pool] of values of type T, such as encoders or structs with
// slices in them. The zero Typed is ready to use. It hands out pointers, so that
// nothing is allocated to put one into an interface, and it must not be copied
// after first use. It is safe for concurrent use; idle values go to the garbage
// collector within two collections.
//
// The fields are to be set before first use. They are called without a lock, on
// the goroutine that calls Get or Put; a panic in them reaches it.
type Typed[T any] struct {
	// New returns a new value. Nil means new(T).
	New func() *T

	// Reset makes a value that is put back like a new one. It drops what
	// the value refers to and is to be cleared, and keeps what is to be
	// reused. Nil means that the value is kept as it is.
	Reset func(*T)

	// Keep reports whether a value that is put back, and not yet reset, is to
	// be kept, or has grown so large that it is better left to the garbage
	// collector. Nil means that all are.
	Keep func(*T) bool

	free sync.Pool // of *T
}

// Get returns a value that was put back, or else a new one.
func (p *Typed[T]) Get() *T {
	if v, ok := p.free.Get().(*T); ok {
		return v
	}
	if p.New != nil {
		return p.New()
	}
	return new(T)
}

// Put gives v back. It may not be used any more, and may be put back once only;
// unlike a Buffer, a T has no place to note that. Put panics if v is nil.
func (p *Typed[T]) Put(v *T) {
	if v == nil {
		panic("buffer: Put of nil")
	}
	if p.Keep != nil && !p.Keep(v) {
		return
	}
	if p.Reset != nil {
		p.Reset(v)
	}
	p.free.Put(v)
}
