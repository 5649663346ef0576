package validate_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/goplinth/plinth/validate"
)

func TestOrderAgainstAStableSort(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		keys, want := make([]int, n), make([]int, n)
		for i := range keys {
			keys[i], want[i] = random.IntN(n), i
		}
		slices.SortStableFunc(want, func(i, j int) int { return keys[i] - keys[j] })
		if got := validate.Order(n, func(i, j int) bool { return keys[i] < keys[j] }); !slices.Equal(got, want) {
			t.Fatalf("order of %v is %v; want %v", keys, got, want)
		}
	}
}
