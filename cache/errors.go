package cache

import (
	"errors"

	"github.com/goplinth/plinth/internal/panics"
)

var (
	// ErrNotFound is returned by a loader to say that there is nothing for a
	// key, and then by GetOrLoad, which remembers it for Options.NegativeTTL.
	ErrNotFound = errors.New("cache: not found")

	// ErrClosed is returned when a key would have to be loaded after Close.
	ErrClosed = errors.New("cache: closed")

	// ErrFormat is returned by Load, with a text that says what is wrong and
	// where, when what it reads is not all that Save has written, byte for
	// byte, of a cache of the same types.
	ErrFormat = errors.New("cache: not a file that Load can read")
)

// errNoLoader is returned by the loading methods when there is no function to
// load with.
var errNoLoader = errors.New("cache: no loader (nil func): set Options.Loader or pass one to GetOrLoadFunc")

// PanicError is returned by [Cache.GetOrLoad] when the loader panicked, or
// ended its goroutine. It keeps the value and the stack of the panic.
type PanicError = panics.Error
