package num

import "math/bits"

// int128 is a two's complement 128-bit integer.
type int128 struct {
	hi, lo uint64
}

// extend returns x with its sign extended if T is signed. T is not a float.
func extend[T Number](x T) int128 {
	if x < 0 {
		return int128{hi: ^uint64(0), lo: uint64(x)}
	}
	return int128{lo: uint64(x)}
}

func (a int128) add(b int128) int128 {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(a.hi, b.hi, carry)
	return int128{hi, lo}
}

// abs returns the magnitude of a and whether a is negative.
func (a int128) abs() (int128, bool) {
	if a.hi>>63 == 0 {
		return a, false
	}
	lo, borrow := bits.Sub64(0, a.lo, 0)
	hi, _ := bits.Sub64(0, a.hi, borrow)
	return int128{hi, lo}, true
}

// sum128 returns the exact sum of s, whose elements are integers. No slice is
// long enough to make it overflow.
func sum128[T Number](s []T) int128 {
	switch {
	case size[T]() <= 2:
		return extend(sumSmall(s))
	case size[T]() == 4:
		return extend(sumWideLanes[int64](s))
	}
	var sum int128
	for len(s) > 0 {
		part := s[:min(len(s), 1<<30)]
		s = s[len(part):]
		if isSigned[T]() {
			sum = sum.add(sumHalves[int64](part))
		} else {
			sum = sum.add(sumHalves[uint64](part))
		}
	}
	return sum
}

// sumHalves returns the exact sum of at most 1<<31 elements. W is the 64-bit
// type with the sign of T.
//
// It adds up the elements modulo 1<<64, and their upper halves on the side. What
// the lower halves add up to, which is less than 1<<63, is then the difference,
// and no addition needs its carry: that makes it as fast as a loop that does not
// check, where bits.Add64 costs twice as much.
func sumHalves[W int64 | uint64, T Number](s []T) int128 {
	// Two lanes: with more, the sums would not stay in registers.
	var a, b, ah, bh W
	for len(s) >= 16 {
		p := (*[16]T)(s)
		a += W(p[0])
		ah += W(p[0]) >> 32
		b += W(p[1])
		bh += W(p[1]) >> 32
		a += W(p[2])
		ah += W(p[2]) >> 32
		b += W(p[3])
		bh += W(p[3]) >> 32
		a += W(p[4])
		ah += W(p[4]) >> 32
		b += W(p[5])
		bh += W(p[5]) >> 32
		a += W(p[6])
		ah += W(p[6]) >> 32
		b += W(p[7])
		bh += W(p[7]) >> 32
		a += W(p[8])
		ah += W(p[8]) >> 32
		b += W(p[9])
		bh += W(p[9]) >> 32
		a += W(p[10])
		ah += W(p[10]) >> 32
		b += W(p[11])
		bh += W(p[11]) >> 32
		a += W(p[12])
		ah += W(p[12]) >> 32
		b += W(p[13])
		bh += W(p[13]) >> 32
		a += W(p[14])
		ah += W(p[14]) >> 32
		b += W(p[15])
		bh += W(p[15]) >> 32
		s = s[16:]
	}
	for _, x := range s {
		a += W(x)
		ah += W(x) >> 32
	}
	low, high := uint64(a+b), ah+bh
	upper := int128{hi: uint64(high >> 32), lo: uint64(high) << 32}
	return upper.add(int128{lo: low - upper.lo})
}
