package errors

import "reflect"

// PC returns an address within itself.
func PC() uintptr { return reflect.ValueOf(PC).Pointer() }

// Intern returns the program counters that are kept for pcs.
func Intern(pcs []uintptr) []uintptr { return intern(pcs).pcs }

// StatusText is exported to be held against net/http.
var StatusText = statusText

// MaxEncoded and MaxDepth bound what Encode writes.
const (
	MaxEncoded = maxEncoded
	MaxDepth   = maxDepth
)

// Hop is of the type whose size Wrap allocates.
var Hop *wrapped
