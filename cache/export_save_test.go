package cache

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
)

// Heat returns what the policy knows of key: how often its sketch has seen it,
// its hits, and its queue.
func (c *Cache[K, V]) Heat(key K) (seen, hits, queue int) {
	s, hash := c.locate(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	meta := s.table.Load().find(hash, key).meta.Load()
	return s.sketch.estimate(hash), int(meta & freqMask), queueOf(meta)
}

// HashLike makes c, which is empty, hash as other does: a sketch takes two keys
// for one now and then, and which two depends on the seed.
func (c *Cache[K, V]) HashLike(other *Cache[K, V]) { c.seed = other.seed }

// A Chunk is a part of a file of Save: H is the header, D is data, E the end.
type Chunk struct {
	Kind    byte
	Payload []byte
}

// FileOf returns a file of any chunks, with their checksums.
func FileOf(chunks ...Chunk) []byte {
	var file bytes.Buffer
	out := newChunkWriter(&file)
	err := out.preamble()
	for _, c := range chunks {
		err = errors.Join(err, out.chunks(c.Kind, c.Payload))
	}
	if err != nil {
		panic(err)
	}
	return file.Bytes()
}

// FileOfGobs returns a file of a Cache[K, V] with any bytes as its gob stream.
func FileOfGobs[K comparable, V any](gobs []byte, count uint64) []byte {
	return FileOf(Chunk{'H', []byte(typesOf[K, V]())}, Chunk{'D', gobs}, Chunk{'E', binary.LittleEndian.AppendUint64(nil, count)})
}

// Batch is what gob encodes.
type Batch[K comparable, V any] batch[K, V]

// FileOfBatches returns a file with batches that Save might not write.
func FileOfBatches[K comparable, V any](count uint64, batches ...Batch[K, V]) []byte {
	var gobs bytes.Buffer
	encoder := gob.NewEncoder(&gobs)
	for _, b := range batches {
		if err := encoder.Encode((*batch[K, V])(&b)); err != nil {
			panic(err)
		}
	}
	return FileOfGobs[K, V](gobs.Bytes(), count)
}

// CountGobs returns how many entries a gob stream has before its end or its
// first error.
func CountGobs[K comparable, V any](gobs []byte) (count uint64) {
	decoder := gob.NewDecoder(bytes.NewReader(gobs))
	for {
		var b batch[K, V]
		if err := decoder.Decode(&b); err != nil {
			return count
		}
		count += uint64(len(b.Keys))
	}
}
