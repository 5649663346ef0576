package num_test

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/goplinth/plinth/num"
	"golang.org/x/exp/constraints"
)

// bigSum is the exact sum by math/big, rounded once, and the model of SumExact.
func bigSum[T constraints.Float](s []T) T {
	special := 0.0
	sum := new(big.Float).SetPrec(2300) // all bits of any float64, and carries
	for _, x := range s {
		if f := float64(x); f-f != 0 {
			special += f
		} else {
			sum.Add(sum, big.NewFloat(f))
		}
	}
	var rounded T
	if special != 0 {
		return T(special)
	} else if f, ok := any(&rounded).(*float32); ok {
		*f, _ = sum.Float32()
	} else {
		f, _ := sum.Float64()
		rounded = T(f)
	}
	return rounded + 0 // an exact zero of math/big may be negative
}

func TestSumExact(t *testing.T) {
	nan, inf, greatest := math.NaN(), math.Inf(1), math.MaxFloat64
	const least = math.SmallestNonzeroFloat64
	ulp := math.Ldexp(1, 971) // of the greatest float
	for _, tt := range []struct {
		in   []float64
		want float64
	}{
		{nil, 0},
		{[]float64{math.Copysign(0, -1)}, 0},
		{[]float64{1, -1}, 0},
		{[]float64{1e100, 1, -1e100}, 1},
		{[]float64{0.1, 0.2, -0.3}, 0x1p-55}, // exact, for these are not tenths
		{[]float64{1, 0x1p-53}, 1},           // a tie, to even
		{[]float64{1, 0x1p-53, least}, 1 + 0x1p-52},
		{[]float64{1, 0x1p-53, 0x1p-60}, 1 + 0x1p-52},
		{[]float64{1 + 0x1p-52, 0x1p-53}, 1 + 0x1p-51},
		{[]float64{1 + 0x1p-52, 0x1p-53, -least}, 1 + 0x1p-52},
		{[]float64{-1, -0x1p-53, -least}, -1 - 0x1p-52},
		{[]float64{least, least}, 2 * least},
		{[]float64{-least}, -least},
		{[]float64{0x1p-1022, -least}, 0x1p-1022 - least},
		{[]float64{greatest, greatest, -greatest}, greatest},
		{[]float64{greatest, greatest}, inf},
		{[]float64{-greatest, -greatest}, -inf},
		{[]float64{greatest, ulp / 2}, inf}, // a tie, and even would be next
		{[]float64{greatest, ulp / 2, -least}, greatest},
		{[]float64{greatest, ulp / 4}, greatest},
		{[]float64{nan, 1}, nan},
		{[]float64{inf, 1, greatest, greatest}, inf},
		{[]float64{-inf, greatest, greatest}, -inf},
		{[]float64{inf, -inf}, nan},
		{[]float64{inf, nan}, nan},
	} {
		// Alone, and among so many zeros that the table is used.
		for _, in := range [][]float64{tt.in, append(make([]float64, 5000), tt.in...)} {
			if got := num.SumExact(in); !same(got, tt.want) {
				t.Errorf("SumExact(%v, %d elements) = %v; want %v", tt.in, len(in), got, tt.want)
			}
		}
		for name, got := range map[string]float64{"math/big": bigSum(tt.in), "SumParallel": num.SumParallel(tt.in, 0)} {
			if !same(got, tt.want) {
				t.Errorf("%s: sum of %v = %v; want %v", name, tt.in, got, tt.want)
			}
		}
	}
}

// TestNaNIsTheSameEverywhere looks at the bits: processors do not agree on those
// of the difference between infinities.
func TestNaNIsTheSameEverywhere(t *testing.T) {
	got := num.SumExact([]float64{math.Inf(1), math.Inf(-1)})
	if got, want := math.Float64bits(got), math.Float64bits(math.NaN()); got != want {
		t.Errorf("SumExact(+Inf, -Inf) has bits %#x; want %#x", got, want)
	}
}

// TestSumExactRoundsOnce has sums that come out otherwise if they are rounded to
// float64 before they are rounded to float32.
func TestSumExactRoundsOnce(t *testing.T) {
	const least = math.SmallestNonzeroFloat32
	for _, tt := range []struct {
		in   []float32
		want float32
	}{
		{[]float32{1, 0x1p-24, 0x1p-100}, 1 + 0x1p-23},
		{[]float32{1 + 0x1p-23, 0x1p-24, -0x1p-100}, 1 + 0x1p-23},
		{[]float32{1, 0x1p-24}, 1},
		{[]float32{least, least}, 2 * least},
		{[]float32{math.MaxFloat32, math.MaxFloat32, -math.MaxFloat32}, math.MaxFloat32},
		{[]float32{math.MaxFloat32, 0x1p103}, float32(math.Inf(1))},
		{[]float32{math.MaxFloat32, 0x1p103, -least}, math.MaxFloat32},
		{[]float32{float32(math.Inf(-1)), 1}, float32(math.Inf(-1))},
	} {
		if got := num.SumExact(tt.in); !same(got, tt.want) {
			t.Errorf("SumExact(%v) = %v; want %v", tt.in, got, tt.want)
		}
		if got := bigSum(tt.in); !same(got, tt.want) {
			t.Errorf("math/big: sum of %v = %v; want %v", tt.in, got, tt.want)
		}
	}
}

// anyFloat returns a float of any exponent, the ends of the range included.
func anyFloat(rng *rand.Rand) float64 {
	u := rng.Uint64()
	if exponent := u >> 52 & 0x7ff; exponent == 0x7ff {
		u &^= 1 << 62
	}
	switch rng.IntN(8) {
	case 0:
		u &= 1<<63 | 1<<52 - 1 // subnormal
	case 1:
		u = u&^(0x7ff<<52) | 0x7fe<<52 // huge
	case 2:
		u &= 0xfff << 52 // a power of two
	}
	return math.Float64frombits(u)
}

// TestSumExactAgreesWithBig compares slices of both sides of the length at which
// the table begins, in three orders.
func TestSumExactAgreesWithBig(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, 2, 3, 10, 100, 767, 768, 769, 1024, 4095, 4096, 4097, 8192, 20_000} {
		for exponents := 0; exponents < 2098; exponents += 699 {
			s, short := make([]float64, n), make([]float32, n)
			for i := range s {
				s[i] = anyFloat(rng)
				if exponents > 0 {
					s[i] = math.Ldexp(rng.NormFloat64(), rng.IntN(exponents)-1080)
				}
				short[i] = float32(rng.NormFloat64() * math.Exp2(float64(rng.IntN(200)-120)))
			}
			checkExact(t, s)
			checkExact(t, short)
			// The order must not matter.
			want := num.SumExact(s)
			slices.Sort(s)
			if got := num.SumExact(s); !same(got, want) {
				t.Errorf("SumExact depends on the order: %v, and %v if sorted", want, got)
			}
			// What cancels leaves nothing, however often it is carried.
			for _, x := range slices.Clone(s) {
				s = append(s, -x)
			}
			if got := num.SumExact(s); !same(got, 0) {
				t.Errorf("SumExact of %d elements that cancel = %v; want 0", len(s), got)
			}
		}
	}
}

func checkExact[T constraints.Float](t *testing.T, s []T) {
	t.Helper()
	want := bigSum(s)
	var one, by num.Accumulator[T]
	for _, x := range s {
		one.Add(x)
	}
	by.AddSlice(s[:len(s)/3])
	by.AddSlice(s[len(s)/3:])
	for name, got := range map[string]T{"SumExact": num.SumExact(s), "Accumulator.Add": one.Value(), "Accumulator.AddSlice": by.Value()} {
		if !same(got, want) {
			t.Errorf("%s(%d elements of %T) = %v; want %v", name, len(s), s, got, want)
		}
	}
}

// TestExactSumOfMany carries as often as can be: every addition changes the same
// digits as much as it may.
func TestExactSumOfMany(t *testing.T) {
	for _, x := range []float64{math.Nextafter(2, 0), -math.Nextafter(0x1p31, 0), math.MaxFloat64 / 0x1p30, -0x1p-1022 + math.SmallestNonzeroFloat64} {
		const n = 1 << 16
		var one num.Accumulator[float64]
		for range n {
			one.Add(x)
		}
		if got := one.Value(); got != n*x {
			t.Errorf("%d times Add(%v) = %v; want %v", n, x, got, n*x)
		}
		s := slices.Repeat([]float64{x}, n)
		if got := num.SumExact(s); got != n*x {
			t.Errorf("SumExact(%d times %v) = %v; want %v", n, x, got, n*x)
		}
	}
}

// TestMergeCarries merges sums whose digits are as great as they get, for every
// place that a float can have in its digits.
func TestMergeCarries(t *testing.T) {
	for exponent := range 32 {
		x := math.Ldexp(math.Nextafter(2, 0), exponent)
		var part, sum num.Accumulator[float64]
		for range 1024 {
			part.Add(x)
		}
		for range 4 {
			sum.Merge(&part)
		}
		if got := sum.Value(); got != 4096*x {
			t.Errorf("4 merges of 1024 times %v = %v; want %v", x, got, 4096*x)
		}
	}
}

// TestSplitsAndMerges deals the elements to accumulators at random, and to
// goroutines in every number: no bit may change.
func TestSplitsAndMerges(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	s := make([]float64, 200_000)
	for i := range s {
		s[i] = anyFloat(rng)
	}
	want := bigSum(s)
	for workers := range 9 {
		for _, n := range []int{0, 1, 65_535, 65_536, 100_001, len(s)} {
			if got, want := num.SumParallel(s[:n], workers), num.SumExact(s[:n]); !same(got, want) {
				t.Errorf("SumParallel(%d elements, %d) = %v; want %v", n, workers, got, want)
			}
		}
	}
	for range 20 {
		sums := make([]num.Accumulator[float64], 1+rng.IntN(20))
		for rest := s; len(rest) > 0; {
			n := min(len(rest), rng.IntN(20_000))
			sum := &sums[rng.IntN(len(sums))]
			if n < 100 {
				for _, x := range rest[:n] {
					sum.Add(x)
				}
			} else {
				sum.AddSlice(rest[:n])
			}
			rest = rest[n:]
		}
		for len(sums) > 1 {
			i := rng.IntN(len(sums) - 1)
			last := len(sums) - 1
			sums[i].Merge(&sums[last])
			sums = sums[:last]
		}
		if got := sums[0].Value(); !same(got, want) {
			t.Errorf("merged sum = %v; want %v", got, want)
		}
	}
}

func TestAccumulator(t *testing.T) {
	var a num.Accumulator[float64]
	if got, err := a.Checked(); !same(got, 0) || err != nil {
		t.Errorf("empty: Checked() = %v, %v; want 0, nil", got, err)
	}
	a.Add(math.MaxFloat64)
	b := a // a copy is on its own
	a.Merge(&a)
	if got := a.Value(); got != math.Inf(1) {
		t.Errorf("Value() = %v; want +Inf", got)
	}
	if got, err := a.Checked(); got != 0 || err == nil {
		t.Errorf("Checked() = %v, %v; want 0 and an error", got, err)
	}
	a.Add(-math.MaxFloat64)
	if got, err := a.Checked(); got != math.MaxFloat64 || err != nil {
		t.Errorf("Checked() = %v, %v; want MaxFloat64, nil", got, err)
	}
	b.Add(math.Inf(1))
	if got, err := b.Checked(); got != math.Inf(1) || err != nil {
		t.Errorf("Checked() of an infinite element = %v, %v; want +Inf, nil", got, err)
	}
	b.Add(math.NaN())
	if got, err := b.Checked(); !math.IsNaN(got) || err != nil {
		t.Errorf("Checked() of a NaN = %v, %v; want NaN, nil", got, err)
	}
	var c num.Accumulator[int8]
	c.AddSlice([]int8{100, 100})
	want := "num: the accumulated sum does not fit int8; accumulate values of a wider type: result out of range"
	if _, err := c.Checked(); err == nil || err.Error() != want {
		t.Errorf("Checked() error = %v; want %v", err, want)
	}
	if got, want := c.Value(), int8(-56); got != want {
		t.Errorf("Value() = %v; want %v", got, want)
	}
}

// TestSumAccurate compares it with the exact sum within the error that its doc
// comment allows, and holds it to the exact sum where it would be infinite.
func TestSumAccurate(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for n := range 300 {
		s := make([]float64, n)
		for i := range s {
			s[i] = math.Ldexp(rng.NormFloat64(), rng.IntN(30))
		}
		got, want := num.SumAccurate(s), num.SumExact(s)
		if math.Abs(got-want) > math.Nextafter(math.Abs(want), math.Inf(1))-math.Abs(want) {
			t.Errorf("SumAccurate(%d elements) = %v; want %v", n, got, want)
		}
	}
	const greatest = math.MaxFloat64
	for _, s := range [][]float64{
		nil,
		{math.Copysign(0, -1)},
		{1e16, 1, -1e16},
		{1e100, 1, -1e100, 3, 1e100, 5, -1e100},
		{greatest, greatest, -greatest},
		{greatest, greatest},
		{greatest, -greatest, 1, 2, greatest, -greatest},
		{math.Inf(1), 1},
		{math.Inf(1), math.Inf(-1)},
		{math.NaN()},
	} {
		if got, want := num.SumAccurate(s), num.SumExact(s); !same(got, want) {
			t.Errorf("SumAccurate(%v) = %v; want %v", s, got, want)
		}
	}
	if got, want := num.SumAccurate([]float32{1, 0x1p-24, 0x1p-40}), float32(1+0x1p-23); got != want {
		t.Errorf("SumAccurate(float32) = %v; want %v", got, want)
	}
}

// FuzzSumExact makes any bytes floats, deals them to accumulators by a seed, and
// compares every way to an exact sum with math/big.
func FuzzSumExact(f *testing.F) {
	add := func(seed uint64, s ...float64) {
		var b []byte
		for _, x := range s {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		f.Add(b, seed)
	}
	add(1, 1e100, 1, -1e100)
	add(2, math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64)
	add(3, 1, 0x1p-53, math.SmallestNonzeroFloat64)
	add(4, 0x1p-1022, -math.SmallestNonzeroFloat64, math.Inf(1))
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var s []float64
		var short []float32
		for ; len(b) >= 8; b = b[8:] {
			u := binary.LittleEndian.Uint64(b)
			s = append(s, math.Float64frombits(u))
			short = append(short, math.Float32frombits(uint32(u)), math.Float32frombits(uint32(u>>32)))
		}
		// Random neighbours of what is there: nearly the same, nearly the
		// negative, and others far off.
		for range rng.IntN(4) * len(s) {
			x := s[rng.IntN(len(s))]
			switch rng.IntN(4) {
			case 0:
				x = -x
			case 1:
				x = math.Float64frombits(math.Float64bits(x) ^ 1<<rng.IntN(64))
			case 2:
				x = math.Ldexp(x, rng.IntN(110)-55)
			case 3:
				x = anyFloat(rng)
			}
			s = append(s, x)
		}
		if rng.IntN(16) == 0 && len(s) > 0 { // enough for the table
			s = slices.Repeat(s, 1+5000/len(s))
		}
		fuzzExact(t, s, rng)
		fuzzExact(t, short, rng)
	})
}

func fuzzExact[T constraints.Float](t *testing.T, s []T, rng *rand.Rand) {
	want := bigSum(s)
	var sums [3]num.Accumulator[T]
	for rest := s; len(rest) > 0; {
		n := rng.IntN(len(rest)) + 1
		if sum := &sums[rng.IntN(3)]; n < 8 {
			for _, x := range rest[:n] {
				sum.Add(x)
			}
		} else {
			sum.AddSlice(rest[:n])
		}
		rest = rest[n:]
	}
	sums[0].Merge(&sums[1])
	sums[2].Merge(&sums[0])
	for name, got := range map[string]T{
		"SumExact": num.SumExact(s), "Accumulator": sums[2].Value(), "SumParallel": num.SumParallel(s, 2),
	} {
		if !same(got, want) {
			t.Errorf("%s(%v) = %v; want %v", name, s[:min(len(s), 20)], got, want)
		}
	}
	rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	if got := num.SumExact(s); !same(got, want) {
		t.Errorf("SumExact(%v) shuffled = %v; want %v", s[:min(len(s), 20)], got, want)
	}
}
