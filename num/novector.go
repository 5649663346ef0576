//go:build !goexperiment.simd || !amd64

package num

// sumVector reports that there is no sum by vector instructions.
func sumVector[T Number]([]T) (sum T, ok bool) { return sum, false }
