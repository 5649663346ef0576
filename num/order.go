package num

import "math/bits"

// The order in which floats are added is laid down in the package comment:
// lanes within a block, and the sums of the blocks in a binary tree. Pairwise
// addition in a tree keeps the rounding error at log2 of the number of blocks
// (Higham, The accuracy of floating point summation, SIAM J. Sci. Comput. 14,
// 1993). The functions below all keep to it, and so does the one for vectors.

// sumLanes adds up s in eight lanes: lane k gets the elements k, k+8, k+16 and
// so on.
//
// It stands beside sumWideLanes because a conversion to the type that a float has
// already is an order to the compiler, to round, which keeps it from adding
// straight from memory; then the lanes no longer fit the registers.
func sumLanes[T Number](s []T) T {
	var a, b, c, d, e, f, g, h T
	// Two rows at a time halve the work of the loop itself. The conversion to
	// an array pointer leaves one bounds check for the sixteen elements.
	for len(s) >= 2*lanes {
		p := (*[2 * lanes]T)(s)
		a += p[0]
		b += p[1]
		c += p[2]
		d += p[3]
		e += p[4]
		f += p[5]
		g += p[6]
		h += p[7]
		a += p[8]
		b += p[9]
		c += p[10]
		d += p[11]
		e += p[12]
		f += p[13]
		g += p[14]
		h += p[15]
		s = s[2*lanes:]
	}
	if len(s) >= lanes {
		p := (*[lanes]T)(s)
		a += p[0]
		b += p[1]
		c += p[2]
		d += p[3]
		e += p[4]
		f += p[5]
		g += p[6]
		h += p[7]
		s = s[lanes:]
	}
	// The lanes are independent, so that it does not matter which is first.
	switch len(s) {
	case 7:
		g += s[6]
		fallthrough
	case 6:
		f += s[5]
		fallthrough
	case 5:
		e += s[4]
		fallthrough
	case 4:
		d += s[3]
		fallthrough
	case 3:
		c += s[2]
		fallthrough
	case 2:
		b += s[1]
		fallthrough
	case 1:
		a += s[0]
	}
	return ((a + b) + (c + d)) + ((e + f) + (g + h))
}

// sumWideLanes is sumLanes for elements that are converted to W first.
func sumWideLanes[W, T Number](s []T) W {
	var a, b, c, d, e, f, g, h W
	for len(s) >= lanes {
		p := (*[lanes]T)(s)
		a += W(p[0])
		b += W(p[1])
		c += W(p[2])
		d += W(p[3])
		e += W(p[4])
		f += W(p[5])
		g += W(p[6])
		h += W(p[7])
		s = s[lanes:]
	}
	lane := [lanes]W{a, b, c, d, e, f, g, h}
	for i, x := range s {
		lane[i] += W(x)
	}
	return join(&lane)
}

// join adds up the lanes of a block, neighbours first.
func join[T Number](l *[lanes]T) T {
	return ((l[0] + l[1]) + (l[2] + l[3])) + ((l[4] + l[5]) + (l[6] + l[7]))
}

// sumTree adds up the blocks of s in the order for floats.
func sumTree[T Number](s []T) T {
	if len(s) <= block {
		return sumLanes(s)
	}
	n := split(len(s))
	return sumTree(s[:n]) + sumTree(s[n:])
}

// sumWideTree is sumTree for elements that are converted to float64 first.
func sumWideTree[T Number](s []T) float64 {
	if len(s) <= block {
		return sumWideLanes[float64](s)
	}
	n := split(len(s))
	return sumWideTree(s[:n]) + sumWideTree(s[n:])
}

// split returns how many of n elements, which are more than one block, are on
// the left of the root: as many blocks as the greatest power of two that leaves
// something for the right. With that, a tree can grow at its right end without
// a change to what is complete; see streamed.
func split(n int) int {
	return block << (bits.Len(uint(n-1)/block) - 1)
}

// sumTreeBy is sumTree for the values of f.
func sumTreeBy[S any, T Number](s []S, f func(S) T) T {
	if len(s) > block {
		n := split(len(s))
		return sumTreeBy(s[:n], f) + sumTreeBy(s[n:], f)
	}
	var lane [lanes]T
	for i, x := range s {
		lane[i%lanes] += f(x)
	}
	return join(&lane)
}

// streamed is sumTree for values that come one at a time.
type streamed[T Number] struct {
	n    int // values so far
	head T   // sum of the first values, in case they are not enough for lanes
	lane [lanes]T

	// subtree[i] is the sum of 1<<i blocks if that bit is set in n/block: the
	// subtrees that are complete, the leftmost in the highest place.
	subtree [bits.UintSize]T
}

func (s *streamed[T]) add(x T) {
	if s.n < laned {
		s.head += x
	}
	s.lane[s.n%lanes] += x
	s.n++
	if s.n%block == 0 {
		s.endBlock()
	}
}

// endBlock adds the block that is now full to the tree. As in a binary counter,
// it makes one subtree of two while there are two of a size.
func (s *streamed[T]) endBlock() {
	sum := join(&s.lane)
	s.lane = [lanes]T{}
	level := bits.TrailingZeros(uint(s.n / block))
	for i := range level {
		sum = s.subtree[i] + sum
	}
	s.subtree[level] = sum
}

func (s *streamed[T]) value() T {
	if s.n < laned {
		return s.head
	}
	sum := join(&s.lane) // of the block that is open, or zero
	blocks := uint(s.n / block)
	for ; blocks != 0; blocks &= blocks - 1 {
		sum = s.subtree[bits.TrailingZeros(blocks)] + sum
	}
	return sum
}
