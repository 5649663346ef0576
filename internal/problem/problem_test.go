package problem_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/goplinth/plinth/internal/problem"
)

func TestUnmarshal(t *testing.T) {
	for in, want := range map[string]problem.Object{
		`{}`:   {},
		`null`: {},
		`{"type":"https://example.com/no-credit","title":"No credit","status":403,"detail":"Balance is 30","instance":"/account/7","balance":30}`: {
			Type: "https://example.com/no-credit", Title: "No credit", Status: 403, Detail: "Balance is 30", Instance: "/account/7",
			Extensions: map[string]any{"balance": 30.0},
		},
		`{"status":"403","title":7,"detail":null}`: {},
		`{"status":403.5}`:                         {},
	} {
		var got problem.Object
		if err := json.Unmarshal([]byte(in), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Unmarshal(%s) = %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{``, `7`, `[]`, `{`} {
		var got problem.Object
		if err := json.Unmarshal([]byte(in), &got); err == nil {
			t.Errorf("Unmarshal(%q) = %+v; want an error", in, got)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	for _, want := range []problem.Object{
		{},
		{Type: "t", Title: "x", Status: 422, Detail: "d", Instance: "i", Extensions: map[string]any{"errors": []any{"a"}}},
	} {
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got problem.Object
		if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("round trip of %+v through %s = %+v, %v", want, data, got, err)
		}
	}
	data, err := json.Marshal(problem.Object{Title: "x", Extensions: map[string]any{"title": "y", "status": 7}})
	if want := `{"title":"x"}`; err != nil || string(data) != want {
		t.Errorf("Marshal = %s, %v; want %s", data, err, want)
	}
}
