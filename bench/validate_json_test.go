package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-playground/validator/v10"
	"github.com/goplinth/plinth/validate"
)

type jsonUser struct {
	Email    string `json:"email" validate:"required,email"`
	Name     string `json:"name" validate:"required,min=1"`
	Password string `json:"password" validate:"required,min=8"`
}

type jsonItem struct {
	SKU   string  `json:"sku" validate:"required,len=8"`
	Qty   int     `json:"qty" validate:"min=1,max=100"`
	Price float64 `json:"price" validate:"min=0"`
	Unit  string  `json:"unit" validate:"oneof=piece kg m"`
}

type jsonOrder struct {
	Email string            `json:"email" validate:"required,email"`
	Items []jsonItem        `json:"items" validate:"min=1,max=10000,dive"`
	Notes map[string]string `json:"notes" validate:"max=10,dive,max=100"`
}

const jsonUserBody = `{"email":"gopher@example.com","name":"Gopher","password":"correct horse"}`

func jsonOrderBody(items int) string {
	var b strings.Builder
	b.WriteString(`{"email":"gopher@example.com","items":[`)
	for i := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"sku":"SKU%05d","qty":%d,"price":%d.95,"unit":"piece"}`, i, i%100+1, i)
	}
	b.WriteString(`],"notes":{"floor":"3","gift":"yes"}}`)
	return b.String()
}

// A jsonBinder decodes a body strictly and validates what it decoded.
type jsonBinder[T any] struct {
	name string
	bind func(r io.Reader) (T, error)
}

// decodeThen returns what a service does without a binder: decode strictly, and
// check.
func decodeThen[T any](check func(*T) error) func(io.Reader) (T, error) {
	return func(r io.Reader) (T, error) {
		var in T
		d := json.NewDecoder(r)
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			return in, err
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return in, errors.New("trailing data")
		}
		return in, check(&in)
	}
}

// jsonBinders returns what there is for a body that becomes a T. The peer is
// what handlers write by hand: a Decoder that refuses unknown fields, the check
// that nothing follows, and go-playground/validator. It reports the first
// mistake of decoding, and does not notice duplicate names or invalid UTF-8.
// The last one is no peer: it does not validate, and says what json.Unmarshal
// costs.
func jsonBinders[T any](tb testing.TB) []jsonBinder[T] {
	v, err := validate.For[T](validate.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	playground := validator.New(validator.WithRequiredStructEnabled())
	return []jsonBinder[T]{
		{"plinth", func(r io.Reader) (T, error) { return v.JSON(r) }},
		{"decoder-playground", decodeThen(func(in *T) error { return playground.Struct(in) })},
		{"decoder-plinth", decodeThen(v.Validate)},
		{"unmarshal-only", func(r io.Reader) (T, error) {
			var in T
			body, err := io.ReadAll(r)
			if err != nil {
				return in, err
			}
			return in, json.Unmarshal(body, &in)
		}},
	}
}

func benchmarkJSON[T any](b *testing.B, name, body string, valid bool) {
	for _, impl := range jsonBinders[T](b) {
		if !valid && impl.name == "unmarshal-only" {
			continue
		}
		b.Run("body="+name+"/impl="+impl.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			r := bytes.NewReader(nil)
			for b.Loop() {
				r.Reset([]byte(body))
				if _, err := impl.bind(struct{ io.Reader }{r}); (err == nil) != valid {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkValidateJSON takes bodies from the bytes to the checked value, as a
// handler of requests does. The reader does not tell its length, as that of a
// request does not.
func BenchmarkValidateJSON(b *testing.B) {
	benchmarkJSON[jsonUser](b, "user", jsonUserBody, true)
	benchmarkJSON[jsonOrder](b, "order-10", jsonOrderBody(10), true)
	benchmarkJSON[jsonOrder](b, "order-1000", jsonOrderBody(1000), true)
	benchmarkJSON[jsonUser](b, "user-wrong", strings.Replace(jsonUserBody, `"Gopher"`, "7", 1), false)
	benchmarkJSON[jsonOrder](b, "order-10-invalid", strings.Replace(jsonOrderBody(10), `"qty":8`, `"qty":0`, 1), false)
}
