package validate_test

import (
	"fmt"
	"testing"

	"github.com/goplinth/plinth/validate"
)

type userCreate struct {
	Email    string `json:"email" validate:"required,email"`
	Name     string `json:"name" validate:"required,min=1"`
	Password string `json:"password" validate:"required,min=8"`
}

type orderItem struct {
	SKU  string `json:"sku" validate:"required,len=8"`
	Qty  int    `json:"qty" validate:"min=1,max=100"`
	Unit string `json:"unit" validate:"oneof=piece kg m"`
}

type order struct {
	Email string            `json:"email" validate:"required,email"`
	Items []orderItem       `json:"items" validate:"min=1,max=100,dive"`
	Notes map[string]string `json:"notes" validate:"max=10,dive,max=100"`
}

func newOrder() order {
	o := order{Email: "ann@example.com", Notes: map[string]string{"gift": "yes", "floor": "3"}}
	for i := range 10 {
		o.Items = append(o.Items, orderItem{SKU: fmt.Sprintf("SKU%05d", i), Qty: i + 1, Unit: "kg"})
	}
	return o
}

func BenchmarkUser(b *testing.B) {
	v, err := validate.For[userCreate](validate.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		user userCreate
	}{
		{"valid", userCreate{"ann@example.com", "Ann", "correct horse"}},
		{"invalid", userCreate{"ann@", "", "short"}},
	} {
		b.Run("user="+c.name+"/via=Valid", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.Valid(&c.user)
			}
		})
		b.Run("user="+c.name+"/via=Validate", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.Validate(&c.user)
			}
		})
		b.Run("user="+c.name+"/via=Struct", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				validate.Struct(&c.user)
			}
		})
	}
}

func BenchmarkOrder(b *testing.B) {
	v, err := validate.For[order](validate.Options{})
	if err != nil {
		b.Fatal(err)
	}
	valid, invalid := newOrder(), newOrder()
	invalid.Items[7].Qty, invalid.Items[9].SKU = 0, ""
	for name, o := range map[string]*order{"valid": &valid, "invalid": &invalid} {
		b.Run("order="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.Validate(o)
			}
		})
	}
}

func BenchmarkEmail(b *testing.B) {
	for _, s := range []string{"ann@example.com", "first.last+tag@mail.example.co.uk"} {
		b.Run(fmt.Sprintf("len=%d", len(s)), func(b *testing.B) {
			for b.Loop() {
				validate.IsEmail(s)
			}
		})
	}
}
