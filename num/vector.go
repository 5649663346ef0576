//go:build goexperiment.simd && amd64

package num

import "simd/archsimd"

// sumVector returns what sumTree does if there are vector instructions for T. It
// knows the types by their names; a type that is named otherwise is added up
// without vectors, to the same sum.
func sumVector[T Number](s []T) (sum T, ok bool) {
	if !archsimd.X86.AVX2() {
		return sum, false
	}
	switch s := any(s).(type) {
	case []float64:
		sum, ok = T(sumTreeFloat64(s)), true
	case []float32:
		sum, ok = T(sumTreeFloat32(s)), true
	}
	if ok {
		archsimd.ClearAVXUpperBits()
	}
	return sum, ok
}

// pair is two blocks, which are added up at the same time, so that a processor has
// enough independent additions under way. They are a subtree of the order. With
// four blocks of float64, one of the eight sums would not stay in a register.
const pair = 2 * block

func sumTreeFloat64(s []float64) float64 {
	switch {
	case len(s) < pair:
		return sumTree(s)
	case len(s) == pair:
		return sumPairFloat64((*[pair]float64)(s))
	}
	n := split(len(s))
	return sumTreeFloat64(s[:n]) + sumTreeFloat64(s[n:])
}

func sumTreeFloat32(s []float32) float32 {
	switch {
	case len(s) < pair:
		return sumTree(s)
	case len(s) == pair:
		return sumPairFloat32((*[pair]float32)(s))
	}
	n := split(len(s))
	return sumTreeFloat32(s[:n]) + sumTreeFloat32(s[n:])
}

// sumPairFloat64 holds the lanes of a block in two vectors.
func sumPairFloat64(s *[pair]float64) float64 {
	var a, al, b, bl archsimd.Float64x4
	for i := 0; i < block; i += lanes {
		p := (*[lanes]float64)(s[i:])
		a = a.Add(archsimd.LoadFloat64x4((*[4]float64)(p[:4])))
		al = al.Add(archsimd.LoadFloat64x4((*[4]float64)(p[4:])))
		p = (*[lanes]float64)(s[i+block:])
		b = b.Add(archsimd.LoadFloat64x4((*[4]float64)(p[:4])))
		bl = bl.Add(archsimd.LoadFloat64x4((*[4]float64)(p[4:])))
	}
	return joinFloat64(a, al) + joinFloat64(b, bl)
}

func joinFloat64(low, high archsimd.Float64x4) float64 {
	var l [lanes]float64
	low.Store((*[4]float64)(l[:4]))
	high.Store((*[4]float64)(l[4:]))
	return join(&l)
}

// sumPairFloat32 holds the lanes of a block in one vector.
func sumPairFloat32(s *[pair]float32) float32 {
	var a, b archsimd.Float32x8
	for i := 0; i < block; i += lanes {
		a = a.Add(archsimd.LoadFloat32x8((*[lanes]float32)(s[i:])))
		b = b.Add(archsimd.LoadFloat32x8((*[lanes]float32)(s[i+block:])))
	}
	return joinFloat32(a) + joinFloat32(b)
}

func joinFloat32(v archsimd.Float32x8) float32 {
	var l [lanes]float32
	v.Store(&l)
	return join(&l)
}
