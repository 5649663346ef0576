package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocument reads the OpenAPI document as a program would.
func TestDocument(t *testing.T) {
	s := newTestService(t)
	w := serveOne(s, "GET", "/openapi.json")
	var doc struct {
		OpenAPI    string
		Paths      map[string]map[string]struct{ Responses map[string]any }
		Components struct{ Schemas map[string]map[string]any }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("the version is %q; want 3.1.0", doc.OpenAPI)
	}
	for _, rt := range s.routeTable() {
		if op, ok := doc.Paths[rt.path][strings.ToLower(rt.method)]; !ok || len(op.Responses) < 2 {
			t.Errorf("%s %s is not documented", rt.method, rt.path)
		}
		for _, schema := range []string{rt.in, rt.out} {
			if schema != "" && doc.Components.Schemas[schema] == nil {
				t.Errorf("%s %s: there is no schema %s", rt.method, rt.path, schema)
			}
		}
	}
	var tree any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &tree))
	for _, ref := range regexp.MustCompile(`"\$ref": "#/([^"]+)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		at := tree
		for name := range strings.SplitSeq(ref[1], "/") {
			members, _ := at.(map[string]any)
			at = members[name]
		}
		if at == nil {
			t.Errorf("the reference %s leads nowhere", ref[1])
		}
	}
	newUser := doc.Components.Schemas["NewUser"]["properties"].(map[string]any)
	if password := newUser["password"].(map[string]any); password["minLength"] != 8.0 || password["maxLength"] != 128.0 {
		t.Errorf("the schema of a password is %v; want that of its rules", password)
	}

	page := serveOne(s, "GET", "/docs")
	if got := page.Header().Get("Content-Type"); got != "text/html; charset=utf-8" || !strings.Contains(page.Body.String(), "PATCH /v1/users/{id}") {
		t.Errorf("the page is %q\n%s", got, page.Body)
	}
	if got := page.Header().Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || !strings.Contains(got, "frame-ancestors 'none'") {
		t.Errorf("the page may do what the policy %q says; want next to nothing", got)
	}
}
