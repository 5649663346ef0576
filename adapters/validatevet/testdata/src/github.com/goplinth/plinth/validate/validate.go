// Package validate stands for the real one, which the tests of analyzers cannot
// import.
package validate

import "context"

type TagRule struct{}

func Tag[V any](name string, compile func(param string) (func(V) bool, error)) TagRule {
	return TagRule{}
}

func TagCtx[V any](name string, compile func(param string) (func(context.Context, V) (bool, error), error)) TagRule {
	return TagRule{}
}
