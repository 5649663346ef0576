package validatevet_test

import (
	"database/sql"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/goplinth/plinth/validate"
)

// The types below are in this file twice: as source for the analyzer, and as
// types for package validate.

type agreeText struct {
	A string         `validate:"required,emial,min=x,max"`
	B string         `validate:"oneof=,oneof='a,eq"`
	C *string        `validate:"dive,email"`
	D []string       `validate:"email,dive,uuid"`
	E [3]string      `validate:"required=1,keys,dive,endkeys"`
	F map[string]int `validate:"dive,keys,email,endkeys,email"`
	G string         `validate:"isbn,tcp_addr,email=idna"`
	H string         `validate:"email|min=x|dive"`
	I string         `validate:"datetime,datetime=not a layout,startswith"`
	J []byte         `validate:"base64,min=1"`
	K **string       `validate:"omitempty,len=-1"`
	L string         `validate:",required,,-"`
	_ string         `validate:"required"`
}

type agreeNumbers struct {
	A int             `validate:"min=1.5,max=9999999999999999999,gt=,oneof=1 x"`
	B uint8           `validate:"min=-1"`
	C float32         `validate:"min=1e99,max=NaN"`
	D time.Duration   `validate:"min=1m,max=soon"`
	E time.Time       `validate:"gt,min=1"`
	F bool            `validate:"eq=yes,min=1,oneof=true"`
	G any             `validate:"min=x,emial,uuid"`
	H []any           `validate:"unique,unique=X,dive,min=1"`
	I complex64       `validate:"required,min=1"`
	J func()          `validate:"required,len=1"`
	K port            `validate:"port,latitude,number,email=1"`
	L sql.NullInt64   `validate:"min=1,email"`
	M netip.Addr      `validate:"ip,min=3,structonly"`
	N []agreeStringer `validate:"unique=Name,unique=Nmae,dive,email"`
	O uintptr         `validate:"structonly,min=0x1"`
}

type port = uint16

type agreeStringer struct{ Name string }

func (*agreeStringer) String() string { return "" }

type agreeEmbedded struct {
	Start time.Time
	Far   agreeFar
}

type agreeFar struct{ Away int }

type agreeFields struct {
	agreeEmbedded
	*agreeText
	Word  string                   `validate:"eqfield=Wrod,eqfield=A,eqfield=B"`
	Until time.Time                `validate:"gtfield=Start,gtfield=Far.Away,gtfield=Sart"`
	Num   int                      `validate:"ltfield=Far.Away,ltfield=Far.Awya,ltfield=Far,ltfield=Num.X"`
	If    string                   `validate:"required_if=Num 1,required_if=Num one,required_if=Num,required_if=Nmu 1"`
	Un    []int                    `validate:"required_unless=Word '',excluded_with=Until Until,excluded_if=Until now"`
	Set   map[string]agreeEmbedded `validate:"eqfield=Set,skip_unless=Word x,unique=Start,unique=Strat,dive,min=1"`
	In    agreeEmbedded            `validate:"eqfield=agreeEmbedded,nefield=Other,isdefault,max=3"`
	Other agreeEmbedded
	Top   string        `validate:"fieldcontains=Word,fieldexcludes=Num,fieldd=Word"`
	Self  *agreeFields  `validate:"required_with=Self.Self.Word,required_with=Self.Self.Wrod"`
	Kids  []agreeFields `validate:"unique=Num,unique=Nmu"`
}

type agreeGeneric[T any] struct {
	A []T                 `validate:"unique,dive,omitzero,notarule"`
	B map[string][]string `validate:"dive,dive,min=1,dive"`
}

// TestAgreesWithCompile compares what the analyzer and package validate say about
// the same types: the same mistakes, in the same words and order.
func TestAgreesWithCompile(t *testing.T) {
	found := vetThisPackage(t)
	for _, typ := range []reflect.Type{
		reflect.TypeFor[agreeText](), reflect.TypeFor[agreeNumbers](), reflect.TypeFor[agreeFields](), reflect.TypeFor[agreeGeneric[any]](),
	} {
		var want []string
		for line := range strings.Lines(validate.Compile(typ).Error()) {
			line = strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(line, "validate: "), "validatevet_test.", ""))
			if line = strings.Replace(line, "agreeGeneric[interface {}].", "agreeGeneric.", 1); strings.HasPrefix(line, name(typ)+".") {
				want = append(want, line)
			}
		}
		require.NotEmpty(t, want)
		var got []string
		for _, line := range found {
			if strings.HasPrefix(line, name(typ)+".") {
				got = append(got, line)
			}
		}
		for i := range max(len(got), len(want)) {
			if g, w := at(got, i), at(want, i); g != w {
				t.Errorf("%s: the analyzer says\n%s\nwant\n%s", typ, strings.Join(got, "\n"), strings.Join(want, "\n"))
				break
			}
		}
	}
}

func name(t reflect.Type) string {
	short, _, _ := strings.Cut(t.Name(), "[")
	return short
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// vetThisPackage returns the mistakes in this package.
func vetThisPackage(t *testing.T) []string {
	t.Helper()
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax, Tests: true, Context: t.Context()}, ".")
	require.NoError(t, err)
	loaded = slices.DeleteFunc(loaded, func(p *packages.Package) bool { return p.Name != "validatevet_test" })
	require.Len(t, loaded, 1)
	require.Empty(t, loaded[0].Errors)
	graph, err := checker.Analyze([]*analysis.Analyzer{newAnalyzer(t, "-hints=false")}, loaded, nil)
	require.NoError(t, err)
	var lines []string
	for _, root := range graph.Roots {
		require.NoError(t, root.Err)
		for _, d := range root.Diagnostics {
			lines = append(lines, d.Message)
		}
	}
	return lines
}
