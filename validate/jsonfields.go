package validate

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// A jsonField is a field of a struct, or of one embedded in it, that
// encoding/json decodes.
type jsonField struct {
	name   string
	tagged bool  // the name is that of the tag
	index  []int // as for reflect.Value.FieldByIndex
	typ    reflect.Type
	quoted bool // has the option ",string", and a type that it is for

	// lost marks a field that cannot be set: an embedded pointer to a type that
	// is not exported, or a field behind one. Such a type that is embedded by
	// value and has a name in its tag is bare: it can be set, but its methods
	// are out of reach.
	lost, bare bool
}

// jsonFieldsOf returns the fields that encoding/json decodes into a struct of
// type t, in their order. It goes through the embedded structs one level of
// embedding after the other, and then picks the field that each name stands for.
func jsonFieldsOf(t reflect.Type) []jsonField {
	type embedded struct {
		typ   reflect.Type
		index []int
		lost  bool
	}
	var fields []jsonField
	level := []embedded{{typ: t}}
	times := map[reflect.Type]int{t: 1} // that a type is embedded on this level
	done := make(map[reflect.Type]bool) // types of this level and those above
	for len(level) > 0 {
		var deeper []embedded
		timesDeeper := make(map[reflect.Type]int)
		for _, e := range level {
			if done[e.typ] {
				continue
			}
			done[e.typ] = true
			for i := range e.typ.NumField() {
				sf := e.typ.Field(i)
				f, inline, ok := jsonFieldOf(sf)
				if !ok {
					continue
				}
				f.index = append(slices.Clone(e.index), i)
				f.bare = !sf.IsExported()
				f.lost = e.lost || f.bare && sf.Type.Kind() == reflect.Pointer
				if inline != nil {
					if timesDeeper[inline]++; timesDeeper[inline] == 1 {
						deeper = append(deeper, embedded{inline, f.index, f.lost})
					}
					continue
				}
				fields = append(fields, f)
				if times[e.typ] > 1 { // then it is one of several, and counts as two
					fields = append(fields, f)
				}
			}
		}
		level, times = deeper, timesDeeper
	}
	return dominant(fields)
}

// jsonFieldOf reads the tag of a field. If inline is set, it is an embedded
// struct whose fields stand in for it. It is not ok if encoding/json ignores it.
func jsonFieldOf(sf reflect.StructField) (f jsonField, inline reflect.Type, ok bool) {
	t := sf.Type
	if t.Kind() == reflect.Pointer && (sf.Anonymous || t.Name() == "") {
		t = t.Elem()
	}
	isStruct := t.Kind() == reflect.Struct
	tag := sf.Tag.Get("json")
	if tag == "-" || !sf.IsExported() && !(sf.Anonymous && isStruct) {
		return jsonField{}, nil, false
	}
	name, options, _ := strings.Cut(tag, ",")
	if !isJSONName(name) {
		name = ""
	}
	if name == "" && sf.Anonymous && isStruct {
		return jsonField{}, t, true
	}
	f = jsonField{name: cmp.Or(name, sf.Name), tagged: name != "", typ: sf.Type}
	for options != "" {
		var option string
		if option, options, _ = strings.Cut(options, ","); option == "string" {
			k := t.Kind()
			f.quoted = k == reflect.Bool || reflect.Int <= k && k <= reflect.Float64 || k == reflect.String
		}
	}
	return f, nil, true
}

// isJSONName reports whether encoding/json heeds the name in a tag.
func isJSONName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c)
	})
}

// dominant keeps of the fields with one name that on the highest level, and of
// several there the one that is named by its tag. If that leaves more than one,
// none is kept.
func dominant(fields []jsonField) []jsonField {
	byName := order(len(fields), func(i, j int) bool {
		a, b := &fields[i], &fields[j]
		if a.name != b.name {
			return a.name < b.name
		}
		return len(a.index) < len(b.index) || len(a.index) == len(b.index) && a.tagged && !b.tagged
	})
	var kept []jsonField
	for len(byName) > 0 {
		first, same := &fields[byName[0]], 1
		for same < len(byName) && fields[byName[same]].name == first.name {
			same++
		}
		if same == 1 || len(first.index) != len(fields[byName[1]].index) || first.tagged != fields[byName[1]].tagged {
			kept = append(kept, *first)
		}
		byName = byName[same:]
	}
	sorted := make([]jsonField, len(kept))
	for i, from := range order(len(kept), func(i, j int) bool { return slices.Compare(kept[i].index, kept[j].index) < 0 }) {
		sorted[i] = kept[from]
	}
	return sorted
}
