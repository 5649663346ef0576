package errors

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync/atomic"
)

// WithStack returns an error with the message of err that unwraps to err and
// carries the stack of the caller, up to 32 frames of it. If there is a stack in
// err's tree already, by WithStack, [Recover] or another package, WithStack
// returns err: the stack that is nearest to the cause says most. It returns nil
// if err is nil.
//
// Use it where the places of [Wrap] do not tell how the program got there, as
// at the bottom of a recursion. It costs about a microsecond and one allocation;
// errors from the same place share the memory of their stack.
//
// Stacks of other packages are those behind a method StackTrace, Callers or
// StackFrames that returns a slice of program counters.
func WithStack(err error) error {
	if err == nil || hasStack(err) {
		return err
	}
	var pcs [maxFrames]uintptr
	n := runtime.Callers(2, pcs[:]) // skips Callers and WithStack
	return newStacked(err, pcs[:n])
}

// maxFrames bounds a stack. The frames that are cut off are the outermost,
// which tell least.
const maxFrames = 32

// stacked is a hop with a stack, whose first frame is the place of the hop.
type stacked struct {
	wrapped
	stack *stack
}

func newStacked(err error, pcs []uintptr) *stacked {
	s := &stacked{wrapped{cause: err}, intern(pcs)}
	if len(pcs) > 0 {
		s.pc = pcs[0]
	}
	return s
}

// StackTrace returns the program counters of the stack, as runtime.Callers does.
func (s *stacked) StackTrace() []uintptr { return slices.Clone(s.stack.pcs) }

// Format prints as the package comment says.
func (s *stacked) Format(st fmt.State, verb rune) { format(st, verb, s) }

// stack is the stack of any number of errors. It is immutable.
type stack struct{ pcs []uintptr }

// stacks remembers stacks by the hash of their program counters, so that an
// error that happens a million times keeps one. It is bounded: where four
// slots in a row are taken, a new stack takes the place of one of them, and
// the errors that have that keep it.
var stacks [1024]atomic.Pointer[stack]

const ways = 4

func intern(pcs []uintptr) *stack {
	var h uint64
	for _, pc := range pcs {
		// The multiplier is that of splitmix64; the shift brings the high bits,
		// in which all of pc has a part, down to where the next one counts.
		h = (h ^ uint64(pc)) * 0x9e3779b97f4a7c15
		h ^= h >> 32
	}
	var s *stack
	for way := range uint64(ways) {
		slot := &stacks[(h+way)%uint64(len(stacks))]
		known := slot.Load()
		if known == nil {
			if s == nil {
				s = &stack{slices.Clone(pcs)}
			}
			if slot.CompareAndSwap(nil, s) {
				return s
			}
			known = slot.Load() // somebody's, perhaps the same stack
		}
		if slices.Equal(known.pcs, pcs) {
			return known
		}
	}
	if s == nil {
		s = &stack{slices.Clone(pcs)}
	}
	stacks[(h+h>>62)%uint64(len(stacks))].Store(s)
	return s
}

// hasStack reports whether there is a stack in err's tree.
func hasStack(err error) bool {
	for e := range All(err) {
		if _, ok := e.(*stacked); ok {
			return true
		}
		if _, ok := foreignStack(e); ok {
			return true
		}
	}
	return false
}

// stackOf returns the program counters of the stack that err itself carries,
// or nil.
func stackOf(err error) []uintptr {
	if s, ok := err.(*stacked); ok {
		return s.stack.pcs
	}
	m, ok := foreignStack(err)
	if !ok {
		return nil
	}
	v := m.Call(nil)[0]
	if v.Len() == 0 {
		return nil
	}
	pcs := make([]uintptr, v.Len())
	for i := range pcs {
		pcs[i] = uintptr(v.Index(i).Uint())
	}
	return pcs
}

// foreignStack returns the method of an error of another package that returns
// its stack. It takes reflection, because the slices have types of those
// packages. The names are constants, one by one, since otherwise the linker
// would have to keep every method of every type in the program.
func foreignStack(err error) (reflect.Value, bool) {
	if isHop(err) {
		return reflect.Value{}, false // its StackTrace would ask here
	}
	v := reflect.ValueOf(err)
	if v.NumMethod() < 2 || v.Kind() == reflect.Pointer && v.IsNil() {
		return reflect.Value{}, false
	}
	m := v.MethodByName("StackTrace") // github.com/pkg/errors and its heirs
	if !m.IsValid() {
		m = v.MethodByName("Callers") // github.com/go-errors/errors
	}
	if !m.IsValid() {
		m = v.MethodByName("StackFrames") // github.com/rotisserie/eris
	}
	if !m.IsValid() {
		return reflect.Value{}, false
	}
	t := m.Type()
	ok := t.NumIn() == 0 && t.NumOut() == 1 && t.Out(0).Kind() == reflect.Slice && t.Out(0).Elem().Kind() == reflect.Uintptr
	return m, ok
}
