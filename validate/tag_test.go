package validate_test

import (
	"errors"
	"testing"
	"time"

	"github.com/goplinth/plinth/validate"
)

func TestTagMistakes(t *testing.T) {
	testTagMistake(t, "", "requird", "requird", "unknown rule; did you mean required?")
	testTagMistake(t, "", "Required", "Required", "unknown rule; did you mean required?")
	testTagMistake(t, "", "required,", "", "a rule is missing; remove the extra comma or bar")
	testTagMistake(t, "", "required, -", "-", "- leaves out the whole field; write it without other rules")
	testTagMistake(t, "", "oneof='a|b'", "oneof='a|b'", "a quote is not closed; write a quoted word as in 'light blue'")
	testTagMistake(t, "", "required=true", "required=true", "required takes no parameter; write required")
	testTagMistake(t, "", "omitempty=", "omitempty=", "omitempty takes no parameter; write omitempty")
	testTagMistake(t, "", "email=x", "email=x", `email does not know "x"; write email, or email=idn for letters of all scripts`)
	testTagMistake(t, []int{}, "dive=2", "dive=2", "dive takes no parameter; write dive")
	testTagMistake(t, "", "min", "min", "min needs a parameter; write it as in min=3")
	testTagMistake(t, "", "max=", "max=", "max needs a parameter; write it as in max=3")
	testTagMistake(t, "", "oneof= ", "oneof=", "oneof needs a parameter; write it as in oneof=red green 'light blue'")
	testTagMistake(t, "", "oneof=a 'b", "oneof=a 'b", "a quote is not closed; write a quoted word as in 'light blue'")
	testTagMistake(t, "", "oneof='a'b", "oneof='a'b", "a quoted word runs into the next; put a space between them")

	testTagMistake(t, "", "min=0x3", "min=0x3", `"0x3" is not a length; write a whole number from 0 up in base 10`)
	testTagMistake(t, "", "min=-1", "min=-1", `"-1" is not a length; write a whole number from 0 up in base 10`)
	testTagMistake(t, []int{}, "len=1.5", "len=1.5", `"1.5" is not a length; write a whole number from 0 up in base 10`)
	testTagMistake(t, 0, "min=1_000", "min=1_000", `"1_000" is not a 64-bit whole number; write it in base 10`)
	testTagMistake(t, 0, "min=3 4", "min=3 4", `"3 4" is not a 64-bit whole number; write it in base 10`)
	testTagMistake(t, 0, "max=9223372036854775808", "max=9223372036854775808", `"9223372036854775808" is not a 64-bit whole number; write it in base 10`)
	testTagMistake(t, 0, "oneof=1 two", "oneof=1 two", `"two" is not a 64-bit whole number; write it in base 10`)
	testTagMistake(t, uint8(0), "min=-1", "min=-1", `"-1" is not a 64-bit whole number from 0 up; write it in base 10`)
	for _, param := range []string{"NaN", "inf", "-Infinity", "0x1p3", "1e999", "1_0"} {
		testTagMistake(t, 0.0, "min="+param, "min="+param, `"`+param+`" is not a number that fits float64; write it in base 10, as in 0.5`)
	}
	testTagMistake(t, float32(0), "max=1e39", "max=1e39", `"1e39" is not a number that fits float32; write it in base 10, as in 0.5`)
	testTagMistake(t, time.Second, "min=1day", "min=1day", `"1day" is not a duration; write it as in 1m30s`)

	const remedy = "; remove it or change the type of the field"
	testTagMistake(t, 0, "email", "email", "email does not apply to int, only to strings"+remedy)
	const dive = "; put dive in front of it to check the elements"
	testTagMistake(t, []byte{}, "email", "email", "email does not apply to []uint8, only to strings"+dive)
	testTagMistake(t, new(0), "email", "email", "email does not apply to int, only to strings"+remedy)
	testTagMistake(t, account{}, "email", "email", "email does not apply to validate_test.account, only to strings"+remedy)
	testTagMistake(t, true, "oneof=true", "oneof=true", "oneof does not apply to bool, only to strings and numbers"+remedy)
	testTagMistake(t, []string{}, "oneof=a b", "oneof=a b", "oneof does not apply to []string, only to strings and numbers"+dive)
	testTagMistake(t, true, "min=1", "min=1", "min does not apply to bool, only to strings, numbers, slices, arrays and maps"+remedy)
	testTagMistake(t, time.Time{}, "max=1", "max=1", "max does not apply to time.Time, only to strings, numbers, slices, arrays and maps"+remedy)
	testTagMistake(t, "", "dive,required", "dive", "dive does not apply to string, only to slices, arrays and maps"+remedy)
	testTagMistake(t, []string{}, "dive,dive", "dive", "dive does not apply to string, only to slices, arrays and maps"+remedy)

	testTagMistake[any](t, 1, "min=x", "min=x", `"x" is not a length; write a whole number from 0 up in base 10`)
	testTagMistake[any](t, 1, "dive,nope", "nope", "unknown rule; correct it, or register it with validate.Tag in Options.Tags")
}

// testTagMistake checks that tag has one mistake for values of type V, in its
// part wrong.
func testTagMistake[V any](t *testing.T, v V, tag, wrong, reason string) {
	t.Helper()
	_, err := validate.CheckTag(v, tag)
	e, ok := errors.AsType[*validate.TagError](err)
	if !ok || e.Tag != wrong || e.Reason != reason {
		t.Errorf("compiling %q for %T = %v; want %q: %s", tag, v, err, wrong, reason)
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 1 {
		t.Errorf("compiling %q for %T = %v; want one mistake", tag, v, err)
	}
}

func TestTagSpacesAndEscapes(t *testing.T) {
	testRule(t, "abc", " required , min=3 ,max = 3", "")
	testRule(t, "", " required , min=3", "required")
	testRule(t, "", "  ", "")
	testRule(t, "a,b", "oneof=a0x2Cb c", "")
	testRule(t, "a|b", "oneof=c a0x7Cb", "")
	testRule(t, "light, blue", "oneof='light0x2C blue' red", "")
	testRule(t, "red", "oneof='light blue'   red ", "")
	testRule(t, "light", "oneof='light blue' red", "one_of")
	testRule(t, "", "oneof='' red", "")
	testRule(t, "it's", "oneof=it's", "")
	testRule(t, "a=b", "oneof=a=b", "")
}

func TestSpaceAtTheEndOfATag(t *testing.T) {
	type form struct {
		Name string `validate:"required,excludes= "`
	}
	if err := validate.Struct(&form{"Ann"}); err != nil {
		t.Error(err)
	}
	if err := validate.Struct(&form{"Ann Lee"}); err == nil {
		t.Error("a name with a space satisfies excludes= ")
	}
}

func TestEscapesMayRepeat(t *testing.T) {
	testRule(t, "a,b,c", "eq=a0x2Cb0x2Cc", "")
	testRule(t, "a|b,c", "eq=a0x7Cb0x2Cc", "")
}

// TestMessageOfACodeThatEndsAnother looks for port, which hostname_port comes before.
func TestMessageOfACodeThatEndsAnother(t *testing.T) {
	testParam(t, "x", "port", nil, "must be a port number from 1 to 65535")
}
