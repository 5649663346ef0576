package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var stdout, stderr strings.Builder
	if status := run([]string{"-example"}, nil, &stdout, &stderr); status != 0 || stderr.Len() > 0 {
		t.Errorf("exit status %d, standard error %q; want 0 and nothing", status, stderr.String())
	}
	want := []map[string]string{
		{},
		{"/email": "email", "/password": "min_length", "/age": "min", "/tags": "unique"},
		{"/emial": "unknown_field", "/age": "type", "/email": "required"},
		{"/previous_password": "not_equal_field"},
		{"": "syntax"},
	}
	answers := json.NewDecoder(strings.NewReader(stdout.String()))
	for i, codes := range want {
		var status int
		var problem struct {
			Status int
			Errors []struct{ Pointer, Code string }
		}
		if err := answers.Decode(&status); err != nil {
			t.Fatalf("answer %d: %v in\n%s", i, err, stdout.String())
		}
		if err := answers.Decode(&problem); err != nil {
			t.Fatalf("answer %d: %v in\n%s", i, err, stdout.String())
		}
		if wantStatus := map[bool]int{true: 201, false: 422}[len(codes) == 0]; status != wantStatus {
			t.Errorf("answer %d has status %d; want %d", i, status, wantStatus)
		}
		got := make(map[string]string)
		for _, e := range problem.Errors {
			got[e.Pointer] = e.Code
		}
		if len(got) != len(codes) {
			t.Errorf("answer %d is about %v; want %v", i, got, codes)
		}
		for pointer, code := range codes {
			if got[pointer] != code {
				t.Errorf("answer %d says %q about %s; want %q", i, got[pointer], pointer, code)
			}
		}
	}
	if strings.Contains(stdout.String(), "correct horse") {
		t.Error("an answer shows a password")
	}
}

func TestStandardInput(t *testing.T) {
	user := `{"email": "ann@example.com", "password": "correct horse", "age": 30}`
	if status := run(nil, strings.NewReader(user), io.Discard, io.Discard); status != 0 {
		t.Errorf("a valid user: exit status %d; want 0", status)
	}
	if status := run(nil, strings.NewReader("{}"), io.Discard, io.Discard); status != 1 {
		t.Errorf("a user without anything: exit status %d; want 1", status)
	}
	if status := run([]string{"-x"}, nil, io.Discard, io.Discard); status != 2 {
		t.Errorf("a wrong flag: exit status %d; want 2", status)
	}
}
