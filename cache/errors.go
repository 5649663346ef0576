package cache

import (
	"errors"

	"github.com/goplinth/plinth/internal/panics"
)

// errNoLoader is returned by the loading methods when there is no function to
// load with.
var errNoLoader = errors.New("cache: no loader (nil func): set Options.Loader or pass one to GetOrLoadFunc")

// PanicError is returned by [Cache.GetOrLoad] when the loader panicked, or
// ended its goroutine. It keeps the value and the stack of the panic.
type PanicError = panics.Error
