// Package plinth is a shelf of backend primitives: seven independent packages
// that stand between the standard library and a service. It has no API of its
// own; import the package you need.
//
//	I need to ...                                             import
//	keep hot values in memory, loading each missing one once   [github.com/goplinth/plinth/cache]
//	run many tasks on a few goroutines and lose none           [github.com/goplinth/plinth/workerpool]
//	get many URLs, with limits, retries and typed results      [github.com/goplinth/plinth/fetch]
//	check a struct and say which field is wrong                [github.com/goplinth/plinth/validate]
//	wrap errors with a trace, a kind and attributes            [github.com/goplinth/plinth/errors]
//	reuse byte buffers instead of allocating them              [github.com/goplinth/plinth/buffer]
//	add up numbers without silent overflow                     [github.com/goplinth/plinth/num]
//
// The packages do not import each other, except that fetch uses workerpool and
// buffer, and none of them depends on a module outside the standard library,
// except that num uses golang.org/x/exp/constraints.
package plinth
