package validate

import (
	"bytes"
	"slices"
	"strconv"
)

// skip reads a value that is decoded into nothing.
func (d *jsonDecoder) skip() bool {
	_, ok := d.free(false)
	return ok
}

// free decodes a value as encoding/json does for an interface: into a
// map[string]any, []any, string, float64, bool or nil. Without keep, it makes
// none, and numbers may be of any size.
func (d *jsonDecoder) free(keep bool) (x any, ok bool) {
	d.space()
	switch d.peek() {
	case kindString:
		text, broken, ok := d.quoted()
		switch {
		case !ok:
			return nil, false
		case broken:
			return nil, d.refuse(brokenText)
		case keep:
			x = string(text)
		}
		return x, true
	case kindNumber:
		from := d.pos
		if _, ok := d.digits(); !ok || !keep {
			return nil, ok
		}
		n, err := strconv.ParseFloat(string(d.data[from:d.pos]), 64)
		if err != nil {
			return nil, d.refuse(outOfRange(anyNumber))
		}
		return n, true
	case kindBool:
		return d.data[d.pos] == 't', d.literal()
	case kindNull:
		return nil, d.literal()
	case kindList:
		return d.freeList(keep)
	case kindObject:
		return d.freeObject(keep)
	}
	return nil, d.syntax("a value is missing")
}

func (d *jsonDecoder) freeList(keep bool) (x any, ok bool) {
	if !d.enter() {
		return nil, false
	}
	list := []any{}
	for n := 0; d.next(']', n); n++ {
		d.push(jsonStep{kind: stepIndex, index: n})
		elem, ok := d.free(keep)
		if !ok {
			return nil, false
		}
		d.pop()
		if keep {
			list = append(list, elem)
		}
	}
	if !keep {
		return nil, d.leave(']')
	}
	return list, d.leave(']')
}

func (d *jsonDecoder) freeObject(keep bool) (x any, ok bool) {
	if !d.enter() {
		return nil, false
	}
	var members map[string]any
	if keep {
		members = make(map[string]any)
	}
	known := nameSet{from: len(d.names)}
	for n := 0; d.next('}', n); n++ {
		name, ok := d.name()
		if !ok {
			return nil, false
		}
		if name == nil {
			continue
		}
		d.push(jsonStep{kind: stepKey, name: name})
		elem, ok := d.free(keep)
		if !ok {
			return nil, false
		}
		again := false
		if keep {
			size := len(members)
			members[string(name)] = elem
			again = len(members) == size
		} else {
			again = d.noteName(&known, name)
		}
		if again && !d.refuse(duplicateName) {
			return nil, false
		}
		d.pop()
	}
	if !keep {
		d.names = d.names[:known.from]
		return nil, d.leave('}')
	}
	return members, d.leave('}')
}

// A nameSet has the names in one object: those in jsonDecoder.names from an
// index on, or once they are many, those in a map.
type nameSet struct {
	from int
	many map[string]struct{}
}

// noteName adds name to known, and reports whether it was in it.
func (d *jsonDecoder) noteName(known *nameSet, name []byte) bool {
	if known.many != nil {
		size := len(known.many)
		known.many[string(name)] = struct{}{}
		return len(known.many) == size
	}
	few := d.names[known.from:]
	if slices.ContainsFunc(few, func(n []byte) bool { return bytes.Equal(n, name) }) {
		return true
	}
	if len(few) < 16 {
		d.names = append(d.names, name)
		return false
	}
	known.many = map[string]struct{}{string(name): {}}
	for _, n := range few {
		known.many[string(n)] = struct{}{}
	}
	d.names = d.names[:known.from]
	return false
}
