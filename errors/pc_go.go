//go:build !gc || purego || !(amd64 || arm64)

package errors

import "runtime"

// returnPC returns the address that its caller will return to.
func returnPC() uintptr {
	var pcs [1]uintptr
	runtime.Callers(3, pcs[:]) // skips Callers, returnPC and its caller
	return pcs[0]
}
