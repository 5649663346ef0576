package validate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/validate"
)

func TestErrors(t *testing.T) {
	err := validate.Struct(account{Email: "ann", Age: 3})
	if got, want := err.Error(), "validate: email: must be an e-mail address; age: must be at least 18"; got != want {
		t.Errorf("Error() = %q; want %q", got, want)
	}
	wrapped := fmt.Errorf("sign up: %w", err)
	errs, ok := errors.AsType[validate.Errors](wrapped)
	if !ok || len(errs) != 2 {
		t.Fatalf("AsType[Errors](%v) = %v, %v", wrapped, errs, ok)
	}
	if got := errs.HTTPStatus(); got != 422 {
		t.Errorf("HTTPStatus() = %d; want 422", got)
	}
	first, ok := errors.AsType[validate.FieldError](wrapped)
	if !ok || first.Error() != "email: must be an e-mail address" {
		t.Errorf("AsType[FieldError] = %v, %v", first, ok)
	}
	if got := errs.Unwrap(); len(got) != 2 || got[1].Error() != "age: must be at least 18" {
		t.Errorf("Unwrap() = %v", got)
	}
	if errors.Is(wrapped, io.EOF) {
		t.Error("Is(errs, io.EOF) = true")
	}
	if got := validate.Errors(nil).Error(); got != "validate: no errors" {
		t.Errorf("Errors(nil).Error() = %q", got)
	}
}

func TestErrorsAsJSON(t *testing.T) {
	type form struct {
		Email string            `json:"email" validate:"required"`
		Items []int             `json:"items" validate:"dive,min=1"`
		Wait  time.Duration     `json:"wait" validate:"min=1m30s"`
		Every time.Duration     `json:"every" validate:"oneof=1s 1m"`
		Color map[string]string `json:"color" validate:"dive,oneof=red green"`
		Zero  string            `json:"zero" validate:"max=0"`
	}
	err := validate.Struct(form{Items: []int{1, 0}, Color: map[string]string{"a<b": ""}, Zero: "x"})
	got, jsonErr := json.Marshal(err)
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	want := strings.Join([]string{
		`[{"path":"email","pointer":"/email","rule":"required","code":"required","message":"is required"}`,
		`{"path":"items[1]","pointer":"/items/1","rule":"min","code":"min","param":1,"message":"must be at least 1"}`,
		`{"path":"wait","pointer":"/wait","rule":"min","code":"min","param":"1m30s","message":"must be at least 1m30s"}`,
		`{"path":"every","pointer":"/every","rule":"oneof","code":"one_of","param":["1s","1m0s"],"message":"must be one of 1s, 1m"}`,
		`{"path":"color[\"a\u003cb\"]","pointer":"/color/a\u003cb","rule":"oneof","code":"one_of","param":["red","green"],"message":"must be one of red, green"}`,
		`{"path":"zero","pointer":"/zero","rule":"max","code":"max_length","param":0,"message":"must be at most 0 characters long"}]`,
	}, ",")
	if string(got) != want {
		t.Errorf("JSON =\n%s\nwant\n%s", got, want)
	}
	for _, none := range []validate.Errors{nil, {}} {
		if got, err := json.Marshal(none); err != nil || string(got) != "[]" {
			t.Errorf("Marshal(%#v) = %s, %v; want []", none, got, err)
		}
	}
}

// Nothing of a value is in its errors, however they are printed.
func TestErrorsHoldNoValues(t *testing.T) {
	const secret = "hunter2"
	type form struct {
		Email  string            `validate:"email"`
		Min    string            `validate:"min=30"`
		Max    []byte            `validate:"max=2"`
		OneOf  string            `validate:"oneof=a b"`
		List   []string          `validate:"dive,len=1"`
		Map    map[string]string `validate:"dive,len=1"`
		Any    any               `validate:"max=1s"`
		Number int               `validate:"max=10"`
		Depth  *form
	}
	in := form{secret, secret, []byte(secret), secret, []string{secret}, map[string]string{"k": secret}, secret, 271828, nil}
	in.Depth = &in
	err := validate.Struct(&in)
	errs, _ := errors.AsType[validate.Errors](err)
	asJSON, _ := json.Marshal(errs)
	for _, text := range []string{err.Error(), string(asJSON), fmt.Sprintf("%v %+v %#v %q", errs, errs, errs, errs), fmt.Sprintf("%#v", []validate.FieldError(errs))} {
		if len(errs) < 8 || strings.Contains(text, secret) || strings.Contains(text, "271828") {
			t.Errorf("the errors give the value away: %s", text)
		}
	}
}

func TestTagErrorText(t *testing.T) {
	type form struct {
		Age int `validate:"min=old"`
	}
	err := validate.Compile(form{})
	want := `validate: validate_test.form.Age: tag "min=old": "old" is not a 64-bit whole number; write it in base 10`
	if err == nil || err.Error() != want {
		t.Errorf("Compile = %v; want %v", err, want)
	}
}

// TestProblem writes the errors as the answer to a request, through a wrap.
func TestProblem(t *testing.T) {
	type form struct {
		Email string `json:"email" validate:"required,email"`
		Age   int    `json:"age" validate:"min=18"`
	}
	err := fmt.Errorf("sign up: %w", validate.Struct(&form{Email: "ann", Age: 7}))
	errs, ok := errors.AsType[validate.Errors](err)
	if !ok {
		t.Fatalf("Struct = %v; want Errors", err)
	}
	got, err := json.Marshal(errs.Problem())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"errors":[{"path":"email","pointer":"/email","rule":"email","code":"email","message":"must be an e-mail address"},` +
		`{"path":"age","pointer":"/age","rule":"min","code":"min","param":18,"message":"must be at least 18"}],` +
		`"status":422,"title":"Unprocessable Entity"}`
	if string(got) != want {
		t.Errorf("Problem() = %s; want %s", got, want)
	}
}
