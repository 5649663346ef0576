package num

import (
	"math"
	"math/bits"

	"golang.org/x/exp/constraints"
)

// SumExact returns the float that is nearest to the exact sum of s; of two that
// are equally near, the one with an even last bit. Neither the order of the
// elements nor the platform makes a difference. For finite elements it is
// infinite only if the exact sum rounds to that, whatever partial sums do.
//
// It costs about as much as compensated addition for slices of thousands of
// elements, which it reads through a table of 48 KiB on the stack, and twice that
// for shorter ones, plus a tenth of a microsecond.
func SumExact[T constraints.Float](s []T) T {
	var sum exactFloat
	addFloats(&sum, s)
	return round[T](&sum)
}

// An exactFloat is the exact sum of up to 1<<63 float64 values: an integer in
// units of the least float64, 2^-1074, with one digit for every 32 bits that
// such a sum can have. It is the small superaccumulator of Neal (Fast exact
// summation using small and large superaccumulators, arXiv:1505.05571, 2015).
// The zero value is zero.
type exactFloat struct {
	// digit has the least significant first. A digit has 63 bits and a sign, so
	// that many additions can be made before any digit overflows; then carry
	// brings all but the last back to the range from 0 to 1<<32-1. The last has
	// room for all that 1<<63 elements can send there.
	digit [67]int64

	// added is the number of additions since carry. Each changes a digit by
	// less than 1<<52.
	added int

	// special is the sum of the elements that are infinite or NaN.
	special float64
}

const (
	fractionBits = 52
	fractionMask = 1<<fractionBits - 1
	exponentMask = 1<<11 - 1
	digitBits    = 32
	digitMask    = 1<<digitBits - 1

	// carryAfter is the greatest value of added.
	carryAfter = 1 << 10

	// tabled is the length of a slice from which the table is worth its set-up,
	// also where the stack has to grow for it.
	tabled = 768
)

// addFloats adds the elements of s.
func addFloats[T Number](a *exactFloat, s []T) {
	if len(s) >= tabled {
		addTabled(a, s)
		return
	}
	for len(s) > 0 {
		part := s[:min(len(s), carryAfter)]
		s = s[len(part):]
		a.reserve(len(part))
		for _, x := range part {
			a.add(float64(x))
		}
	}
}

// reserve makes room for n additions.
func (a *exactFloat) reserve(n int) {
	if a.added += n; a.added > carryAfter {
		a.carry()
		a.added = n
	}
}

// add adds x, for which the caller has made room.
func (a *exactFloat) add(x float64) {
	u := math.Float64bits(x)
	exponent := u >> fractionBits & exponentMask
	if exponent == exponentMask {
		a.special += x
		return
	}
	// Subnormal floats have the same unit as those with exponent 1, and lack
	// the implicit bit. This is 1 for normal floats and 0 for subnormal ones;
	// a branch would be mispredicted in data that is zero now and then.
	normal := (exponent + exponentMask) >> 11
	a.put(u&fractionMask|normal<<fractionBits, exponent-normal, int64(u)>>63)
}

// put adds v<<at, where v is less than 1<<53, or subtracts it if sign is -1.
func (a *exactFloat) put(v, at uint64, sign int64) {
	i, shift := at/digitBits, at%digitBits
	low := int64((v << shift) & digitMask)
	high := int64(v >> (digitBits - shift))
	a.digit[i] += (low ^ sign) - sign
	a.digit[i+1] += (high ^ sign) - sign
}

// carry brings all digits but the last into their range. A negative number has
// a negative last digit after that.
func (a *exactFloat) carry() {
	carry := int64(0)
	last := len(a.digit) - 1
	for i, d := range a.digit[:last] {
		d += carry
		a.digit[i] = d & digitMask
		carry = d >> digitBits
	}
	a.digit[last] += carry
	a.added = 0
}

// merge adds b to a.
func (a *exactFloat) merge(b exactFloat) {
	a.special += b.special
	a.reserve(1) // after carry, the digits of b change those of a no more than that
	b.carry()
	for i, d := range b.digit {
		a.digit[i] += d
	}
}

// table is Neal's large superaccumulator: it adds up the floats of each sign and
// exponent apart, without decoding them. Those floats differ in their fraction
// only, so that the sum of their bits modulo 1<<64, less the sign and exponent as
// often as there are floats, is the sum of their fractions.
type table struct {
	bits  [1 << 12]uint64
	count [1 << 12]uint32 // of the floats in bits; 16 bits would be slower
}

// addTabled adds the elements of s through a table. It is apart from addFloats so
// that only those who need the table have it on their stack.
//
//go:noinline
func addTabled[T Number](a *exactFloat, s []T) {
	var t table
	for len(s) > 0 {
		// That many fractions of 52 bits have a sum of 64.
		part := s[:min(len(s), 1<<12)]
		s = s[len(part):]
		for _, x := range part {
			u := math.Float64bits(float64(x))
			t.bits[u>>fractionBits] += u
			t.count[u>>fractionBits]++
		}
		t.moveTo(a)
	}
}

// moveTo adds what is in the table to a, and leaves the table empty.
func (t *table) moveTo(a *exactFloat) {
	for i := 0; i < len(t.count); i += 8 {
		// Most of the table is empty, and is looked through with less effort
		// eight at a time.
		n := (*[8]uint32)(t.count[i:])
		if n[0]|n[1]|n[2]|n[3]|n[4]|n[5]|n[6]|n[7] != 0 {
			for k := range n {
				t.moveCell(a, i+k)
			}
		}
	}
}

// moveCell is moveTo for one cell.
func (t *table) moveCell(a *exactFloat, i int) {
	n := t.count[i]
	if n == 0 {
		return
	}
	key := uint64(i)
	sign := -int64(key >> 11)
	exponent := key & exponentMask
	fractions := t.bits[i] - uint64(n)*(key<<fractionBits)
	t.bits[i], t.count[i] = 0, 0
	if exponent == exponentMask {
		a.special += math.Inf(int(sign) | 1)
		if fractions != 0 {
			a.special = math.NaN()
		}
		return
	}
	// Both are below 1<<53: the sum of the fractions in its upper and
	// lower part, the implicit bits with the upper.
	normal := min(exponent, 1)
	upper := fractions>>fractionBits + uint64(n)*normal
	a.reserve(2)
	a.put(fractions&fractionMask, exponent-normal, sign)
	a.put(upper, exponent-normal+fractionBits, sign)
}

// round returns the T that is nearest to a, rounded once.
func round[T Number](a *exactFloat) T {
	switch {
	case a.special != a.special:
		return T(math.NaN()) // the same NaN on every platform
	case a.special != 0:
		return T(a.special)
	}
	precision := 53
	if size[T]() == 4 {
		precision = 24
	}
	v, exponent, negative := a.nearest(precision)
	f := math.Ldexp(float64(v), exponent) // exact, or too great for T
	if negative {
		f = -f
	}
	return T(f)
}

// nearest returns the finite part of a as v * 2^exponent, where v has precision
// bits at most, or one more and no other set. Of two that are equally near, it
// returns the even v.
//
// It need not know the least subnormal of a type: a sum of floats is a multiple of
// that, and so is not rounded where it has fewer bits than precision.
func (a exactFloat) nearest(precision int) (v uint64, exponent int, negative bool) {
	a.carry()
	top := len(a.digit) - 1
	if negative = a.digit[top] < 0; negative {
		for i := range a.digit {
			a.digit[i] = -a.digit[i]
		}
		a.carry()
	}
	for a.digit[top] == 0 {
		if top--; top < 0 {
			return 0, 0, false
		}
	}
	const unit = -1074
	length := digitBits*top + bits.Len64(uint64(a.digit[top]))
	cut := max(length-precision, 0)
	if cut > 0 && a.roundsUp(cut) {
		return a.from(cut) + 1, cut + unit, negative
	}
	return a.from(cut), cut + unit, negative
}

// from returns the bits of a from the given one upwards, of which there are 64 at
// most. All digits are positive.
func (a *exactFloat) from(bit int) uint64 {
	i, shift := bit/digitBits, bit%digitBits
	v := uint64(a.digit[i]) >> shift
	for above, d := range a.digit[i+1 : min(i+3, len(a.digit))] {
		v |= uint64(d) << (digitBits*(above+1) - shift)
	}
	return v
}

// roundsUp reports whether the bits below cut are more than half of what that
// bit stands for, or half of it where that bit is set.
func (a *exactFloat) roundsUp(cut int) bool {
	half := cut - 1
	i, bit := half/digitBits, int64(1)<<(half%digitBits)
	if a.digit[i]&bit == 0 {
		return false
	}
	if a.from(cut)&1 != 0 || a.digit[i]&(bit-1) != 0 {
		return true
	}
	for _, d := range a.digit[:i] {
		if d != 0 {
			return true
		}
	}
	return false
}
