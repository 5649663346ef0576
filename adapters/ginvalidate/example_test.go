package ginvalidate_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"

	"github.com/goplinth/plinth/adapters/ginvalidate"
	"github.com/goplinth/plinth/validate"
)

type SignUp struct {
	Email    string `json:"email" binding:"required,email"`
	Password string `json:"password" binding:"required,min=8"`
}

func Example() {
	v, err := ginvalidate.New(validate.Options{})
	if err != nil {
		panic(err)
	}
	if err := v.Compile(SignUp{}); err != nil {
		panic(err) // a mistake in a tag
	}
	before := binding.Validator
	binding.Validator = v
	defer func() { binding.Validator = before }() // a service needs none of this

	engine := gin.New()
	engine.POST("/users", func(c *gin.Context) {
		var in SignUp
		if err := c.ShouldBindJSON(&in); err != nil {
			if errs, ok := errors.AsType[validate.Errors](err); ok {
				c.IndentedJSON(errs.HTTPStatus(), errs)
				return
			}
			c.Status(http.StatusBadRequest)
			return
		}
		c.Status(http.StatusCreated)
	})

	answer := httptest.NewRecorder()
	engine.ServeHTTP(answer, httptest.NewRequest("POST", "/users", strings.NewReader(`{"email": "ann@example.com", "password": "hunter2"}`)))
	fmt.Println(answer.Code)
	fmt.Println(answer.Body)
	// Output:
	// 422
	// [
	//     {
	//         "path": "password",
	//         "pointer": "/password",
	//         "rule": "min",
	//         "code": "min_length",
	//         "param": 8,
	//         "message": "must be at least 8 characters long"
	//     }
	// ]
}

func ExampleNew() {
	_, err := ginvalidate.New(validate.Options{MaxErrors: -1})
	fmt.Println(err)
	// Output: validate: Options.MaxErrors is -1 (int): must be 1 or more, or 0 for the default of 100
}

func ExampleValidator_Compile() {
	type Event struct {
		Name string `binding:"required, max=old"`
	}
	v, err := ginvalidate.New(validate.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println(v.Compile(SignUp{}, Event{}))
	// Output: validate: ginvalidate_test.Event.Name: tag "max=old": "old" is not a length; write a whole number from 0 up in base 10
}
