package validate_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/goplinth/plinth/validate"
)

func ExampleTag() {
	multiple := validate.Tag("multiple", func(param string) (func(int) bool, error) {
		n, err := strconv.Atoi(param) // once, when the type is compiled
		if err != nil || n == 0 {
			return nil, fmt.Errorf("%q is not a number other than 0", param)
		}
		return func(v int) bool { return v%n == 0 }, nil
	})
	type Parcel struct {
		Bottles int `json:"bottles" validate:"multiple=6"`
	}
	parcels, err := validate.For[Parcel](validate.Options{Tags: []validate.TagRule{multiple.WithMessage("must come in sixes")}})
	if err != nil {
		panic(err)
	}
	fmt.Println(parcels.Validate(&Parcel{13}))
	// Output: validate: bottles: must come in sixes
}

func ExampleTagCtx() {
	type user struct{}
	free := validate.TagCtx("free", func(string) (func(context.Context, string) (bool, error), error) {
		return func(ctx context.Context, name string) (bool, error) {
			return name != "ann" || ctx.Value(user{}) == "ann", nil // asks a database, say
		}, nil
	})
	type Rename struct {
		Name string `json:"name" validate:"required,free"`
	}
	renames, err := validate.For[Rename](validate.Options{Tags: []validate.TagRule{free.WithMessage("is taken")}})
	if err != nil {
		panic(err)
	}
	fmt.Println(renames.ValidateCtx(context.Background(), &Rename{"ann"}))
	fmt.Println(renames.ValidateCtx(context.WithValue(context.Background(), user{}, "ann"), &Rename{"ann"}))
	// Output:
	// validate: name: is taken
	// <nil>
}

func ExampleRegexp() {
	type Page struct {
		Slug string `json:"slug" validate:"regexp=@slug"`
	}
	slug := validate.Regexp("slug", regexp.MustCompile(`^[a-z0-9-]{1,40}$`)).WithMessage("must be of letters, digits and hyphens")
	pages, err := validate.For[Page](validate.Options{Tags: []validate.TagRule{slug}})
	if err != nil {
		panic(err)
	}
	fmt.Println(pages.Validate(&Page{"Hello, world"}))
	// Output: validate: slug: must be of letters, digits and hyphens
}

func ExampleVar() {
	fmt.Println(validate.Var("ann", "required,email"))
	fmt.Println(validate.Var([]int{3, 7}, "dive,max=5"))
	// Output:
	// validate: must be an e-mail address
	// validate: [1]: must be at most 5
}

// Account is Validatable with a context.
type Account struct{ Owner string }

type caller struct{}

func (a Account) ValidateCtx(ctx context.Context) error {
	if ctx.Value(caller{}) != a.Owner {
		return errors.New("belongs to somebody else")
	}
	return nil
}

func ExampleStructCtx() {
	type Transfer struct {
		From Account `json:"from"`
	}
	ctx := context.WithValue(context.Background(), caller{}, "ann")
	fmt.Println(validate.StructCtx(ctx, &Transfer{Account{"ann"}}))
	fmt.Println(validate.StructCtx(ctx, &Transfer{Account{"bob"}}))
	// Output:
	// <nil>
	// validate: from: belongs to somebody else
}

func ExampleValidator_Partial() {
	signUps, err := validate.For[SignUp](validate.Options{})
	if err != nil {
		panic(err)
	}
	patched := SignUp{Email: "ann@example.com", Plan: "gold"}
	fmt.Println(signUps.Partial(&patched, "plan"))
	fmt.Println(signUps.Partial(&patched, "email"))
	// Output:
	// validate: plan: must be one of free, team
	// <nil>
}

func ExampleValidator_Slice() {
	signUps, err := validate.For[SignUp](validate.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println(signUps.Slice([]SignUp{{Email: "ann@example.com", Password: "correct horse"}, {Email: "bob@example.com"}}))
	// Output: validate: [1].password: is required
}
