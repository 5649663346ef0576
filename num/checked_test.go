package num_test

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/goplinth/plinth/num"
	"golang.org/x/exp/constraints"
)

func TestSumChecked(t *testing.T) {
	testSumChecked(t, []int8{math.MaxInt8, 1, -1}, math.MaxInt8, nil)
	testSumChecked(t, []int8{math.MinInt8, -1}, 0, num.ErrOverflow)
	testSumChecked(t, []int16{math.MinInt16, -1, 1}, math.MinInt16, nil)
	testSumChecked(t, []int32{math.MaxInt32, 1}, 0, num.ErrOverflow)
	testSumChecked(t, []int64{math.MaxInt64, math.MaxInt64, math.MinInt64, math.MinInt64, 2}, 0, nil)
	testSumChecked(t, []int64{math.MaxInt64, 1}, 0, num.ErrOverflow)
	testSumChecked(t, []int{}, 0, nil)
	testSumChecked(t, []uint8{255, 0}, 255, nil)
	testSumChecked(t, []uint8{255, 1}, 0, num.ErrOverflow)
	testSumChecked(t, []uint64{math.MaxUint64, 1}, 0, num.ErrOverflow)
	testSumChecked(t, []uint64{math.MaxUint64}, math.MaxUint64, nil)
	testSumChecked(t, []uintptr{1, 2}, 3, nil)
	testSumChecked(t, []time.Duration{math.MaxInt64, 1}, 0, num.ErrOverflow)
}

func testSumChecked[T constraints.Integer](t *testing.T, in []T, want T, wantErr error) {
	t.Helper()
	if got, err := num.SumChecked(in); got != want || !errors.Is(err, wantErr) {
		t.Errorf("SumChecked(%T%v) = %d, %v; want %d, %v", in, in, got, err, want, wantErr)
	}
}

func TestSumCheckedErrorNamesTypeAndRemedy(t *testing.T) {
	_, err := num.SumChecked([]int8{100, 100})
	want := "num: sum of 2 values does not fit int8; convert them to a wider type first: result out of range"
	if err == nil || err.Error() != want {
		t.Errorf("SumChecked error = %v; want %v", err, want)
	}
}

// TestSumCheckedAgreesWithBig compares random slices of extreme values in
// random order with math/big, for a signed and an unsigned type.
func TestSumCheckedAgreesWithBig(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		signed := make([]int64, rng.IntN(8))
		unsigned := make([]uint64, len(signed))
		for i := range signed {
			signed[i] = int64(rng.Uint64()) >> rng.IntN(64)
			unsigned[i] = rng.Uint64() >> rng.IntN(64)
		}
		checkAgainstBig(t, signed)
		checkAgainstBig(t, unsigned)
	}
}

// checkAgainstBig compares all that is said to be exact about integers with
// math/big.
func checkAgainstBig[T constraints.Integer](t *testing.T, in []T) {
	t.Helper()
	exact := new(big.Int)
	for _, x := range in {
		exact.Add(exact, bigInt(x))
	}
	least, greatest := ^T(0), T(0)
	if least > 0 { // unsigned
		least, greatest = greatest, least
	} else {
		for least*2 < 0 {
			least *= 2
		}
		greatest = ^least
	}
	nearest := exact
	var wantErr error
	if exact.Cmp(bigInt(greatest)) > 0 {
		nearest, wantErr = bigInt(greatest), num.ErrOverflow
	} else if exact.Cmp(bigInt(least)) < 0 {
		nearest, wantErr = bigInt(least), num.ErrOverflow
	}
	want := nearest
	if wantErr != nil {
		want = new(big.Int)
	}
	var sum num.Accumulator[T]
	sum.AddSlice(in)
	for _, got := range []struct {
		name string
		sum  T
		err  error
		want *big.Int
	}{
		{"SumChecked", first(num.SumChecked(in)), second(num.SumChecked(in)), want},
		{"Accumulator.Checked", first(sum.Checked()), second(sum.Checked()), want},
		{"SumSaturating", num.SumSaturating(in), wantErr, nearest},
	} {
		if bigInt(got.sum).Cmp(got.want) != 0 || !errors.Is(got.err, wantErr) {
			t.Fatalf("%s(%d elements %T%v) = %v, %v; want %v, %v", got.name, len(in), in, in[:min(9, len(in))], got.sum, got.err, got.want, wantErr)
		}
	}
}

func first[T any](x T, _ error) T        { return x }
func second[T any](_ T, err error) error { return err }

func bigInt[T constraints.Integer](x T) *big.Int {
	if x < 0 {
		return big.NewInt(int64(x))
	}
	return new(big.Int).SetUint64(uint64(x))
}

// TestIntegersOfAllTypes sums extreme values of every type, in every length
// about those at which another loop takes over.
func TestIntegersOfAllTypes(t *testing.T) {
	testInteger[int](t)
	testInteger[int8](t)
	testInteger[int16](t)
	testInteger[int32](t)
	testInteger[int64](t)
	testInteger[uint](t)
	testInteger[uint8](t)
	testInteger[uint16](t)
	testInteger[uint32](t)
	testInteger[uint64](t)
	testInteger[uintptr](t)
	testInteger[time.Duration](t)
	testInteger[time.Month](t)
	testInteger[level](t)
}

type level int8

func testInteger[T constraints.Integer](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range 80 {
		in := make([]T, n+3)[3:] // at an odd address
		for shift := 0; shift < 64; shift += 1 + n%7 {
			for i := range in {
				in[i] = T(rng.Uint64()) >> shift
			}
			checkAgainstBig(t, in)
			want := T(0)
			for _, x := range in {
				want += x
			}
			var sum num.Accumulator[T]
			sum.AddSlice(in)
			for name, got := range map[string]T{
				"Sum": num.Sum(in), "SumOrdered": num.SumOrdered(in), "SumSeq": num.SumSeq(slices.Values(in)),
				"SumBy": num.SumBy(in, func(x T) T { return x }), "SumParallel": num.SumParallel(in, 3), "Accumulator.Value": sum.Value(),
			} {
				if got != want {
					t.Fatalf("%s(%T%v) = %v; want %v", name, in, in, got, want)
				}
			}
		}
	}
}

func TestSumWide(t *testing.T) {
	// So many that a lane of 16 or 32 bits would overflow if it were not
	// emptied in time.
	for _, n := range []int{1, 31, 32, 33, 8191, 8192, 8193, 300_000} {
		testWide(t, n, int8(math.MinInt8))
		testWide(t, n, int8(math.MaxInt8))
		testWide(t, n, int16(math.MinInt16))
		testWide(t, n, int16(math.MaxInt16))
		testWide(t, n, int32(math.MinInt32))
		testWide(t, n, int64(-1))
		testWide(t, n, level(-3))
		testWideUnsigned(t, n, uint8(math.MaxUint8))
		testWideUnsigned(t, n, uint16(math.MaxUint16))
		testWideUnsigned(t, n, uint32(math.MaxUint32))
		testWideUnsigned(t, n, uint64(1<<40))
	}
	if got, want := num.SumWide([]int64{math.MaxInt64, 1}), int64(math.MinInt64); got != want {
		t.Errorf("SumWide(MaxInt64, 1) = %d; want %d", got, want)
	}
	floats := []float32{1 << 24, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	if got, want := num.SumWideFloat(floats), float64(1<<24+16); got != want {
		t.Errorf("SumWideFloat(%v) = %v; want %v", floats, got, want)
	}
}

func testWide[T constraints.Signed](t *testing.T, n int, x T) {
	t.Helper()
	if got, want := num.SumWide(slices.Repeat([]T{x}, n)), int64(n)*int64(x); got != want {
		t.Errorf("SumWide(%d times %T(%d)) = %d; want %d", n, x, x, got, want)
	}
}

func testWideUnsigned[T constraints.Unsigned](t *testing.T, n int, x T) {
	t.Helper()
	if got, want := num.SumWideUnsigned(slices.Repeat([]T{x}, n)), uint64(n)*uint64(x); got != want {
		t.Errorf("SumWideUnsigned(%d times %T(%d)) = %d; want %d", n, x, x, got, want)
	}
}

func FuzzSumChecked(f *testing.F) {
	f.Add(int64(math.MaxInt64), int64(1), int64(-1))
	f.Add(int64(math.MinInt64), int64(math.MinInt64), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, a, b, c int64) {
		in := []int64{a, b, c}
		checkAgainstBig(t, in)
		want, wantErr := num.SumChecked(in)
		slices.Reverse(in)
		if got, err := num.SumChecked(in); got != want || (err == nil) != (wantErr == nil) {
			t.Errorf("SumChecked depends on the order: %v, %v and %v, %v", got, err, want, wantErr)
		}
		checkAgainstBig(t, []uint64{uint64(a), uint64(b), uint64(c)})
	})
}
