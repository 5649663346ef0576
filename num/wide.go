package num

import "golang.org/x/exp/constraints"

// SumWide returns the sum of signed integers as an int64. For types of up to
// 32 bits it is exact; for those of 64 bits it wraps around, as [Sum] does. Bytes
// and 16-bit integers are added several at a time.
func SumWide[T constraints.Signed](s []T) int64 {
	if size[T]() <= 2 {
		return sumSmall(s)
	}
	return sumWideLanes[int64](s)
}

// SumWideUnsigned is [SumWide] for unsigned integers and a uint64.
func SumWideUnsigned[T constraints.Unsigned](s []T) uint64 {
	if size[T]() <= 2 {
		return uint64(sumSmall(s))
	}
	return sumWideLanes[uint64](s)
}

// SumWideFloat returns the sum of floats as a float64. Each element is
// converted first, so that float32 elements lose nothing to rounding in between;
// the order is that of [Sum], which for float64 is all it does.
func SumWideFloat[T constraints.Float](s []T) float64 {
	return sumWideFloat(s)
}

// sumWideFloat is SumWideFloat for Mean, which takes any number.
func sumWideFloat[T Number](s []T) float64 {
	switch {
	case len(s) >= laned && size[T]() == 8:
		return float64(sumLong(s))
	case len(s) >= laned:
		return sumWideTree(s)
	}
	sum := 0.0
	for _, x := range s {
		sum += float64(x)
	}
	return sum
}
