package cache

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"time"

	"github.com/goplinth/plinth/internal/panics"
)

// Save writes the entries to w for [Cache.Load] to read, the hottest first: with
// each its deadline, when it is to be refreshed, and what the cache knows of its
// use. What has expired and what is known not to exist are left out.
//
// It is no snapshot of one instant, because it holds no lock while it encodes
// and writes: other calls go on, and an entry that is set or deleted meanwhile
// is written as it was or as it is, or not at all. The cost is a list of all
// entries, and that of the encoding.
//
// Keys and values are encoded by [encoding/gob]. It leaves out fields that are
// not exported and channels and functions in structs, takes empty slices and nil
// for the same, and cannot encode values with cycles; concrete types behind
// interfaces need [gob.Register]. Of a key nothing may be lost: a type that
// has pointers or fields that are not exported, and no method MarshalBinary or
// GobEncode, is an error. A value must not be changed, through what it points to,
// while Save runs.
//
// An error of w is returned wrapped. What was written until then is not a file
// that Load reads, so that it is best to write to a temporary file and to rename
// it at the end.
func (c *Cache[K, V]) Save(w io.Writer) error {
	if w == nil {
		return errors.New("cache: Save to a nil io.Writer: pass a file or a buffer")
	}
	if why := keyLoses(reflect.TypeFor[K]()); why != "" {
		return fmt.Errorf("cache: Save of a Cache with keys of type %v: %s, so that two keys could become one; give the type a MarshalBinary method, or use another key",
			reflect.TypeFor[K](), why)
	}
	out := newChunkWriter(w)
	if err := out.preamble(); err != nil {
		return err
	}
	if err := out.chunks(headerChunk, []byte(typesOf[K, V]())); err != nil {
		return err
	}
	count, err := c.saveEntries(out)
	if err != nil {
		return err
	}
	return out.chunks(endChunk, binary.LittleEndian.AppendUint64(nil, uint64(count)))
}

// keyLoses says why gob would not bring back a key of type t as it is, or
// returns "".
func keyLoses(t reflect.Type) string {
	for _, marshaler := range []reflect.Type{reflect.TypeFor[gob.GobEncoder](), reflect.TypeFor[encoding.BinaryMarshaler]()} {
		if t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler) {
			return ""
		}
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return fmt.Sprintf("%v has an identity, which does not survive", t)
	case reflect.Array:
		return keyLoses(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if f.Name == "_" { // == ignores it too
				continue
			}
			if !f.IsExported() {
				return fmt.Sprintf("gob leaves out the field %s of %v, which is not exported", f.Name, t)
			}
			if why := keyLoses(f.Type); why != "" {
				return why
			}
		}
	}
	return ""
}

// Batches are as large as they can be without holding much memory: gob buffers
// each whole, and the size of an entry is only known when it is encoded.
const (
	firstBatch = 16
	maxBatch   = 4096
	smallBatch = 32 << 10 // bytes
	largeBatch = 2 * smallBatch
)

// saveEntries writes all entries and returns how many those are.
func (c *Cache[K, V]) saveEntries(out *chunkWriter) (count int, err error) {
	var buf bytes.Buffer
	encoder := gob.NewEncoder(&buf)
	list := c.ranked()
	epoch := c.wallEpoch()
	canBeNil := isNilable(reflect.TypeFor[V]())
	// The first batch is written even if it is empty, so that a type that gob
	// cannot encode is found before there are entries.
	for size, first := firstBatch, true; first || len(list) > 0; first = false {
		var b batch[K, V]
		for ; len(list) > 0 && len(b.Keys) < size; list = list[1:] {
			c.appendEntry(&b, &list[0], epoch, canBeNil)
		}
		buf.Reset()
		if err := panics.Try(func() error { return encoder.Encode(&b) }); err != nil {
			return count, fmt.Errorf("cache: Save cannot encode a Cache[%v, %v]: %w; give the type exported fields or a GobEncode method, and pass what is behind interfaces to gob.Register",
				reflect.TypeFor[K](), reflect.TypeFor[V](), err)
		}
		if err := out.chunks(dataChunk, buf.Bytes()); err != nil {
			return count, err
		}
		count += len(b.Keys)
		switch {
		case buf.Len() < smallBatch:
			size = min(2*size, maxBatch)
		case buf.Len() > largeBatch:
			size = max(size/2, 1)
		}
	}
	return count, nil
}

// isNilable reports whether values of type t may be nil, which gob has no word
// for, or takes for an empty map.
func isNilable(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer || t.Kind() == reflect.Map
}

// rankedNode is a node in the order of a file.
type rankedNode[K comparable, V any] struct {
	node *node[K, V]
	s    *shard[K, V]
	hash uint32
	rank int32
	heat byte
}

// ranked returns all nodes, those first that Load should keep if it cannot keep
// all: pinned ones, then by heat, and of the same heat those that are farther
// from being looked at by the policy.
func (c *Cache[K, V]) ranked() []rankedNode[K, V] {
	list := make([]rankedNode[K, V], 0, c.Len())
	for i := range c.shards {
		list = c.shards[i].rank(list)
	}
	slices.Reverse(list)
	slices.SortStableFunc(list, func(a, b rankedNode[K, V]) int { return cmp.Compare(b.rank, a.rank) })
	return list
}

func (s *shard[K, V]) rank(list []rankedNode[K, V]) []rankedNode[K, V] {
	const abovePolicy = 1 << 16
	s.mu.Lock()
	defer s.mu.Unlock()
	for queue := range s.queues {
		for n, hash := range s.queues[queue].all {
			rank := s.heat(n, hash, queue)
			if queue == pinned {
				rank += abovePolicy
			}
			heat := packHeat(s.sketch.estimate(hash), int(n.meta.Load()&freqMask), queue)
			list = append(list, rankedNode[K, V]{n, s, hash, int32(rank), heat})
		}
	}
	return list
}

// wallEpoch returns when the cache was made by the clock on the wall, in Unix
// nanoseconds: the time that is to be added to a time of this cache for one
// that another process understands. It is not c.epoch.UnixNano, from which the
// wall clock may have moved away since.
func (c *Cache[K, V]) wallEpoch() int64 {
	now := time.Now()
	return now.UnixNano() - int64(now.Sub(c.epoch))
}

// appendEntry adds to b what the key of r has by now.
func (c *Cache[K, V]) appendEntry(b *batch[K, V], r *rankedNode[K, V], epoch int64, canBeNil bool) {
	n := r.s.table.Load().find(r.hash, r.node.key)
	if n == nil {
		return
	}
	meta := n.meta.Load()
	if meta&flagNegative != 0 {
		return
	}
	// As in use, times are read before the value.
	deadline, refresh := int64(never), int64(never)
	if meta&flagTimed != 0 {
		if c.expiry(n, meta) <= c.now() {
			return
		}
		if d := n.timed().deadline.Load(); d != noDeadline {
			deadline = after(epoch, time.Duration(d))
		}
	}
	if c.options.RefreshAfter > 0 {
		refresh = after(epoch, time.Duration(n.full().refresh.Load()))
	}
	value := loadValue(c.codec, &n.value)
	if canBeNil && reflect.ValueOf(&value).Elem().IsNil() {
		b.Nil = append(b.Nil, len(b.Keys))
	} else {
		b.Values = append(b.Values, value)
	}
	b.Keys = append(b.Keys, n.key)
	b.Heat = append(b.Heat, r.heat)
	b.Deadlines = append(b.Deadlines, deadline)
	b.Refreshes = append(b.Refreshes, refresh)
}

// Load adds the entries that [Cache.Save] has written, with what was known of
// their use, so that the cache goes on as if it had not ended.
//
// It is all or nothing: everything is read and verified before the first entry
// is added. A file that was cut short or damaged, has another version or was
// saved by a Cache of other types is an [ErrFormat], and leaves the cache as it
// was. The checksums find damage, not malice: who can forge a file can put
// anything into the cache, and [encoding/gob] is not hardened against him.
//
// The file is older than what the cache has: a key that is there keeps what it
// has, be it expired or known not to exist, and a load of it that is running
// will overwrite what Load has added. Nothing is evicted. The hottest entries
// that there is room for are added; the others have never been in this cache,
// so that OnEvict does not hear of them. Weights are asked from
// [Options].Weigher anew.
//
// Deadlines are times of the clock on the wall: an entry that would have expired
// by now is not added. Neither [Options].TTL nor Expiry is asked for new ones.
// Being idle counts from now.
//
// An error of r is returned wrapped. No byte after the end of the file is read,
// so that files may follow each other. The cost is a list of the file's
// entries, of no more than MaxEntries, and that of the decoding. A closed cache
// can be saved and loaded like any other.
func (c *Cache[K, V]) Load(r io.Reader) error {
	if r == nil {
		return errors.New("cache: Load from a nil io.Reader: pass a file or a buffer")
	}
	list, err := c.loadEntries(newChunkReader(r))
	if err != nil {
		return err
	}
	list = c.choose(list)
	c.addSaved(list)
	return nil
}

// savedEntry is an entry from a file.
type savedEntry[K comparable, V any] struct {
	entry[K, V]
	refresh int64 // never if the file has none
	s       *shard[K, V]
	hash    uint32
	heat    byte
}

// loadEntries reads a file to its end and returns the entries that have not
// expired, but no more than the cache may hold.
func (c *Cache[K, V]) loadEntries(in *chunkReader) (list []savedEntry[K, V], err error) {
	types, err := in.header()
	if err != nil {
		return nil, err
	}
	if want := typesOf[K, V](); types != want {
		return nil, in.bad(nil, "it was saved by a Cache with keys and values of types %q, and this one has %q", split(types), split(want))
	}
	epoch, most := c.wallEpoch(), c.maxEntries.Load()
	decoder := gob.NewDecoder(in)
	for count := uint64(0); ; {
		// A new batch each time, because gob leaves alone in an old one what
		// it has left out of a new one.
		var b batch[K, V]
		err := panics.Try(func() error { return decoder.Decode(&b) })
		switch {
		case in.err != nil && in.err != io.EOF:
			return nil, in.err
		case err == io.EOF && in.err == io.EOF: // and not from a GobDecode method
			if count != in.count {
				return nil, in.bad(nil, "it has %d entries and should have %d", count, in.count)
			}
			return list, nil
		case err != nil:
			return nil, in.bad(err, "its entries cannot be decoded (%v); if a type has changed, or is no longer passed to gob.Register, that may be why", err)
		case !b.sound():
			return nil, in.bad(nil, "a batch of its entries has parts that do not fit each other")
		}
		count += uint64(len(b.Keys))
		// A key behind an interface may turn out to have no hash.
		if err := panics.Try(func() error { list = c.appendBatch(list, &b, epoch, most); return nil }); err != nil {
			return nil, in.bad(err, "it has a key that is none (%v)", err)
		}
	}
}

// appendBatch adds the entries of b to list while it is shorter than most.
func (c *Cache[K, V]) appendBatch(list []savedEntry[K, V], b *batch[K, V], epoch, most int64) []savedEntry[K, V] {
	now := c.now()
	values, nils := b.Values, b.Nil
	for i, key := range b.Keys {
		e := savedEntry[K, V]{entry: entry[K, V]{key: key, now: now, deadline: noDeadline}, heat: b.Heat[i]}
		if len(nils) > 0 && nils[0] == i {
			nils = nils[1:]
		} else {
			e.value, values = values[0], values[1:]
		}
		e.s, e.hash = c.locate(key)
		if d := b.Deadlines[i]; d != never {
			if d <= epoch+now {
				continue
			}
			e.deadline = d - epoch
		}
		if d := b.Refreshes[i]; d != never {
			e.refresh = max(d, epoch) - epoch
		}
		if int64(len(list)) < most && key == key {
			list = append(list, e)
		}
	}
	return list
}

// choose returns those entries of list, hottest first, that there is room for.
func (c *Cache[K, V]) choose(list []savedEntry[K, V]) []savedEntry[K, V] {
	entries, weight := c.room()
	chosen := list[:0]
	for _, e := range list {
		if int64(len(chosen)) >= entries {
			break
		}
		if e.s.table.Load().find(e.hash, e.key) != nil {
			continue
		}
		if c.options.Weigher != nil {
			e.weight = c.options.Weigher(e.key, e.value)
			if int64(e.weight) > weight {
				continue // a lighter one may still fit
			}
			weight -= int64(e.weight)
		}
		chosen = append(chosen, e)
	}
	return chosen
}

// room returns how much of the budget is free.
func (c *Cache[K, V]) room() (entries, weight int64) {
	return c.maxEntries.Load() - c.entries.Load(), c.maxWeight.Load() - c.weight.Load()
}

// addSaved adds the entries of list, which is sorted from hot to cold, in the
// reverse order, because a queue has those first that are to leave first. If
// others are set meanwhile, cold ones give way to them and not the hot ones that
// come last: an entry is left out while there is no room for all that follow it.
func (c *Cache[K, V]) addSaved(list []savedEntry[K, V]) {
	weight := int64(0)
	for i := range list {
		weight += int64(list[i].weight)
	}
	for i := range slices.Backward(list) {
		e := &list[i]
		if freeEntries, freeWeight := c.room(); freeEntries > int64(i) && freeWeight >= weight {
			c.add(e)
		}
		weight -= int64(e.weight)
	}
	// A sketch forgets its counts when it grows with its shard, so that they
	// come after the last entry.
	for i := range list {
		list[i].s.warm(list[i].hash, list[i].heat)
	}
}

// add adds e if there is room and its key is not there.
func (c *Cache[K, V]) add(e *savedEntry[K, V]) {
	_, hits, queue := unpackHeat(e.heat)
	switch {
	case c.options.Weigher != nil && e.weight == 0:
		queue = pinned
	case queue != window:
		queue = main
	}
	n := c.newNode(&e.entry)
	n.meta.Store(n.meta.Load() | uint32(hits))
	if c.options.RefreshAfter > 0 && e.refresh != never {
		n.full().refresh.Store(e.refresh)
	}
	s := e.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.table.Load().find(e.hash, e.key) != nil || !reserve(&c.entries, 1, &c.maxEntries) {
		return
	}
	if !reserve(&c.weight, int64(e.weight), &c.maxWeight) {
		c.entries.Add(-1)
		return
	}
	s.disturb(e.key)
	s.add(n, e.hash, queue)
	c.startSweeper(n)
}

// warm lets the sketch estimate of hash at least what heat says.
func (s *shard[K, V]) warm(hash uint32, heat byte) {
	seen, _, _ := unpackHeat(heat)
	s.mu.Lock()
	defer s.mu.Unlock()
	for range seen - s.sketch.estimate(hash) {
		s.sketch.add(hash)
	}
}
