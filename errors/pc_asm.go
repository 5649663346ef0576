//go:build gc && !purego && (amd64 || arm64)

package errors

// returnPC returns the address that its caller will return to, which is what
// runtime.Callers(2, ...) would return in the caller's first slot. The caller
// must be marked go:noinline, or the address is that of another function's
// caller; and it must have a frame, as every function has that allocates.
//
// The assembly depends on one thing only: the frame pointer of a Go function
// points to the saved one of its caller, with the return address right above.
// That is where profilers look for it on these two architectures. Nothing
// further up is read, so there is no frame to get wrong.
func returnPC() uintptr
