// Package ginvalidate makes Gin check what it binds with package validate. A
// service changes one line, when it starts:
//
//	v, err := ginvalidate.New(validate.Options{})
//	if err != nil {
//		return err
//	}
//	binding.Validator = v
//
// The tags stay as they are, under the key "binding" as Gin has it, and so do
// the calls of ShouldBind and its like. A handler gets all that is wrong with
// a request, with the names that the client used:
//
//	var in SignUp
//	if err := c.ShouldBindJSON(&in); err != nil {
//		if errs, ok := errors.AsType[validate.Errors](err); ok {
//			c.JSON(errs.HTTPStatus(), errs)
//			return
//		}
//		c.Status(http.StatusBadRequest) // the body is not JSON
//		return
//	}
//
// # Start-up
//
// Gin knows the types that a service binds only when requests come, and that is
// when a mistake in a tag shows. [Validator.Compile] finds it before that:
//
//	err = v.Compile(SignUp{}, Order{})
//
// # What is checked
//
// As with Gin's own validator, it is structs, pointers to them, and slices and
// arrays of both, at any depth. Anything else, such as a map, has no rules and
// is accepted.
//
// The rules mean what they mean in package validate, whose documentation lists
// where that differs from go-playground/validator v10. Further differences to
// Gin's own validator:
//
//	case                              Gin                         this package
//	the error of a struct             validator.ValidationErrors  validate.Errors
//	the error of a slice              SliceValidationError        validate.Errors, as [1].qty
//	names in errors                   Go names                    those of Options.NameTag
//	rules of one's own                Engine, RegisterValidation  Options.Tags
//	null for a pointer to a struct    panics                      an error, "required"
//	null in a list of such pointers   panics                      an error, "required"
//	a struct in a list of interfaces  checked                     not checked
//
// Options.NameTag is the key of one struct tag for all requests, "json" if empty.
// A field that has only a form or uri tag is reported under its Go name.
//
// # Concurrency
//
// A [Validator] may be used from any number of goroutines, as Gin does.
// binding.Validator is a variable of Gin: set it before the first request.
package ginvalidate
