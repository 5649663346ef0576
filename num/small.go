package num

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// size returns the size of a T in bytes.
func size[T Number]() int {
	var x T
	return int(unsafe.Sizeof(x))
}

// bytesOf returns the memory of s.
//
// This is sound: T is a number, so that all its bits count and none is a
// pointer; len(s) elements of it are as many bytes as the slice says; a byte has
// no alignment to keep; the bytes are only read, within sumSmall, where s is
// alive; and a nil or empty slice has no bytes.
func bytesOf[T Number](s []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*size[T]())
}

// sumSmall returns the exact sum of integers of one or two bytes. It adds the
// elements of a 64-bit word at once: the even and the odd ones, each in a lane
// twice as wide as they are (SIMD within a register). Signed ones are made
// unsigned first, by a flip of the sign bit, which adds half the range to each.
//
// Which element comes into which lane depends on the order of the bytes in a
// word, and their sum does not.
func sumSmall[T Number](s []T) int64 {
	width := 8 * size[T]()
	var (
		offset int64  // what is added to each element
		flip   uint64 // the bits to flip in a word
	)
	if isSigned[T]() {
		offset = 1 << (width - 1)
		flip = uint64(offset) * (math.MaxUint64 / (1<<width - 1))
	}
	var sum uint64
	words := len(s) / wordElements * wordElements
	for b := bytesOf(s[:words]); len(b) > 0; {
		// In no more words than 1<<width, no lane overflows.
		chunk := b[:min(len(b), 8<<width)]
		b = b[len(chunk):]
		if width == 8 {
			even, odd := addBytes(chunk, flip)
			sum += fold16(even) + fold16(odd)
		} else {
			even, odd := addPairs(chunk, flip)
			sum += even&math.MaxUint32 + even>>32 + odd&math.MaxUint32 + odd>>32
		}
	}
	exact := int64(sum) - offset*int64(words)
	for _, x := range s[words:] {
		exact += int64(x)
	}
	return exact
}

// wordElements is the number of elements of which sumSmall needs a multiple: they
// are as many bytes as addBytes and addPairs take at a time, or twice that.
const wordElements = 32

// addBytes adds up the even and the odd bytes of b, in four lanes each.
func addBytes(b []byte, flip uint64) (even, odd uint64) {
	const mask = 0x00ff00ff00ff00ff
	for len(b) >= 32 {
		p := (*[32]byte)(b)
		x := binary.NativeEndian.Uint64(p[0:8]) ^ flip
		even += x & mask
		odd += x >> 8 & mask
		x = binary.NativeEndian.Uint64(p[8:16]) ^ flip
		even += x & mask
		odd += x >> 8 & mask
		x = binary.NativeEndian.Uint64(p[16:24]) ^ flip
		even += x & mask
		odd += x >> 8 & mask
		x = binary.NativeEndian.Uint64(p[24:32]) ^ flip
		even += x & mask
		odd += x >> 8 & mask
		b = b[32:]
	}
	return even, odd
}

// addPairs is addBytes for elements of two bytes, in two lanes each.
func addPairs(b []byte, flip uint64) (even, odd uint64) {
	const mask = 0x0000ffff0000ffff
	for len(b) >= 32 {
		p := (*[32]byte)(b)
		x := binary.NativeEndian.Uint64(p[0:8]) ^ flip
		even += x & mask
		odd += x >> 16 & mask
		x = binary.NativeEndian.Uint64(p[8:16]) ^ flip
		even += x & mask
		odd += x >> 16 & mask
		x = binary.NativeEndian.Uint64(p[16:24]) ^ flip
		even += x & mask
		odd += x >> 16 & mask
		x = binary.NativeEndian.Uint64(p[24:32]) ^ flip
		even += x & mask
		odd += x >> 16 & mask
		b = b[32:]
	}
	return even, odd
}

// fold16 adds up the four lanes of x.
func fold16(x uint64) uint64 {
	return x&math.MaxUint16 + x>>16&math.MaxUint16 + x>>32&math.MaxUint16 + x>>48
}
