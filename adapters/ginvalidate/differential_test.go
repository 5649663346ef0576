package ginvalidate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gin-gonic/gin/binding"

	"github.com/goplinth/plinth/validate"
)

// ginsOwn is the validator that Gin comes with.
var ginsOwn = binding.Validator

type address struct {
	Street string `binding:"required"`
	Zip    string `binding:"len=5,numeric"`
}

type presence struct {
	Text    string         `binding:"required"`
	Number  int            `binding:"required"`
	Flag    bool           `binding:"required"`
	List    []string       `binding:"required"`
	Map     map[string]int `binding:"required"`
	Pointer *string        `binding:"required"`
}

type text struct {
	A string `binding:"omitempty,min=2,max=4"`
	B string `binding:"omitempty,len=3"`
	C string `binding:"omitempty,oneof=red green 'light blue'"`
	D string `binding:"omitempty,email"`
	E string `binding:"omitempty,startswith=go"`
	F string `binding:"omitempty,uuid|eq=none"`
	G string `binding:"omitempty,alphanum"`
	H string `binding:"omitempty,ipv4"`
}

type numbers struct {
	A int           `binding:"omitempty,gt=1,lt=5"`
	B uint8         `binding:"omitempty,gte=2,lte=4"`
	C float64       `binding:"omitempty,min=0.5"`
	D time.Duration `binding:"omitempty,max=1m"`
	E *int          `binding:"omitempty,ne=3"`
}

type related struct {
	Password string `binding:"required"`
	Again    string `binding:"eqfield=Password"`
	Kind     string `binding:"oneof=card cash"`
	Card     string `binding:"required_if=Kind card"`
	Phone    string `binding:"required_without=Mail"`
	Mail     string `binding:"omitempty,email"`
}

type nested struct {
	Home  address            `binding:"required"`
	Away  *address           `binding:"omitempty"`
	Many  []address          `binding:"max=2,dive"`
	ByKey map[string]address `binding:"dive,keys,min=2,endkeys"`
	Tags  []string           `binding:"unique,dive,min=1"`
	Any   any                `binding:"omitempty,min=2"`
	Undiv []address
	address
}

// TestAgreesWithGin compares the verdicts of both validators on values for which
// they are to be the same.
func TestAgreesWithGin(t *testing.T) {
	ours := newValidator(t, validate.Options{})
	home := address{"Main St 1", "12345"}
	full := presence{"a", 1, true, []string{}, map[string]int{}, new("")}
	var values []any
	add := func(v ...any) { values = append(values, v...) }

	add(full, &full, presence{}, []presence{full}, []presence{full, {}}, [2]*presence{&full, &full}, [][]presence{{full}, {{}}})
	for i := range 6 {
		p := full
		switch i {
		case 0:
			p.Text = ""
		case 1:
			p.Number = 0
		case 2:
			p.Flag = false
		case 3:
			p.List = nil
		case 4:
			p.Map = nil
		case 5:
			p.Pointer = nil
		}
		add(&p)
	}
	for _, s := range []string{"", "a", "ab", "äöü", "abcde", "red", "light blue", "light", "a@b.example", "a@", "go", "gopher", sku, "none",
		"127.0.0.1", "127.0.0.256", "::1", "a b"} {
		add(text{A: s}, text{B: s}, text{C: s}, text{D: s}, text{E: s}, text{F: s}, text{G: s}, text{H: s})
	}
	for n := range 8 {
		add(numbers{A: n}, numbers{B: uint8(n)}, numbers{C: float64(n) / 4}, numbers{D: time.Duration(n) * 15 * time.Second}, numbers{E: &n})
	}
	for _, r := range []related{
		{}, {Password: "a"}, {Password: "a", Again: "a", Kind: "cash", Phone: "1"}, {Password: "a", Again: "b", Kind: "cash", Phone: "1"},
		{Password: "a", Again: "a", Kind: "card", Phone: "1"}, {Password: "a", Again: "a", Kind: "card", Card: "4", Phone: "1"},
		{Password: "a", Again: "a", Kind: "cash"}, {Password: "a", Again: "a", Kind: "cash", Mail: "a@b.example"}, {Password: "a", Again: "a", Kind: "cash", Mail: "a"},
	} {
		add(r)
	}
	for _, change := range []func(*nested){
		func(*nested) {},
		func(n *nested) { n.Home.Zip = "1234x" },
		func(n *nested) { n.Away = &address{} },
		func(n *nested) { n.Away = &home },
		func(n *nested) { n.Many = []address{home, {}} },
		func(n *nested) { n.Many = []address{home, home, home} },
		func(n *nested) { n.ByKey = map[string]address{"ab": home} },
		func(n *nested) { n.ByKey = map[string]address{"a": home} },
		func(n *nested) { n.ByKey = map[string]address{"ab": {}} },
		func(n *nested) { n.Tags = []string{"a", "b"} },
		func(n *nested) { n.Tags = []string{"a", "a"} },
		func(n *nested) { n.Tags = []string{"a", ""} },
		func(n *nested) { n.Any = "ab" },
		func(n *nested) { n.Any = 1 },
		func(n *nested) { n.Undiv = []address{{}} },
		func(n *nested) { n.address = address{} },
	} {
		n := nested{Home: home, address: home}
		change(&n)
		add(n, &n, []nested{n})
	}
	add(nil, 7, "a", []string{""}, map[string]presence{"a": {}}, new(any(&presence{})), new(new(full)), []any{}, struct{}{})

	for i, v := range values {
		theirs := ginsOwn.ValidateStruct(v)
		if got := ours.ValidateStruct(v); (got == nil) != (theirs == nil) {
			t.Errorf("%d: ValidateStruct(%T: %+v) = %v; Gin's says %v", i, v, v, got, theirs)
		}
	}
}

// TestDiffersFromGin has the rows of the table in the package comment.
func TestDiffersFromGin(t *testing.T) {
	ours := newValidator(t, validate.Options{})
	for _, tt := range []struct {
		name         string
		v            any
		ours, theirs string // "ok", "error" or "panic"
	}{
		{"null for a pointer", new(*presence), "error", "panic"},
		{"null in a list of pointers", []*presence{nil}, "error", "panic"},
		{"a struct in a list of interfaces", []any{presence{}}, "ok", "error"},
	} {
		if got := verdict(ours, tt.v); got != tt.ours {
			t.Errorf("%s: %s; want %s", tt.name, got, tt.ours)
		}
		if got := verdict(ginsOwn, tt.v); got != tt.theirs {
			t.Errorf("%s: Gin's own: %s; the table says %s", tt.name, got, tt.theirs)
		}
	}
}

func verdict(v binding.StructValidator, in any) (result string) {
	defer func() {
		if recover() != nil {
			result = "panic"
		}
	}()
	if v.ValidateStruct(in) != nil {
		return "error"
	}
	return "ok"
}

func BenchmarkValidateStruct(b *testing.B) {
	ours := newValidator(b, validate.Options{})
	in := &order{Email: "ann@example.com", Items: []item{{sku, 1}, {sku, 2}, {sku, 3}}}
	for _, impl := range []struct {
		name string
		v    binding.StructValidator
	}{{"plinth", ours}, {"gin", ginsOwn}} {
		b.Run(fmt.Sprintf("items=%d/impl=%s", len(in.Items), impl.name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := impl.v.ValidateStruct(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
