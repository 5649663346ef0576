package validate

// order returns the numbers from 0 up to n in the order of less, and those that it
// does not tell apart as they are. It is a merge sort from the bottom up. The sorts
// of package slices are faster, but compiled anew for each type of element: for the
// few that this package sorts, that is up to a tenth of what it adds to a program.
func order(n int, less func(i, j int) bool) []int {
	list, merged := make([]int, n), make([]int, n)
	for i := range list {
		list[i] = i
	}
	for size := 1; size < n; size *= 2 {
		for start := 0; start < n; start += 2 * size {
			left, middle := start, min(start+size, n)
			right, end := middle, min(middle+size, n)
			for i := start; i < end; i++ {
				if left == middle || right < end && less(list[right], list[left]) {
					merged[i] = list[right]
					right++
				} else {
					merged[i] = list[left]
					left++
				}
			}
		}
		list, merged = merged, list
	}
	return list
}
