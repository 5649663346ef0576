// Package a has tags of all sorts: right ones, mistakes, and hints.
package a

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"net/netip"
	"time"
)

type unknown struct {
	A string `validate:"emial"`              // want `^unknown.A: tag "emial": unknown rule; did you mean email\?$`
	B string `validate:"required,nonsense"`  // want `tag "nonsense": unknown rule; correct it`
	C string `validate:"isbn"`               // want `tag "isbn": isbn is not in the core; register it`
	D string `validate:"emial,dive,emial"`   // want `tag "emial"` `tag "dive": dive does not apply to string`
	E string "validate:\"emial\" json:\"e\"" // want `tag "emial"`
	F string `json:"f" validate:"mni=3"`     // want `tag "mni=3": unknown rule; did you mean min\?`
	G string `json:"g" xml:"emial"`
	H string `validate`
	I string `validate:"-" json:"emial"`
	J string
	K string `validate:""`
	N string `
		validate:"emial"` // no tag to package reflect
	O string `json:"o"validate:"emial"` // want `^unknown.O: `
	P string `xvalidate:"emial" json:"p"`
	Q string `validate:"ipv5"` // want `did you mean ipv4 or ipv6\?$`

	L, M string `validate:"emial"` // want `^unknown.L: tag "emial"`
}

type kinds struct {
	A int              `validate:"email"`                      // want `^kinds.A: tag "email": email does not apply to int, only to strings; remove it or change the type of the field$`
	B bool             `validate:"min=1"`                      // want `min does not apply to bool`
	C []string         `validate:"email"`                      // want `email does not apply to \[\]string, only to strings; put dive in front`
	D inner            `validate:"min=1"`                      // want `min does not apply to inner, only to`
	E *inner           `validate:"dive"`                       // want `dive does not apply to inner, only to slices, arrays and maps`
	F struct{ X int }  `validate:"email"`                      // want `email does not apply to struct\{\.\.\.\}, only to strings`
	G map[string]int   `validate:"dive,keys,min=1,dive,min=1"` // want `keys has no end`
	H []int            `validate:"dive,keys,min=1,endkeys"`    // want `keys does not apply to \[\]int`
	I string           `validate:"min=x"`                      // want `"x" is not a length`
	J int              `validate:"max=0x3"`                    // want `"0x3" is not a 64-bit whole number`
	K time.Duration    `validate:"min=1 minute"`               // want `"1 minute" is not a duration`
	L time.Time        `validate:"gt=1"`                       // want `gt takes no parameter for a time`
	M []func()         `validate:"unique"`                     // want `cannot be compared`
	N []inner          `validate:"dive,min=1"`                 // want `min does not apply to inner`
	O map[inner]string `validate:"dive,keys,len=2,endkeys"`    // want `len does not apply to inner`
	P sql.NullString   `validate:"gt"`                         // want `gt needs a parameter`
	Q any              `validate:"min=x"`                      // want `"x" is not a length`
	R chan int         `validate:"len=1"`                      // want `len does not apply to chan struct`
	s string           `validate:"required"`                   // want `^kinds.s: tag "required": the field is not exported`
	_ int              `validate:"min=1"`                      // want `the field is not exported`
	T [1 << 30]byte    `validate:"email"`                      // want `email does not apply to`
	U complex128       `validate:"min=1"`                      // want `min does not apply to complex128`
}

type inner struct {
	X int `validate:"min=1"`
	Y string
}

type fields struct {
	Password string `validate:"required"`
	Again    string `validate:"eqfield=Pasword"` // want `^fields.Again: tag "eqfield=Pasword": fields has no field Pasword; did you mean Password\?$`
	Kind     string
	Card     string    `validate:"required_if=Knd card"`                                                     // want `fields has no field Knd; did you mean Kind\?`
	Size     int       `validate:"eqfield=Kind"`                                                             // want `eqfield cannot compare int with string`
	In       inner     `validate:"required_with=Kind Kind"`                                                  // want `the field Kind is named twice`
	Low      int       `validate:"gtfield=In.Z"`                                                             // want `inner has no exported field Z`
	High     int       `validate:"gtfield=In.X.Y"`                                                           // want `Y of In.X.Y is not in a struct`
	List     []inner   `validate:"unique=Yy,dive"`                                                           // want `inner has no exported field Yy`
	At       time.Time `validate:"gtfield=Kind"`                                                             // want `gtfield cannot compare time.Time with string`
	Mode     string    `validate:"required_if=Low many"`                                                     // want `the value of Low: "many" is not a 64-bit whole number`
	Top      int       `validate:"eqcsfield=NotHere,eq=1|necsfield=NotHere,eqcsfield=,neqcsfield=X,min=one"` // want `eqcsfield needs a parameter` `tag "neqcsfield=X": unknown rule` `"one" is not a 64-bit whole number`
}

func local() {
	type loc struct {
		A string `validate:"emial"` // want `^loc.A: `
	}
	var v struct {
		A string `validate:"emial"` // want `^struct.A: `
		B []struct {
			C string `validate:"emial"` // want `^struct.B.C: `
		} `validate:"dive"`
	}
	_, _ = v, loc{}
}

type order struct {
	Items []struct {
		SKU string `validate:"uuiid"` // want `^order.Items.SKU: tag "uuiid": unknown rule; did you mean uuid\?`
	} `validate:"dive"`
}

// None of these are mistakes, though reflection at a distance does not see all of
// their types.
type right struct {
	embedded
	*Pointed
	json.Number

	Email   string             `validate:"required,email"`
	Age     age                `validate:"min=18"`
	Addr    netip.Addr         `validate:"ip"`
	ID      id                 `validate:"uuid"`
	Point   point              `validate:"min=1"`
	Money   money              `validate:"gt=0"`
	Null    sql.NullString     `validate:"required,email"`
	Nulls   sql.Null[int64]    `validate:"omitempty,min=3"`
	Time    time.Time          `validate:"lt"`
	Mine    mine               `validate:"gtfield=Time"`
	Wait    *time.Duration     `validate:"omitempty,min=1m"`
	Any     any                `validate:"min=3"`
	Err     error              `validate:"required"`
	Map     map[string]string  `validate:"dive,keys,min=2,endkeys,required"`
	Maps    []map[int][]string `validate:"dive,dive,keys,gt=0,endkeys,dive,email"`
	Either  string             `validate:"uuid|email"`
	Pattern string             `validate:"regexp=@sku"`
	Words   string             `validate:"oneof=red 'light blue'"`
	Comma   string             `validate:"excludesall=0x2C"`
	From    int                `validate:"ltfield=Deep.Deeper.X,eqfield=Far,required_without=Name"`
	Deep    struct{ Deeper inner }
	Self    *right   `validate:"omitempty,required_with=Self.Self.Email"`
	Kids    []right  `validate:"unique=Email,dive"`
	Tree    tree     `validate:"min=1,dive,dive,dive"`
	Loop    loop     `validate:"required"`
	Top     string   `validate:"eqcsfield=Anything.At.All"`
	Same    [2]inner `validate:"eqfield=Twin,dive"`
	Twin    [2]inner `validate:"dive"`
	Period  period
	Until   time.Time `validate:"gtfield=Period.Start"`
	Spaces  string    `validate:" required , min = 3 "`
	Func    func()    `validate:"required"`
}

type (
	age      int
	id       [16]byte
	point    struct{ x, y int }
	money    struct{ cents int64 }
	mine     time.Time
	tree     []tree
	loop     *loop
	period   struct{ Start, End time.Time }
	embedded struct{ deeper }
	deeper   struct{ Far int }
	Pointed  struct {
		Name string
		*Pointed
	}
)

func (id) String() string                         { return "" }
func (point) ValidatorValue() any                 { return 1 }
func (*money) Value() (v driver.Value, err error) { return 1, nil }
func (money) String() string                      { return "" }
func (period) String() string                     { return "" }

type generic[T any, K comparable] struct {
	One  T       `validate:"email"`
	Many []T     `validate:"min=1,dive,email"`
	Map  map[K]T `validate:"dive,keys,email,endkeys"`
	Bad  []T     `validate:"emial"` // want `^generic.Bad: `
}

// A type with a method may stand for a value, and be a struct all the same.
type texts struct {
	Addrs []netip.Addr `validate:"unique,dive,ip"`
	Users []user       `validate:"unique=Name,dive"`
	Wrong []user       `validate:"unique=Nmae,dive"`  // want `user has no field Nmae; did you mean Name\?`
	User  user         `validate:"email,max=9,emial"` // want `tag "max=9": max does not apply to user` `tag "emial"`
	Other *user        `validate:"required_with=Other.Name"`
}

type user struct{ Name string }

func (user) String() string { return "" }

type instance struct {
	G generic[string, int] `validate:"required"`
	N generic[int, int]    `validate:"email"` // want `email does not apply to generic\[int, int\], only to strings`
}

type hints struct {
	Accepted  bool              `validate:"required"` // want `^hints.Accepted: required on a bool holds only for true; write eq=true to demand that, or make the field a \*bool`
	Later     []bool            `validate:"dive,required"`
	Pointer   *bool             `validate:"required"`
	Unchecked []inner           `validate:"min=1"` // want `^hints.Unchecked: the rules of inner are not looked at without dive; write dive for each list, or the tag validate:"-" if that is on purpose`
	Untagged  map[string]*inner // want `^hints.Untagged: the rules of inner`
	Twice     [][]inner         `validate:"dive"` // want `^hints.Twice: `
	Unnamed   []struct {        // want `^hints.Unnamed: the rules of struct\{\.\.\.\} are not`
		X int `validate:"min=1"`
	}
	Outer    []struct{ In *inner } // want `^hints.Outer: `
	Dived    [][]inner             `validate:"dive,dive"`
	Off      []inner               `validate:"-"`
	Plain    []point               `validate:"min=1"`
	Hollow   []struct{ X []inner } // nobody looks that deep
	Channel  chan inner
	internal []inner
}

// A struct without rules is not validated, as far as one can see.
type answer struct {
	Items []inner
}
