package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var stdout strings.Builder
	run(&stdout)
	for _, pattern := range []string{
		`^answer: 200 1400 cents each$`,
		`^level=ERROR msg="request failed" path=/split err="parse bill: missing field guests" err\.kind="invalid argument" err\.code=missing_field$`,
		`^answer: 400 \{"code":"missing_field","detail":"The bill has no field guests\.","status":400,"title":"Bad Request"\}$`,
		`^level=ERROR msg="request failed" path=/split err="split bill: division by zero" cents=4200 guests=0$`,
		`^answer: 500 \{"status":500,"title":"Internal Server Error"\}$`,
		`^answer: 400 \{"detail":"The bill is not JSON\.","status":400,"title":"Bad Request"\}$`,
		`^split bill: division by zero\n\nsplit bill: division by zero\n  at \S+\.splitBill \(.*main\.go:\d+\): split bill cents=4200 guests=0\n  errors\.Const: division by zero$`,
		`^division by zero: false\ninvalid argument: true\nmissing: guests$`,
	} {
		if !regexp.MustCompile("(?m)" + pattern).MatchString(stdout.String()) {
			t.Errorf("output has no match of %q:\n%s", pattern, stdout.String())
		}
	}
}
