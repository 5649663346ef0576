package bench

import (
	"fmt"
	"testing"

	"github.com/asaskevich/govalidator"
	ozzo "github.com/go-ozzo/ozzo-validation/v4"
	"github.com/go-ozzo/ozzo-validation/v4/is"
	"github.com/go-playground/validator/v10"
	"github.com/goplinth/plinth/validate"
)

type userCreate struct {
	Email    string `json:"email" validate:"required,email" valid:"required,email"`
	Name     string `json:"name" validate:"required,min=1" valid:"required,runelength(1|1000)"`
	Password string `json:"password" validate:"required,min=8" valid:"required,runelength(8|1000)"`
}

type plain struct {
	Name string `json:"name" validate:"required,min=2,max=50"`
	Age  int    `json:"age" validate:"gte=18,lte=130"`
	Plan string `json:"plan" validate:"required,oneof=free pro team"`
}

type orderLine struct {
	SKU   string `json:"sku" validate:"required,min=3,max=20"`
	Qty   int    `json:"qty" validate:"min=1,max=999"`
	Unit  string `json:"unit" validate:"oneof=piece kg m"`
	Price int64  `json:"price" validate:"gt=0"`
}

type purchase struct {
	ID    string      `json:"id" validate:"required,uuid"`
	Email string      `json:"email" validate:"required,email"`
	Money string      `json:"money" validate:"oneof=EUR USD GBP"`
	Lines []orderLine `json:"lines" validate:"min=1,max=100,dive"`
}

func newPurchase() *purchase {
	p := &purchase{ID: "f81d4fae-7dec-41d0-a765-00a0c91e6bf6", Email: "gopher@example.com", Money: "EUR"}
	for i := range 10 {
		p.Lines = append(p.Lines, orderLine{fmt.Sprintf("SKU%05d", i), i + 1, "kg", 199})
	}
	return p
}

// The values have as many errors as their names say.
var (
	userValid   = &userCreate{"gopher@example.com", "Gopher", "correct horse"}
	userErrors3 = &userCreate{"nobody", "", "short"}

	plainValid   = &plain{"Gopher", 21, "pro"}
	plainErrors3 = &plain{"G", 7, "gold"}

	orderValid   = newPurchase()
	orderErrors2 = func() *purchase {
		p := newPurchase()
		p.Lines[3].Qty, p.Lines[7].Unit = 0, "gallon"
		return p
	}()
)

// A validateImpl checks a value of one type and returns how many errors it has,
// where the library says.
type validateImpl[T any] struct {
	name  string
	check func(*T) error
}

func validateImpls[T any](tb testing.TB, others ...validateImpl[T]) []validateImpl[T] {
	tb.Helper()
	v, err := validate.For[T](validate.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	playground := validator.New(validator.WithRequiredStructEnabled())
	return append([]validateImpl[T]{
		{"plinth", v.Validate},
		{"plinth-struct", func(t *T) error { return validate.Struct(t) }},
		{"playground", func(t *T) error { return playground.Struct(t) }},
	}, others...)
}

func userImpls(tb testing.TB) []validateImpl[userCreate] {
	typed, err := validate.Schema(
		validate.Field("email", func(u *userCreate) string { return u.Email }, validate.Required[string](), validate.Email[string]()),
		validate.Field("name", func(u *userCreate) string { return u.Name }, validate.Required[string](), validate.MinLen[string](1)),
		validate.Field("password", func(u *userCreate) string { return u.Password }, validate.Required[string](), validate.MinLen[string](8)),
	)
	if err != nil {
		tb.Fatal(err)
	}
	return validateImpls(tb,
		validateImpl[userCreate]{"plinth-schema", typed.Validate},
		// EmailFormat, because is.Email looks the domain up in the network.
		validateImpl[userCreate]{"ozzo", func(u *userCreate) error {
			return ozzo.ValidateStruct(u,
				ozzo.Field(&u.Email, ozzo.Required, is.EmailFormat),
				ozzo.Field(&u.Name, ozzo.Required, ozzo.RuneLength(1, 0)),
				ozzo.Field(&u.Password, ozzo.Required, ozzo.RuneLength(8, 0)))
		}},
		validateImpl[userCreate]{"govalidator", func(u *userCreate) error {
			_, err := govalidator.ValidateStruct(u)
			return err
		}},
	)
}

// benchValidate runs every implementation on a value that is valid or not.
func benchValidate[T any](b *testing.B, name string, v *T, valid bool, impls []validateImpl[T]) {
	for _, impl := range impls {
		b.Run(name+"/impl="+impl.name, func(b *testing.B) {
			if err := impl.check(v); (err == nil) != valid {
				b.Fatalf("valid = %v; want %v: %v", err == nil, valid, err)
			}
			b.ReportAllocs()
			for b.Loop() {
				_ = impl.check(v)
			}
		})
	}
}

// BenchmarkValidate checks three bodies of requests, each with and without
// mistakes: a sign-up, one without an address, and an order of ten lines.
func BenchmarkValidate(b *testing.B) {
	users := userImpls(b)
	benchValidate(b, "body=user/errors=0", userValid, true, users)
	benchValidate(b, "body=user/errors=3", userErrors3, false, users)
	plains := validateImpls[plain](b)
	benchValidate(b, "body=plain/errors=0", plainValid, true, plains)
	benchValidate(b, "body=plain/errors=3", plainErrors3, false, plains)
	orders := validateImpls[purchase](b)
	benchValidate(b, "body=order/errors=0", orderValid, true, orders)
	benchValidate(b, "body=order/errors=2", orderErrors2, false, orders)
}

// BenchmarkValidateOneOf checks a word from several goroutines at once. A lock
// on the way shows as a time that grows with the processors.
func BenchmarkValidateOneOf(b *testing.B) {
	type form struct {
		Plan string `validate:"oneof=free pro team"`
	}
	for _, impl := range validateImpls[form](b) {
		b.Run("impl="+impl.name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				in := &form{"team"}
				for pb.Next() {
					if impl.check(in) != nil {
						b.Error("team is refused")
					}
				}
			})
		})
	}
}

// BenchmarkValidateVar checks a value that is in no struct.
func BenchmarkValidateVar(b *testing.B) {
	playground := validator.New()
	for _, impl := range []validateImpl[string]{
		{"plinth", func(s *string) error { return validate.Var(*s, "required,email") }},
		{"playground", func(s *string) error { return playground.Var(*s, "required,email") }},
	} {
		b.Run("impl="+impl.name, func(b *testing.B) {
			address := "gopher@example.com"
			b.ReportAllocs()
			for b.Loop() {
				if err := impl.check(&address); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
