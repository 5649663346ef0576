package validate_test

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/goplinth/plinth/validate"
)

// A form, or a client in another language, checks against the schema what the
// handler checks with the same Validator.
func ExampleValidator_JSONSchema() {
	type Item struct {
		SKU string `json:"sku" validate:"required,len=8"`
		Qty int    `json:"qty" validate:"min=1,max=999"`
	}
	type Order struct {
		Kind  string  `json:"kind" validate:"oneof=pickup delivery"`
		City  *string `json:"city" validate:"required_if=Kind delivery"`
		Items []Item  `json:"items" validate:"min=1,dive"`
	}
	orders, err := validate.For[Order](validate.Options{})
	if err != nil {
		panic(err)
	}
	schema, err := orders.JSONSchema()
	if err != nil {
		panic(err)
	}
	var text bytes.Buffer
	json.Indent(&text, schema, "", "  ")
	fmt.Println(text.String())
	// Output:
	// {
	//   "$schema": "https://json-schema.org/draft/2020-12/schema",
	//   "title": "Order",
	//   "type": "object",
	//   "properties": {
	//     "kind": {
	//       "type": "string",
	//       "enum": [
	//         "pickup",
	//         "delivery"
	//       ]
	//     },
	//     "city": {
	//       "type": [
	//         "string",
	//         "null"
	//       ]
	//     },
	//     "items": {
	//       "type": "array",
	//       "minItems": 1,
	//       "items": {
	//         "$ref": "#/$defs/Item"
	//       }
	//     }
	//   },
	//   "required": [
	//     "kind",
	//     "items"
	//   ],
	//   "additionalProperties": false,
	//   "allOf": [
	//     {
	//       "if": {
	//         "properties": {
	//           "kind": {
	//             "const": "delivery"
	//           }
	//         },
	//         "required": [
	//           "kind"
	//         ]
	//       },
	//       "then": {
	//         "required": [
	//           "city"
	//         ],
	//         "properties": {
	//           "city": {
	//             "not": {
	//               "type": "null"
	//             }
	//           }
	//         }
	//       }
	//     }
	//   ],
	//   "$defs": {
	//     "Item": {
	//       "type": "object",
	//       "properties": {
	//         "sku": {
	//           "type": "string",
	//           "minLength": 8,
	//           "maxLength": 8
	//         },
	//         "qty": {
	//           "type": "integer",
	//           "minimum": 1,
	//           "maximum": 999
	//         }
	//       },
	//       "required": [
	//         "sku",
	//         "qty"
	//       ],
	//       "additionalProperties": false
	//     }
	//   }
	// }
}
