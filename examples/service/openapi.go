package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/validate"
)

// A document describes the API in OpenAPI 3.1, whose schemas are JSON Schema: those of
// the bodies come from the rules that check them, and the operations from the table
// that routes them. So it is never out of date.
type document struct {
	json []byte
	page []byte
}

//go:embed docs.html
var pageText string

var pageTemplate = template.Must(template.New("docs").Parse(pageText))

type object = map[string]any

func newDocument(routes []route) (*document, error) {
	schemas, err := newSchemas()
	if err != nil {
		return nil, err
	}
	paths := make(map[string]object)
	for _, rt := range routes {
		if paths[rt.path] == nil {
			paths[rt.path] = make(object)
		}
		paths[rt.path][strings.ToLower(rt.method)] = rt.operation()
	}
	schemas["Problem"] = object{
		"type": "object", "description": "Problem details, RFC 9457",
		"properties": object{
			"type": object{"type": "string"}, "title": object{"type": "string"}, "status": object{"type": "integer"},
			"detail": object{"type": "string"}, "code": object{"type": "string"},
			"errors": object{"type": "array", "items": object{"type": "object", "properties": object{
				"pointer": object{"type": "string"}, "code": object{"type": "string"}, "detail": object{"type": "string"}}}},
		},
	}
	var d document
	d.json, err = json.MarshalIndent(object{
		"openapi": "3.1.0",
		"info":    object{"title": "Users", "version": "1", "description": "The API of the example service."},
		"paths":   paths,
		"components": object{
			"schemas":         schemas,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}},
		},
	}, "", "  ")
	if err != nil {
		return nil, errors.Wrap(err, "encode OpenAPI document")
	}
	var page bytes.Buffer
	err = pageTemplate.Execute(&page, struct {
		Routes   []pageRoute
		Document string
	}{pageRoutes(routes), string(d.json)})
	d.page = page.Bytes()
	return &d, errors.Wrap(err, "write page")
}

// operation describes a route.
func (rt *route) operation() object {
	answer := object{"description": http.StatusText(rt.status)}
	if rt.out != "" {
		answer["content"] = object{"application/json": object{"schema": refTo(rt.out)}}
	}
	op := object{
		"summary": rt.summary,
		"responses": object{
			strconv.Itoa(rt.status): answer,
			"default": object{"description": "What went wrong",
				"content": object{"application/problem+json": object{"schema": refTo("Problem")}}},
		},
	}
	if rt.access != anybody {
		op["security"] = []object{{"token": []string{}}}
	}
	if rt.in != "" {
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": refTo(rt.in)}}}
	}
	var parameters []object
	if strings.Contains(rt.path, "{id}") {
		parameters = append(parameters, object{"name": "id", "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, name := range rt.query {
		parameters = append(parameters, object{"name": name, "in": "query", "schema": object{"type": "integer", "minimum": 0}})
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	return op
}

func refTo(schema string) object { return object{"$ref": "#/components/schemas/" + schema} }

// newSchemas returns the schemas of the bodies by their names.
func newSchemas() (object, error) {
	schemas := make(object)
	err := errors.Join(
		addSchema[newUser](schemas, "NewUser"),
		addSchema[userPatch](schemas, "UserPatch"),
		addSchema[user](schemas, "User"),
		addSchema[userPage](schemas, "UserPage"),
		addSchema[credentials](schemas, "Credentials"),
		addSchema[grant](schemas, "Grant"))
	return schemas, err
}

func addSchema[T any](schemas object, name string) error {
	rules, err := validate.For[T](validate.Options{Tags: []validate.TagRule{line}})
	if err != nil {
		return err
	}
	text, err := rules.JSONSchema()
	if err != nil {
		return err
	}
	// References within a schema start at the document that it is put into.
	text = bytes.ReplaceAll(text, []byte(`"#/$defs/`), []byte(`"#/components/schemas/`+name+`/$defs/`))
	var schema object
	if err := json.Unmarshal(text, &schema); err != nil {
		return err
	}
	delete(schema, "$schema") // it is the one that OpenAPI 3.1 has
	schemas[name] = schema
	return nil
}

// A pageRoute is a route as the page shows it.
type pageRoute struct{ Method, Path, Summary, Access, In, Out string }

func pageRoutes(routes []route) []pageRoute {
	var rows []pageRoute
	for _, rt := range routes {
		rows = append(rows, pageRoute{rt.method, rt.path, rt.summary,
			[]string{"anybody", "a user", "an administrator"}[rt.access], rt.in, strings.TrimSpace(strconv.Itoa(rt.status) + " " + rt.out)})
	}
	return rows
}

func (s *service) serveDocument(c *call) error { return c.write(http.StatusOK, s.document.json) }

func (s *service) servePage(c *call) error {
	h := c.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	c.status = http.StatusOK
	c.w.Write(s.document.page)
	return nil
}
