// Package num adds up numbers of any integer or floating-point type.
//
//	total := num.Sum([]float64{0.5, 0.25})          // 0.75
//	units, err := num.SumChecked([]int8{100, 100})  // num.ErrOverflow
//
// Every function takes named types such as time.Duration, leaves its input as
// it is, allocates nothing, and may be called from any number of goroutines.
//
// # Overflow
//
// [Sum] wraps around on integer overflow, as + does. [SumChecked] decides
// overflow by the exact mathematical sum: it does not matter whether a partial
// sum leaves the range of the type on the way.
//
// # Floats
//
// [Sum] and [Mean] add floats from left to right. NaN and infinities follow
// IEEE 754: any NaN makes the result NaN, and so do infinities of both signs.
package num
