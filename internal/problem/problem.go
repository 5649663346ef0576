// Package problem holds the problem details object of RFC 9457, which the
// packages that read or write one export by an alias.
package problem

import (
	"encoding/json"
	"fmt"
	"maps"
)

// ContentType is the media type of an [Object] in JSON.
const ContentType = "application/problem+json"

// Object describes what is wrong with a request to a machine (RFC 9457,
// section 3). Members that are zero are absent.
type Object struct {
	Type     string // URI of the problem type; absent means "about:blank"
	Title    string // the same for every occurrence of the type
	Status   int    // the HTTP status code
	Detail   string // what is wrong this time
	Instance string // URI of this occurrence

	// Extensions are the members that the problem type defines. Names of the
	// members above are ignored here.
	Extensions map[string]any
}

// MarshalJSON writes the members and extensions as one flat object.
func (o Object) MarshalJSON() ([]byte, error) {
	members := make(map[string]any, len(o.Extensions)+5)
	maps.Copy(members, o.Extensions)
	for name, value := range map[string]string{"type": o.Type, "title": o.Title, "detail": o.Detail, "instance": o.Instance} {
		delete(members, name)
		if value != "" {
			members[name] = value
		}
	}
	delete(members, "status")
	if o.Status != 0 {
		members["status"] = o.Status
	}
	return json.Marshal(members)
}

// UnmarshalJSON reads the object. As the RFC asks, a member of the wrong type
// is ignored rather than refused.
func (o *Object) UnmarshalJSON(data []byte) error {
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		return fmt.Errorf("problem object: %w", err)
	}
	*o = Object{}
	for name, field := range map[string]*string{"type": &o.Type, "title": &o.Title, "detail": &o.Detail, "instance": &o.Instance} {
		*field, _ = members[name].(string)
		delete(members, name)
	}
	if status, ok := members["status"].(float64); ok && status == float64(int(status)) {
		o.Status = int(status)
	}
	delete(members, "status")
	if len(members) > 0 {
		o.Extensions = members
	}
	return nil
}
