// Package config words the mistakes in an Options value.
//
// Every New in this module checks its Options through a [Check], so that all
// mistakes are reported at once and each one reads the same way in every
// package: the field, its value, the value's type, and what to write instead.
package config

import (
	"errors"
	"fmt"
)

// A Check collects the mistakes found in one Options value.
type Check struct {
	pkg  string
	errs []error
}

// For returns an empty Check whose errors start with the package name pkg.
func For(pkg string) *Check { return &Check{pkg: pkg} }

// Require records a mistake in field unless ok holds. The remedy completes
// the sentence "field is value (type): ...".
func (c *Check) Require(ok bool, field string, value any, remedy string) {
	if ok {
		return
	}
	c.errs = append(c.errs, fmt.Errorf("%s: %s is %v (%T): %s", c.pkg, field, value, value, remedy))
}

// Err returns all recorded mistakes joined, in the order of the checks, or
// nil when there are none.
func (c *Check) Err() error { return errors.Join(c.errs...) }
