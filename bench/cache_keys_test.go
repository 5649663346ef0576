package bench

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
)

const (
	keyLen   = 16      // bytes of a string key
	keyTotal = 1 << 24 // distinct string keys, and bytes of the text they are cut from
)

// keyText is the text that string keys are cut from, one at each place. It is
// random, so that no two places read the same for keyLen bytes. That makes new
// keys free: nothing is allocated, and whatever the number of keys, there is
// one object for the collector.
var keyText = sync.OnceValue(func() string {
	rng := rand.New(rand.NewPCG(3, 4))
	text := make([]byte, 0, keyTotal+keyLen)
	for len(text) < keyTotal+keyLen {
		text = binary.LittleEndian.AppendUint64(text, rng.Uint64())
	}
	return string(text)
})

// newKey returns a function that returns a different key for each i below
// keyTotal. Int keys go on from there, and string keys start again.
func newKey[K cacheKey]() func(i int) K {
	text := keyText()
	return cutKey[K](
		func(i int) int { return i },
		func(i int) string { return text[i%keyTotal:][:keyLen] },
	)
}

// residentKey returns a function that returns a different key for each i below
// keyTotal/keyLen. The strings do not overlap, as if each had been allocated,
// so that no two of them share a cache line in the processor by their being
// neighbours.
func residentKey[K cacheKey]() func(i int) K {
	text := keyText()
	return cutKey[K](
		func(i int) int { return i },
		func(i int) string { return text[i*keyLen:][:keyLen] },
	)
}

// cutKey returns the function that makes a K.
func cutKey[K cacheKey](ints func(int) int, strings func(int) string) func(int) K {
	if cut, ok := any(ints).(func(int) K); ok {
		return cut
	}
	return any(strings).(func(int) K)
}

// zipfStream returns keys out of n resident ones in the order in which they are
// asked for: a few very often, as in real traffic (Zipf, s = 1.01). Its length
// is a power of two.
func zipfStream[K cacheKey](n int) []K {
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.01, 1, uint64(n-1))
	key := residentKey[K]()
	stream := make([]K, 1<<20)
	for i := range stream {
		stream[i] = key(int(zipf.Uint64()))
	}
	return stream
}
