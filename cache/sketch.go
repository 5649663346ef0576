package cache

// A sketch estimates how often a hash was seen lately: a count-min sketch
// (Cormode and Muthukrishnan, 2005) of four rows of 4-bit counters, all four
// counters of a hash in one cache line. When the counts have reached a multiple
// of its size, all are halved, so that the past fades (TinyLFU; Einziger,
// Friedman and Manes, 2017).
//
// It is guarded by shard.mu. The zero sketch takes nothing in and estimates 0.
type sketch struct {
	lines  [][8]uint64
	counts int // increments since the last halving, roughly
	period int // counts is halved when it gets there
}

const (
	// A sketch is made for six times the entries of a small cache, up to
	// leastSketch: in a smaller one, too much would be counted together.
	smallSketch = 6
	leastSketch = 512

	// How many increments there are between two halvings, for each entry. In a
	// large cache that would be more history than is of use, because what is
	// popular changes: there it is mostHistory in all, as long as that leaves
	// leastAging for each entry. What to measure them with is bench/cachesim.
	aging       = 20
	leastAging  = 2
	mostHistory = 400_000
)

// grow makes room for the given number of entries, of a cache that has as much
// in each of its shards. It reports whether it has forgotten all counts for
// that, which matters little: a cache that still grows evicts nothing.
func (s *sketch) grow(entries, shards int) bool {
	entries = max(entries, min(smallSketch*entries, leastSketch))
	lines := entries/8 + 1
	if lines <= len(s.lines) {
		return false
	}
	s.lines = make([][8]uint64, lines)
	s.counts = 0
	s.period = max(min(aging*entries, mostHistory/shards), leastAging*entries)
	return true
}

// spread returns the line of a hash and 32 bits that choose its counters.
func (s *sketch) spread(hash uint32) (*[8]uint64, uint64) {
	x := uint64(hash) * 0x9e3779b97f4a7c15
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	line := (x >> 32) * uint64(len(s.lines)) >> 32
	return &s.lines[line], x
}

// counter returns the word and the shift of the counter in row i: one of the
// 32 in two words.
func counter(x uint64, i int) (word int, shift uint) {
	b := x >> (8 * i)
	return 2*i + int(b&1), uint(b>>1&15) * 4
}

func (s *sketch) add(hash uint32) {
	if len(s.lines) == 0 {
		return
	}
	line, x := s.spread(hash)
	added := false
	for i := range 4 {
		word, shift := counter(x, i)
		if line[word]>>shift&15 < 15 {
			line[word] += 1 << shift
			added = true
		}
	}
	if added {
		if s.counts++; s.counts >= s.period {
			s.halve()
		}
	}
}

func (s *sketch) halve() {
	for i := range s.lines {
		for j := range s.lines[i] {
			s.lines[i][j] = s.lines[i][j] >> 1 & 0x7777777777777777
		}
	}
	s.counts /= 2
}

func (s *sketch) estimate(hash uint32) int {
	if len(s.lines) == 0 {
		return 0
	}
	line, x := s.spread(hash)
	least := uint64(15)
	for i := range 4 {
		word, shift := counter(x, i)
		least = min(least, line[word]>>shift&15)
	}
	return int(least)
}
