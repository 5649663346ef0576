package num

import "math"

// Variance returns the sample variance of s: the sum of the squared distances
// from the mean, divided by len(s)-1. It returns NaN if s has fewer than two
// elements, or one that is infinite or NaN. For the variance of a whole population
// multiply it by float64(len(s)-1)/float64(len(s)).
//
// It goes through s twice, for the mean and for the distances, and makes good what
// the rounding of the mean spoilt (Chan, Golub and LeVeque, Algorithms for
// computing the sample variance, The American Statistician 37, 1983). So it is
// right for numbers that lie close together far from zero, such as times: the
// distances of integers are taken before anything is rounded. For finite
// elements it overflows only if the variance itself does.
func Variance[T Number](s []T) float64 {
	if len(s) < 2 {
		return math.NaN()
	}
	var around centre[T]
	if isFloat[T]() {
		around.float = meanFloat(s)
		if around.float-around.float != 0 {
			return math.NaN()
		}
	} else {
		whole, _, negative := meanInt(s)
		around.integer = T(whole)
		if negative {
			around.integer = -around.integer
		}
	}
	var d [block]float64
	v := around.sum(s, &d).variance(len(s))
	if v-v != 0 { // a square was too great
		around.scale = -600
		v = math.Ldexp(around.sum(s, &d).variance(len(s)), 1200)
	}
	return v
}

// A centre is a number near the mean, from which distances are taken: for
// integers the mean without its fraction, for floats the rounded mean.
type centre[T Number] struct {
	integer T
	float   float64

	// scale is the power of two with which floats are multiplied. With -600,
	// distances, which are less than 2^1025, become small enough for the squares
	// of any number of them.
	scale int
}

// sum adds up the distances of s, in blocks as sumTree does. It uses d.
func (c centre[T]) sum(s []T, d *[block]float64) distances {
	if len(s) > block {
		n := split(len(s))
		l, r := c.sum(s[:n], d), c.sum(s[n:], d)
		return distances{l.squares + r.squares, l.sum + r.sum}
	}
	switch {
	case isFloat[T]() && c.scale != 0:
		for i, x := range s {
			d[i] = math.Ldexp(float64(x), c.scale) - math.Ldexp(c.float, c.scale)
		}
	case isFloat[T]():
		for i, x := range s {
			d[i] = float64(x) - c.float
		}
	case size[T]() < 8:
		for i, x := range s {
			d[i] = float64(int64(x) - int64(c.integer))
		}
	default:
		// A difference of 64-bit integers has 65 bits. Those of the halves have
		// 33 and are exact as floats, the product with a power of two too, so
		// that only their sum is rounded, and nothing branches on the sign.
		for i, x := range s {
			upper := upperHalf(x) - upperHalf(c.integer)
			lower := int64(uint32(x)) - int64(uint32(c.integer))
			d[i] = float64(float64(upper)*(1<<32)) + float64(lower)
		}
	}
	return addDistances(d[:len(s)])
}

// upperHalf returns the upper half of a 64-bit integer, with its sign.
func upperHalf[T Number](x T) int64 {
	if isSigned[T]() {
		return int64(x) >> 32
	}
	return int64(uint64(x) >> 32)
}

// distances has the sum of the squared distances from a centre, and theirs.
type distances struct{ squares, sum float64 }

// variance returns the variance of the n elements that have the distances d.
func (d distances) variance(n int) float64 {
	return max(0, d.squares-float64(d.sum*d.sum)/float64(n)) / float64(n-1)
}

// addDistances adds up the distances d in four lanes. The products are converted to
// what they are already, which forbids the compiler to fuse them with the
// additions, as it otherwise does on some platforms.
func addDistances(d []float64) distances {
	var q0, q1, q2, q3, s0, s1, s2, s3 float64
	for len(d) >= 4 {
		p := (*[4]float64)(d)
		q0 += float64(p[0] * p[0])
		q1 += float64(p[1] * p[1])
		q2 += float64(p[2] * p[2])
		q3 += float64(p[3] * p[3])
		s0 += p[0]
		s1 += p[1]
		s2 += p[2]
		s3 += p[3]
		d = d[4:]
	}
	for _, x := range d {
		q0 += float64(x * x)
		s0 += x
	}
	return distances{(q0 + q1) + (q2 + q3), (s0 + s1) + (s2 + s3)}
}
