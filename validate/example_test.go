package validate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/goplinth/plinth/validate"
)

type SignUp struct {
	Email    string   `json:"email" validate:"required,email"`
	Password string   `json:"password" validate:"required,min=8,max=72"`
	Plan     string   `json:"plan" validate:"omitempty,oneof=free team"`
	Tags     []string `json:"tags" validate:"max=5,dive,min=1,max=20"`
}

func ExampleStruct() {
	err := validate.Struct(&SignUp{Email: "ann@example.com", Password: "hunter2", Tags: []string{"go", ""}})
	errs, _ := errors.AsType[validate.Errors](err)
	for _, e := range errs {
		fmt.Println(e.Path.Pointer(), e.Code)
	}
	fmt.Println(err)
	// Output:
	// /password min_length
	// /tags/1 min_length
	// validate: password: must be at least 8 characters long; tags[1]: must be at least 1 character long
}

func ExampleFor() {
	signUps, err := validate.For[SignUp](validate.Options{MaxErrors: 1})
	if err != nil {
		panic(err) // a mistake in a tag, found when the program starts
	}
	in := SignUp{Email: "ann@example.com", Password: "correct horse"}
	fmt.Println(signUps.Validate(&in))
	in.Plan = "enterprise"
	fmt.Println(signUps.Validate(&in))
	// Output:
	// <nil>
	// validate: plan: must be one of free, team
}

func ExampleValidator_Valid() {
	signUps, err := validate.For[SignUp](validate.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println(signUps.Valid(&SignUp{Email: "ann"}))
	// Output: false
}

func ExampleCompile() {
	type Event struct {
		Name string `validate:"required,max=old"`
		At   string `validate:"rfc3339"`
	}
	fmt.Println(validate.Compile(SignUp{}, Event{}))
	// Output:
	// validate: validate_test.Event.Name: tag "max=old": "old" is not a length; write a whole number from 0 up in base 10
	// validate: validate_test.Event.At: tag "rfc3339": unknown rule; correct it, or register it with validate.Tag in Options.Tags
}

// Errors answer a request as they are.
func ExampleErrors() {
	err := validate.Struct(&SignUp{Email: "ann", Password: "correct horse"})
	if errs, ok := errors.AsType[validate.Errors](err); ok {
		fmt.Println(errs.HTTPStatus())
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		out.Encode(errs)
	}
	// Output:
	// 422
	// [
	//   {
	//     "path": "email",
	//     "pointer": "/email",
	//     "rule": "email",
	//     "code": "email",
	//     "message": "must be an e-mail address"
	//   }
	// ]
}

// Without dive, the structs in a slice are not looked at. It is the rule that
// is forgotten most often.
func ExampleStruct_forgottenDive() {
	type Line struct {
		Qty int `json:"qty" validate:"min=1"`
	}
	type Wrong struct {
		Lines []Line `json:"lines" validate:"max=100"`
	}
	type Right struct {
		Lines []Line `json:"lines" validate:"max=100,dive"`
	}
	fmt.Println(validate.Struct(&Wrong{Lines: []Line{{Qty: 0}}}))
	fmt.Println(validate.Struct(&Right{Lines: []Line{{Qty: 0}}}))
	// Output:
	// <nil>
	// validate: lines[0].qty: must be at least 1
}

// A framework hands over values of all types. Their tags are compiled in
// advance, so that a mistake shows before the first request.
func ExampleValidator_Compile() {
	all, err := validate.For[any](validate.Options{Tag: "binding"})
	if err != nil {
		panic(err)
	}
	type Event struct {
		Name string `json:"name" binding:"required"`
	}
	fmt.Println(all.Compile(Event{}))
	var body any = []Event{{Name: "launch"}, {}}
	fmt.Println(all.Validate(&body))
	// Output:
	// <nil>
	// validate: [1].name: is required
}
