package german_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/validate"
	"github.com/goplinth/plinth/validate/german"
)

func Example() {
	type signUp struct {
		Email string `json:"email" validate:"required,email"`
		Age   int    `json:"alter" validate:"min=18"`
	}
	err := validate.Struct(&signUp{Email: "ann", Age: 7})
	fmt.Println(err.(validate.Errors).Translate(german.Messages{}))
	// Output: validate: email: muss eine E-Mail-Adresse sein; alter: muss mindestens 18 sein
}

// codes are those that the package comment of validate lists, but for "invalid",
// which comes with a text.
const codes = "required excluded empty length min_length max_length items min_items max_items equal not_equal min max between greater less " +
	"future past one_of none_of unique equal_field not_equal_field min_field max_field greater_field less_field contains_field excludes_field " +
	"contains containsany excludes excludesall startswith startsnotwith endswith endsnotwith not_blank datetime pattern any_of type " +
	"max_depth max_errors alpha alphaspace alphanum alphanumspace alphaunicode alphanumunicode ascii printascii lowercase uppercase boolean " +
	"number numeric email url uri http_url https_url ip ipv4 ipv6 cidr cidrv4 cidrv6 mac hostname hostname_rfc1123 fqdn hostname_port port " +
	"uuid uuid_rfc4122 uuid4 uuid4_rfc4122 uuid7 ulid e164 timezone json jwt base64 base64url base64rawurl hexadecimal hexcolor sha256 semver " +
	"cron latitude longitude credit_card iso3166_1_alpha2 iso4217 bcp47_language_tag mongodb duration jsonpointer"

// Every code of package validate has a German text, and a foreign one none.
func TestEveryCodeHasAText(t *testing.T) {
	for code := range strings.FieldsSeq(codes) {
		e := validate.FieldError{Code: code, Rule: code, Param: 3}
		switch code {
		case "type":
			e.Param = []string{"string", "number", "boolean", "duration", "time", "list", "plain list", "object"}
		case "any_of":
			e.Param = []string{"ip", "fqdn"}
		}
		if got := (german.Messages{}).Message(e); got == "" {
			t.Errorf("Message(%s) is empty", code)
		}
	}
	for _, e := range []validate.FieldError{{Code: "even"}, {Code: "type", Param: []string{"main.Money"}}} {
		if got := (german.Messages{}).Message(e); got != "" {
			t.Errorf("Message(%+v) = %q; want an empty string", e, got)
		}
	}
}

func TestMessages(t *testing.T) {
	for _, tt := range []struct {
		e    validate.FieldError
		want string
	}{
		{validate.FieldError{Code: "min_items", Param: 1}, "muss mindestens 1 Eintrag haben"},
		{validate.FieldError{Code: "max_items", Param: 2}, "darf höchstens 2 Einträge haben"},
		{validate.FieldError{Code: "max", Param: 1.5}, "darf höchstens 1,5 sein"},
		{validate.FieldError{Code: "max", Param: 90 * time.Second}, "darf höchstens 1m30s sein"},
		{validate.FieldError{Code: "between", Param: []int{1, 5}}, "muss von 1 bis 5 reichen"},
		{validate.FieldError{Code: "one_of", Param: []string{"rot", "blau"}}, "muss einer dieser Werte sein: rot, blau"},
		{validate.FieldError{Code: "startswith", Param: "DE"}, "muss mit „DE“ beginnen"},
		{validate.FieldError{Code: "any_of", Param: []string{"ipv4", "min=3"}}, "muss ipv4 oder min=3 erfüllen"},
		{validate.FieldError{Code: "any_of", Param: []string{"ipv4", "fqdn"}}, "muss eine IPv4-Adresse oder ein vollständiger Domainname sein"},
	} {
		if got := (german.Messages{}).Message(tt.e); got != tt.want {
			t.Errorf("Message(%+v) = %q; want %q", tt.e, got, tt.want)
		}
	}
}
