// Package num adds up numbers of any integer or floating-point type.
//
//	total := num.Sum([]float64{0.5, 0.25})          // 0.75
//	units, err := num.SumChecked([]int8{100, 100})  // num.ErrOverflow
//	exact := num.SumExact([]float64{1e100, 1, -1e100}) // 1, where a loop has 0
//
// Every function takes named types such as time.Duration, leaves its input as
// it is, and may be called from any number of goroutines. None of them panics
// because of a number. [Quantile] allocates a copy, [SumParallel] what its
// goroutines need, and [SumSeq] its state; the others allocate nothing.
//
// # Choosing
//
//   - [Sum]: the fastest, for integers that fit and floats of ordinary size.
//   - [SumBy] and [SumSeq]: the same sum, of a function's values or of a sequence.
//   - [SumOrdered]: a plain loop, where old results are to be matched to the bit.
//   - [SumChecked] and [SumSaturating]: an integer sum that may not fit its type.
//   - [SumWide], [SumWideUnsigned] and [SumWideFloat]: the sum in 64 bits.
//   - [SumAccurate]: floats that cancel each other, at the cost of a loop.
//   - [SumExact]: floats whose sum must be right to the last bit in any order.
//   - [Accumulator]: an exact sum of numbers that come one by one, on one
//     goroutine or on several; [SumParallel] is that for a slice.
//   - [Mean], [MinMax], [Variance], [Quantile]: what is asked about a series next.
//
// # Overflow
//
// [Sum] wraps around on integer overflow, as + does. [SumChecked] and
// [SumSaturating] decide by the exact mathematical sum: it does not matter
// whether a partial sum leaves the range of the type on the way.
//
// # Order of floats
//
// Addition of floats is not associative, so that the order shows in the last
// bits. It depends on the length of the slice alone:
//
//   - Fewer than 16 elements are added from left to right, beginning with +0.
//   - A longer slice is cut into blocks of 256 elements, of which the last may be
//     shorter. A block has eight lanes, which begin with +0. Lane k adds elements
//     k, k+8, k+16 and so on of the block, from left to right. The sum of the block
//     is ((0+1)+(2+3)) + ((4+5)+(6+7)), where the numbers stand for the lanes.
//   - The sums of the blocks are added in a binary tree. The left side of the
//     root has as many blocks as the greatest power of two that is less than their
//     number, the right side has the rest, and both are trees of the same kind.
//
// [Sum], [SumBy], [SumSeq], [SumWideFloat] and, for floats, [Mean] keep to it.
// Each addition is rounded to the type in which it is made, and none is fused with
// a multiplication, so that the same elements give the same bits on every platform,
// with vector instructions or without.
//
// # NaN, infinities and zeros
//
// The sum of no elements is zero, and a sum that is zero is +0, also that of
// negative zeros. A NaN makes every sum NaN, and so do infinities of both signs;
// an infinity of one sign makes it that infinity. For finite elements [Sum] becomes
// infinite when a partial sum overflows, and NaN when two that did have opposite
// signs. [SumAccurate], [SumExact] and [Accumulator] are infinite only if the
// exact sum rounds to an infinity.
//
// # Vectors
//
// A program for amd64 that is built with GOEXPERIMENT=simd adds up floats by AVX2
// instructions where the processor has them. It gets the same bits, sooner.
package num
