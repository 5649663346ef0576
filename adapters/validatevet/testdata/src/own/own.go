// Package own has rules of its own.
package own

import (
	"context"

	"github.com/goplinth/plinth/validate"
)

const odd = "odd"

var (
	_ = validate.Tag(odd, func(string) (func(int) bool, error) { return nil, nil })
	_ = validate.TagCtx[string]("fr"+"ee", func(string) (func(context.Context, string) (bool, error), error) { return nil, nil })
	_ = validate.Tag(variable(), func(string) (func(int) bool, error) { return nil, nil })
	_ = validate.Tag("dive", func(string) (func(int) bool, error) { return nil, nil })
)

func variable() string { return "even" }

type form struct {
	A int    `validate:"odd,min=1"`
	B string `validate:"free=name|email"`
	C int    `validate:"even"` // want `tag "even": unknown rule`
	D string `validate:"oddd"` // want `tag "oddd": unknown rule; did you mean odd\?`
	E string `validate:"given=7,other"`
	F string `validate:"regexp=@sku,regexp=@sku|regexp=@isbn"`
	G int    `validate:"regexp=@sku"` // want `regexp does not apply to int`
	H string `validate:"regexp=sku"`  // want `a pattern does not stand in a tag`
}
