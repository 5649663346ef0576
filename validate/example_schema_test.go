package validate_test

import (
	"fmt"
	"regexp"

	"github.com/goplinth/plinth/validate"
)

type Item struct {
	SKU string
	Qty int
}

type Order struct {
	Email    string
	Items    []Item
	Labels   map[string]string
	Shipping *Address
	Gift     bool
	Note     string
	From, To int
}

type Address struct{ City string }

func email(o *Order) string             { return o.Email }
func lines(o *Order) []Item             { return o.Items }
func labels(o *Order) map[string]string { return o.Labels }

func ExampleSchema() {
	items, err := validate.Schema(
		validate.Field("sku", func(i *Item) string { return i.SKU }, validate.Required[string]()),
		validate.Field("qty", func(i *Item) int { return i.Qty }, validate.Between(1, 99)),
	)
	if err != nil {
		panic(err) // a mistake in a rule, found when the program starts
	}
	orders, err := validate.Schema(
		validate.Field("email", email, validate.Required[string](), validate.Email[string]()),
		validate.Field("items", lines, validate.Each(validate.Nested(items))),
	)
	if err != nil {
		panic(err)
	}
	fmt.Println(orders.Validate(&Order{Email: "ann", Items: []Item{{"A1", 1}, {"A2", 100}}}))
	// Output: validate: email: must be an e-mail address; items[1].qty: must be from 1 to 99
}

func ExampleSchemaWith() {
	orders, err := validate.SchemaWith(validate.Options{AllRules: true},
		validate.Field("email", email, validate.Email[string](), validate.MaxLen[string](5)))
	if err != nil {
		panic(err)
	}
	fmt.Println(orders.Validate(&Order{Email: "nobody"}))
	// Output: validate: email: must be an e-mail address; email: must be at most 5 characters long
}

// show validates o with the field rule given and prints the outcome.
func show(f validate.FieldRule[Order], o Order) {
	v, err := validate.Schema(f)
	if err != nil {
		panic(err)
	}
	fmt.Println(v.Validate(&o))
}

func ExampleField() {
	show(validate.Field("email", email, validate.Required[string]()), Order{})
	// Output: validate: email: is required
}

func ExampleWhen() {
	note := func(o *Order) string { return o.Note }
	rule := validate.When(func(o *Order) bool { return o.Gift }, validate.Field("note", note, validate.Required[string]()))
	show(rule, Order{})
	show(rule, Order{Gift: true})
	// Output:
	// <nil>
	// validate: note: is required
}

func ExampleCompare() {
	from, to := func(o *Order) int { return o.From }, func(o *Order) int { return o.To }
	show(validate.Compare("to", to, validate.Greater, "from", from), Order{From: 3, To: 3})
	// Output: validate: to: must be greater than from
}

func ExampleEach() {
	known := validate.Func("known", func(i Item) bool { return i.SKU != "" })
	show(validate.Field("items", lines, validate.Each(known)), Order{Items: []Item{{"A1", 1}, {"", 1}}})
	// Output: validate: items[1]: must satisfy known
}

func ExampleKeys() {
	show(validate.Field("labels", labels, validate.Keys[string, string](validate.MaxLen[string](3))), Order{Labels: map[string]string{"colour": "red"}})
	// Output: validate: labels[colour]: must be at most 3 characters long
}

func ExampleValues() {
	show(validate.Field("labels", labels, validate.Values[string](validate.Required[string]())), Order{Labels: map[string]string{"colour": ""}})
	// Output: validate: labels[colour]: is required
}

func ExampleNested() {
	items, err := validate.Schema(validate.Field("qty", func(i *Item) int { return i.Qty }, validate.Min(1)))
	if err != nil {
		panic(err)
	}
	show(validate.Field("items", lines, validate.Each(validate.Nested(items))), Order{Items: []Item{{"A1", 0}}})
	// Output: validate: items[0].qty: must be at least 1
}

func ExampleNestedPtr() {
	addresses, err := validate.Schema(validate.Field("city", func(a *Address) string { return a.City }, validate.Required[string]()))
	if err != nil {
		panic(err)
	}
	rule := validate.Field("shipping", func(o *Order) *Address { return o.Shipping }, validate.NestedPtr(addresses))
	show(rule, Order{})
	show(rule, Order{Shipping: &Address{}})
	// Output:
	// <nil>
	// validate: shipping.city: is required
}

func ExampleRequired() {
	fmt.Println(validate.Required[int]().Check(0), validate.Required[int]().Check(7))
	// Output: false true
}

func ExampleMin() {
	fmt.Println(validate.Min(18).Check(17), validate.Min(0.5).Check(0.5))
	// Output: false true
}

func ExampleMax() {
	fmt.Println(validate.Max(99).Check(100), validate.Max(99).Check(99))
	// Output: false true
}

func ExampleBetween() {
	fmt.Println(validate.Between(1, 99).Check(0), validate.Between(1, 99).Check(99))
	// Output: false true
}

func ExampleMinLen() {
	fmt.Println(validate.MinLen[string](3).Check("ab"), validate.MinLen[string](3).Check("äöü"))
	// Output: false true
}

func ExampleMaxLen() {
	fmt.Println(validate.MaxLen[string](3).Check("abcd"), validate.MaxLen[string](3).Check("äöü"))
	// Output: false true
}

func ExampleOneOf() {
	plan := validate.OneOf("free", "team")
	fmt.Println(plan.Check("gold"), plan.Check("team"))
	// Output: false true
}

func ExampleEmail() {
	fmt.Println(validate.Email[string]().Check("ann"), validate.Email[string]().Check("ann@example.com"))
	// Output: false true
}

func ExampleURL() {
	fmt.Println(validate.URL[string]().Check("javascript:alert(1)"), validate.URL[string]().Check("https://example.com/"))
	// Output: false true
}

func ExampleUUID() {
	fmt.Println(validate.UUID[string]().Check("42"), validate.UUID[string]().Check("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"))
	// Output: false true
}

func ExampleIP() {
	fmt.Println(validate.IP[string]().Check("192.0.2.256"), validate.IP[string]().Check("2001:db8::1"))
	// Output: false true
}

func ExampleMatch() {
	slug := validate.Match(regexp.MustCompile(`^[a-z-]+$`))
	fmt.Println(slug.Check("A b"), slug.Check("a-b"))
	// Output: false true
}

func ExampleFunc() {
	even := validate.Func("even", func(n int) bool { return n%2 == 0 })
	even.Message = "must be even"
	quantity := func(i *Item) int { return i.Qty }
	items, err := validate.Schema(validate.Field("qty", quantity, even))
	if err != nil {
		panic(err)
	}
	fmt.Println(items.Validate(&Item{Qty: 3}))
	// Output: validate: qty: must be even
}
