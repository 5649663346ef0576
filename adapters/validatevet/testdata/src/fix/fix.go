// Package fix has mistakes that can be corrected, and some that cannot.
package fix

type form struct {
	Password string   `validate:"requird,min=8"`                            // want `did you mean required\?`
	Again    string   `json:"again" validate:"required, eqfield = Pasword"` // want `did you mean Password\?`
	Email    string   `validate:"required=true,email"`                      // want `takes no parameter`
	Kind     string   `validate:"required,,oneof=card cash"`                // want `a rule is missing`
	First    string   `validate:",required"`                                // want `a rule is missing`
	Last     string   `validate:"required,"`                                // want `a rule is missing`
	Card     string   `validate:"required_if=Kid card Password x"`          // want `did you mean Kind\?`
	Either   string   `validate:"emial|uuid"`                               // want `did you mean email\?`
	Both     string   `validate:"emial,uiud"`                               // want `did you mean email\?` `did you mean uuid\?`
	Twice    []string `validate:"mni=1,dive,mni=1"`                         // want `did you mean min\?`
	Nested   int      `validate:"gtfield=Innr.X"`                           // want `did you mean Inner\?`
	Inner    struct{ X int }

	Escaped  string "validate:\"emial\""                 // want `did you mean email\?`
	Wrong    int    `validate:"emial"`                   // want `did you mean email\?`
	Nonsense string `validate:"nonsense"`                // want `unknown rule`
	Number   int    `validate:"min=one"`                 // want `is not a 64-bit whole number`
	Only     string `validate:","`                       // want `a rule is missing`
	Group    string `validate:"email||uuid"`             // want `a rule is missing`
	Neither  string `validate:"ipv5"`                    // want `did you mean ipv4 or ipv6\?`
	Keyed    string `xvalidate:"emial" validate:"emial"` // want `did you mean email\?`
}
