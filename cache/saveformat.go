package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"reflect"
	"slices"
	"strings"
)

// What Save writes is, with all numbers little-endian,
//
//	a preamble     the word "plinth.cache" and the version, a uint32
//	a header chunk the types of keys and values, a zero byte between them
//	data chunks    a gob stream of batches, cut anywhere
//	an end chunk   the number of entries, a uint64
//
// and a chunk is its kind, a byte; the length of its payload, a uint32; the
// payload; and a checksum, a uint64. No chunk is longer than maxChunk, so that
// a damaged length costs no more memory than that, and gob sees no byte before
// its checksum was right.
//
// The checksum is of all that came before it, less the other checksums: chunks
// that were swapped, repeated or left out do not pass, each of them intact as it
// may be, and the one of the end chunk covers the whole file. (With the
// checksums it would not: a CRC over a text and its CRC is the same for every
// text.) It is 64 bits wide because a file may have gigabytes, beyond the length
// for which CRC-32C finds all errors of two bits; that takes about an eighth of
// the time of a Save of short strings.
const (
	magic   = "plinth.cache"
	version = 1

	preambleLen = len(magic) + 4
	frameLen    = 1 + 4
	sumLen      = 8
	maxChunk    = 64 << 10

	headerChunk = 'H'
	dataChunk   = 'D'
	endChunk    = 'E'
)

// batch is what gob encodes. Keys and values are in slices because gob leaves
// out a zero value in a field of a struct, and then a pointer to 0 comes back as
// nil, and a channel without a word.
type batch[K comparable, V any] struct {
	Keys      []K
	Values    []V     // of the keys that are not in Nil
	Nil       []int   // the places of the keys whose value is nil, ascending
	Heat      []byte  // see packHeat
	Deadlines []int64 // in Unix nanoseconds, or never
	Refreshes []int64 // when to refresh, likewise
}

// never is a deadline or a time of refresh that there is not.
const never = 0

// sound reports whether the parts of b fit each other.
func (b *batch[K, V]) sound() bool {
	n := len(b.Keys)
	if len(b.Heat) != n || len(b.Deadlines) != n || len(b.Refreshes) != n || len(b.Values)+len(b.Nil) != n {
		return false
	}
	least := 0
	for _, i := range b.Nil {
		if i < least || i >= n {
			return false
		}
		least = i + 1
	}
	return true
}

// packHeat puts what the policy knows of an entry into a byte: how often the
// sketch has seen it, its hits, and its queue.
func packHeat(seen, hits, queue int) byte { return byte(seen | hits<<4 | queue<<6) }

func unpackHeat(heat byte) (seen, hits, queue int) {
	return int(heat & 15), min(int(heat>>4&3), freqMax), int(heat >> 6)
}

// typesOf describes K and V. It names the package of a type by its last element,
// so that a file is still good after a package has moved.
func typesOf[K comparable, V any]() string {
	return reflect.TypeFor[K]().String() + "\x00" + reflect.TypeFor[V]().String()
}

func split(types string) []string { return strings.Split(types, "\x00") }

// chunkWriter writes a file of Save.
type chunkWriter struct {
	w     io.Writer
	table *crc64.Table
	sum   uint64
	buf   []byte
}

func newChunkWriter(w io.Writer) *chunkWriter {
	return &chunkWriter{w: w, table: crc64.MakeTable(crc64.ECMA)}
}

func (w *chunkWriter) preamble() error {
	w.buf = append(w.buf[:0], magic...)
	w.buf = binary.LittleEndian.AppendUint32(w.buf, version)
	w.sum = crc64.Update(w.sum, w.table, w.buf)
	return w.flush()
}

// chunks writes payload in as many chunks as it takes, and at least one.
func (w *chunkWriter) chunks(kind byte, payload []byte) error {
	for {
		part := payload[:min(len(payload), maxChunk)]
		w.buf = append(w.buf[:0], kind)
		w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(len(part)))
		w.buf = append(w.buf, part...)
		w.sum = crc64.Update(w.sum, w.table, w.buf)
		w.buf = binary.LittleEndian.AppendUint64(w.buf, w.sum)
		if err := w.flush(); err != nil {
			return err
		}
		if payload = payload[len(part):]; len(payload) == 0 {
			return nil
		}
	}
}

func (w *chunkWriter) flush() error {
	n, err := w.w.Write(w.buf)
	if err == nil && n < len(w.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("cache: Save: the writer failed, and what it has is not complete: %w", err)
	}
	return nil
}

// chunkReader reads a file of Save and asks its reader for no byte that comes
// after it. As an io.Reader it yields the payloads of the data chunks.
type chunkReader struct {
	r      io.Reader
	table  *crc64.Table
	sum    uint64
	offset int64 // bytes read
	buf    []byte
	data   []byte // of the current data chunk, what is still to be yielded
	count  uint64 // from the end chunk
	err    error  // what ended the data: io.EOF after a good end chunk
}

func newChunkReader(r io.Reader) *chunkReader {
	return &chunkReader{r: r, table: crc64.MakeTable(crc64.ECMA)}
}

// bad returns an ErrFormat about what was read last.
func (r *chunkReader) bad(cause error, format string, args ...any) error {
	return &formatError{fmt.Sprintf("%v: at byte %d: %s; remove it and start with an empty cache",
		ErrFormat, r.offset, fmt.Sprintf(format, args...)), cause}
}

// formatError is an ErrFormat with its own text.
type formatError struct {
	text  string
	cause error // may be nil
}

func (e *formatError) Error() string        { return e.text }
func (e *formatError) Is(target error) bool { return target == ErrFormat }
func (e *formatError) Unwrap() error        { return e.cause }

// read fills p.
func (r *chunkReader) read(p []byte) error {
	n, err := io.ReadFull(r.r, p)
	r.offset += int64(n)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return r.bad(io.ErrUnexpectedEOF, "it ends before its end mark, so that a part of it is missing")
	}
	return fmt.Errorf("cache: Load: the reader failed at byte %d: %w", r.offset, err)
}

func (r *chunkReader) preamble() error {
	var p [preambleLen]byte
	if err := r.read(p[:]); err != nil {
		return err
	}
	if string(p[:len(magic)]) != magic {
		return r.bad(nil, "it does not begin with %q, so that Save has not written it", magic)
	}
	if v := binary.LittleEndian.Uint32(p[len(magic):]); v != version {
		return r.bad(nil, "it has version %d, and this package reads version %d", v, version)
	}
	r.sum = crc64.Update(r.sum, r.table, p[:])
	return nil
}

// chunk returns the kind and the payload of the next chunk, which is valid
// until the next call.
func (r *chunkReader) chunk() (kind byte, payload []byte, err error) {
	r.buf = slices.Grow(r.buf[:0], frameLen)[:frameLen]
	if err := r.read(r.buf); err != nil {
		return 0, nil, err
	}
	length := binary.LittleEndian.Uint32(r.buf[1:])
	if length > maxChunk {
		return 0, nil, r.bad(nil, "it is damaged: a chunk of %d bytes is more than the limit of %d", length, maxChunk)
	}
	rest := int(length) + sumLen
	r.buf = slices.Grow(r.buf, rest)[:frameLen+rest]
	if err := r.read(r.buf[frameLen:]); err != nil {
		return 0, nil, err
	}
	summed := r.buf[:frameLen+int(length)]
	r.sum = crc64.Update(r.sum, r.table, summed)
	if got := binary.LittleEndian.Uint64(r.buf[len(summed):]); got != r.sum {
		return 0, nil, r.bad(nil, "it is damaged: a checksum is %016x and should be %016x", got, r.sum)
	}
	return summed[0], summed[frameLen:], nil
}

// header reads the preamble and the header and returns the types that it names.
func (r *chunkReader) header() (types string, err error) {
	if err := r.preamble(); err != nil {
		return "", err
	}
	kind, payload, err := r.chunk()
	if err == nil && kind != headerChunk {
		err = r.bad(nil, "it has a chunk of kind %q where its header should be", kind)
	}
	return string(payload), err
}

func (r *chunkReader) Read(p []byte) (int, error) {
	for len(r.data) == 0 && r.err == nil {
		r.data, r.err = r.next()
	}
	if r.err != nil {
		return 0, r.err
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}

// next returns the payload of a data chunk, or io.EOF after the end chunk.
func (r *chunkReader) next() ([]byte, error) {
	kind, payload, err := r.chunk()
	switch {
	case err != nil:
		return nil, err
	case kind == dataChunk:
		return payload, nil
	case kind == endChunk && len(payload) == 8:
		r.count = binary.LittleEndian.Uint64(payload)
		return nil, io.EOF
	}
	return nil, r.bad(nil, "it has a chunk of kind %q and %d bytes where entries should be", kind, len(payload))
}
