package num_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/goplinth/plinth/num"
)

func ExampleSum() {
	laps := []time.Duration{61 * time.Second, 59 * time.Second}
	fmt.Println(num.Sum(laps))
	// Output: 2m0s
}

func ExampleSumChecked() {
	_, err := num.SumChecked([]int8{100, 100})
	fmt.Println(errors.Is(err, num.ErrOverflow))

	sum, err := num.SumChecked([]int8{100, 100, -100})
	fmt.Println(sum, err)
	// Output:
	// true
	// 100 <nil>
}

func ExampleMean() {
	fmt.Println(num.Mean([]int{1, 2}))
	// Output: 1.5
}

func ExampleMinMax() {
	lo, hi, ok := num.MinMax([]float64{20.5, 18, 23.5})
	fmt.Println(lo, hi, ok)
	// Output: 18 23.5 true
}
