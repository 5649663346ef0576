// Package binding has tags of two keys.
package binding

type form struct {
	A string `binding:"emial" validate:"emial"` // want `tag "emial"` `tag "emial"`
	B string `binding:"emial" json:"b"`         // want `^form.B: tag "emial"`
	C bool   `binding:"required"`
}
