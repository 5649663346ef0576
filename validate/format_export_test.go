package validate

import "strings"

// LookupFormat and FormatWithParam are what the tags of formats stand for, for
// tests of strings by the thousand.
var (
	LookupFormat    = lookupFormat
	FormatWithParam = formatWithParam
)

// ASCIIWidth is the length of a label as an A-label.
var ASCIIWidth = asciiWidth

// TimeZones is the table behind the format timezone.
var TimeZones = strings.Fields(timeZones)
