package validate_test

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/goplinth/plinth/validate"
)

// paths returns String and Pointer of each path in err.
func paths(err error) (list []string) {
	errs, _ := errors.AsType[validate.Errors](err)
	for _, e := range errs {
		list = append(list, e.Path.String()+" "+e.Path.Pointer())
	}
	return list
}

func TestPath(t *testing.T) {
	type item struct {
		Qty int `json:"qty" validate:"min=1"`
	}
	type doc struct {
		Items  []item                  `json:"items" validate:"dive"`
		Grid   [2][]string             `json:"grid" validate:"dive,dive,required"`
		Labels map[string]string       `json:"labels" validate:"dive,required"`
		Nested map[string]map[int]item `json:"nested" validate:"dive,dive"`
		Slash  string                  `json:"a/b~c" validate:"required"`
	}
	err := validate.Struct(&doc{
		Items:  []item{{1}, {2}, {3}, {0}},
		Grid:   [2][]string{{"x"}, {"y", ""}},
		Labels: map[string]string{"": "", "a b": "", "env": "", "3": "", "x/~1": "", `q"`: "", "é": "", "_x9": "", "ok": "y", "a.b": "", "\xff\n": ""},
		Nested: map[string]map[int]item{"k": {-3: {}}},
	})
	want := []string{
		"items[3].qty /items/3/qty",
		"grid[1][1] /grid/1/1",
		`labels[""] /labels/`,
		`labels["3"] /labels/3`,
		"labels[_x9] /labels/_x9",
		`labels["a b"] /labels/a b`,
		`labels["a.b"] /labels/a.b`,
		"labels[env] /labels/env",
		`labels["q\""] /labels/q"`,
		`labels["x/~1"] /labels/x~1~01`,
		`labels["é"] /labels/é`,
		`labels["\xff\n"] ` + "/labels/\xff\n",
		"nested[k][-3].qty /nested/k/-3/qty",
		"a/b~c /a~1b~0c",
	}
	if got := paths(err); !slices.Equal(got, want) {
		t.Errorf("paths =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if zero := (validate.Path{}); zero.String() != "" || zero.Pointer() != "" {
		t.Errorf("zero Path = %q, %q; want empty", zero.String(), zero.Pointer())
	}
}

type brokenKey struct{ _ int }

func (brokenKey) MarshalText() ([]byte, error) { return nil, errors.New("broken") }

type panickyKey struct{ _ int }

func (*panickyKey) MarshalText() ([]byte, error) { panic("broken") }

// testKey checks how a path shows key as the key of a map.
func testKey[K comparable](t *testing.T, key K, want, wantPointer string) {
	t.Helper()
	err, _ := validate.CheckTag(map[K]string{key: ""}, "dive,required")
	errs, ok := errors.AsType[validate.Errors](err)
	if !ok {
		t.Fatalf("map[%T]: %v; want Errors", key, err)
	}
	if got := errs[0].Path; got.String() != "v["+want+"]" || got.Pointer() != "/v/"+wantPointer {
		t.Errorf("map[%T]: path = %s, %s; want v[%s], /v/%s", key, got.String(), got.Pointer(), want, wantPointer)
	}
}

func TestMapKeys(t *testing.T) {
	testKey(t, colour("red"), "red", "red")
	testKey(t, int8(-1), "-1", "-1")
	testKey(t, uint64(math.MaxUint64), "18446744073709551615", "18446744073709551615")
	testKey(t, 1.5, "1.5", "1.5")
	testKey(t, math.NaN(), "NaN", "NaN")
	testKey(t, true, "true", "true")
	testKey(t, netip.MustParseAddr("192.0.2.1"), `"192.0.2.1"`, "192.0.2.1")
	testKey(t, struct{ a int }{1}, `"struct { a int }"`, "struct { a int }")
	testKey(t, [2]int{}, `"[2]int"`, "[2]int")
	testKey(t, 1i, "complex128", "complex128")
	testKey(t, new(0), `"*int"`, "*int")
	testKey(t, (*int)(nil), `"*int"`, "*int")
	testKey(t, make(chan int), `"chan int"`, "chan int")
	testKey(t, brokenKey{}, `"validate_test.brokenKey"`, "validate_test.brokenKey")
	testKey(t, &panickyKey{}, `"*validate_test.panickyKey"`, "*validate_test.panickyKey")
	testKey(t, (*panickyKey)(nil), `"*validate_test.panickyKey"`, "*validate_test.panickyKey")
	testKey[any](t, nil, "null", "null")
	testKey[any](t, "x y", `"x y"`, "x y")
	testKey[any](t, 7, "7", "7")
	testKey[fmt.Stringer](t, nil, "null", "null")
}

func TestLongMapKeys(t *testing.T) {
	key := strings.Repeat("k", 300)
	testKey(t, key, key, key)
	key = strings.Repeat("k", 1024)
	testKey(t, key, key, key)
	cut := strings.Repeat("k", 1021) + "…"
	testKey(t, key+"k", `"`+cut+`"`, cut)
	cut = strings.Repeat("é", 510) + "…" // 1,021 bytes would split the last
	testKey(t, strings.Repeat("é", 600_000), `"`+cut+`"`, cut)
}
