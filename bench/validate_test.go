package bench

import (
	"testing"

	"github.com/go-playground/validator/v10"
	"github.com/goplinth/plinth/validate"
)

type userCreate struct {
	Email    string   `json:"email" validate:"required,email"`
	Name     string   `json:"name" validate:"required,min=1,max=100"`
	Password string   `json:"password" validate:"required,min=8"`
	Plan     string   `json:"plan" validate:"oneof=free pro team"`
	Tags     []string `json:"tags" validate:"max=10,dive,min=1"`
}

// BenchmarkValidate checks the body of a sign-up, a good one and a bad one.
func BenchmarkValidate(b *testing.B) {
	valid := userCreate{"gopher@example.com", "Gopher", "correct horse", "pro", []string{"a", "b"}}
	invalid := userCreate{"nobody", "", "short", "gold", []string{"a", ""}}
	v, err := validate.For[userCreate](validate.Options{})
	if err != nil {
		b.Fatal(err)
	}
	playground := validator.New(validator.WithRequiredStructEnabled())
	for _, body := range []*userCreate{&valid, &invalid} {
		name := "valid"
		if body == &invalid {
			name = "invalid"
		}
		b.Run("body="+name, func(b *testing.B) {
			b.Run("impl=plinth", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := v.Validate(body); (err == nil) != (name == "valid") {
						b.Fatal(err)
					}
				}
			})
			b.Run("impl=playground", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := playground.Struct(body); (err == nil) != (name == "valid") {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
