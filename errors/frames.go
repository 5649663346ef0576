package errors

import (
	"iter"
	"runtime"
	"slices"
)

// Frames returns an iterator over the trace of err, innermost first, as
// [runtime.Frames] yields a stack. It is the stack, if there is one in err's
// tree; otherwise it is the place of every hop that this package made, which is
// the way that the error took back. The sequence is empty if err is nil, or has
// neither.
//
// Functions, files and lines are looked up while the loop runs, at some 200 ns
// for each.
func Frames(err error) iter.Seq[runtime.Frame] {
	return func(yield func(runtime.Frame) bool) {
		pcs, isStack := trace(err)
		size := 1
		if isStack {
			size = max(1, len(pcs))
		}
		// Given the places of a way back as if they were one stack, CallersFrames
		// would insert the functions that a place is inlined into.
		for pcs := range slices.Chunk(pcs, size) {
			frames := runtime.CallersFrames(pcs)
			for more := true; more; {
				var frame runtime.Frame
				frame, more = frames.Next()
				if frame.PC != 0 && !yield(frame) {
					return
				}
			}
		}
	}
}

// trace returns the program counters behind Frames, and whether they are a stack.
func trace(err error) (pcs []uintptr, isStack bool) {
	for e := range All(err) {
		if full := stackOf(e); full != nil {
			return slices.Clone(full), true
		}
		if pc := placeOf(e); pc != 0 {
			pcs = append(pcs, pc)
		}
	}
	slices.Reverse(pcs)
	return pcs, false
}

// stackTrace returns the program counters alone, for methods StackTrace.
func stackTrace(err error) []uintptr {
	pcs, _ := trace(err)
	return pcs
}

// placeOf returns where err itself was made by this package, or 0.
func placeOf(err error) uintptr {
	switch e := err.(type) {
	case *formatted:
		return e.pc
	case *formattedMany:
		return e.pc
	}
	if w := hopOf(err); w != nil {
		return w.pc
	}
	return 0
}

// isHop reports whether err is of a type of this package that records a place.
func isHop(err error) bool {
	switch err.(type) {
	case *formatted, *formattedMany:
		return true
	}
	return hopOf(err) != nil
}
