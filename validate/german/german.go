// Package german has the messages of package validate in German.
//
//	forms, err := validate.For[Form](validate.Options{Messages: german.Messages{}})
//
// It shows how a language is added: a type with one method, which turns the
// code and the parameter of an error into a text. What it does not know, it
// leaves in English by returning an empty string.
package german

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goplinth/plinth/validate"
)

// Messages words errors in German. It implements [validate.Messages]; the zero
// value is ready for use, by any number of goroutines.
type Messages struct{}

// Message returns the German text for e, or an empty string if its code is none
// of package validate's.
func (Messages) Message(e validate.FieldError) string {
	param := text(e.Param)
	n, _ := e.Param.(int)
	switch e.Code {
	case "required":
		return "ist erforderlich"
	case "excluded":
		return "darf nicht angegeben werden"
	case "empty":
		return "muss leer sein"
	case "length":
		return "muss genau " + count(n, "Zeichen", "Zeichen") + " lang sein"
	case "min_length":
		return "muss mindestens " + count(n, "Zeichen", "Zeichen") + " lang sein"
	case "max_length":
		return "darf höchstens " + count(n, "Zeichen", "Zeichen") + " lang sein"
	case "items":
		return "muss genau " + count(n, "Eintrag", "Einträge") + " haben"
	case "min_items":
		return "muss mindestens " + count(n, "Eintrag", "Einträge") + " haben"
	case "max_items":
		return "darf höchstens " + count(n, "Eintrag", "Einträge") + " haben"
	case "equal":
		return "muss " + quoted(e.Param) + " sein"
	case "not_equal":
		return "darf nicht " + quoted(e.Param) + " sein"
	case "min":
		return "muss mindestens " + param + " sein"
	case "max":
		return "darf höchstens " + param + " sein"
	case "between":
		return "muss von " + strings.ReplaceAll(param, ", ", " bis ") + " reichen"
	case "greater":
		return "muss größer als " + param + " sein"
	case "less":
		return "muss kleiner als " + param + " sein"
	case "future":
		return "muss in der Zukunft liegen"
	case "past":
		return "muss in der Vergangenheit liegen"
	case "one_of":
		return "muss einer dieser Werte sein: " + param
	case "none_of":
		return "darf keiner dieser Werte sein: " + param
	case "unique":
		if e.Param != nil {
			return "darf keine zwei Einträge mit gleichem Feld " + param + " haben"
		}
		return "darf keinen Eintrag doppelt haben"
	case "equal_field":
		return "muss mit " + param + " übereinstimmen"
	case "not_equal_field":
		return "darf nicht mit " + param + " übereinstimmen"
	case "min_field":
		return "darf nicht kleiner als " + param + " sein"
	case "max_field":
		return "darf nicht größer als " + param + " sein"
	case "greater_field":
		return "muss größer als " + param + " sein"
	case "less_field":
		return "muss kleiner als " + param + " sein"
	case "contains_field":
		return "muss " + param + " enthalten"
	case "excludes_field":
		return "darf " + param + " nicht enthalten"
	case "contains":
		return "muss " + quoted(e.Param) + " enthalten"
	case "containsany":
		return "muss eines der Zeichen " + quoted(e.Param) + " enthalten"
	case "excludes":
		return "darf " + quoted(e.Param) + " nicht enthalten"
	case "excludesall":
		return "darf keines der Zeichen " + quoted(e.Param) + " enthalten"
	case "startswith":
		return "muss mit " + quoted(e.Param) + " beginnen"
	case "startsnotwith":
		return "darf nicht mit " + quoted(e.Param) + " beginnen"
	case "endswith":
		return "muss mit " + quoted(e.Param) + " enden"
	case "endsnotwith":
		return "darf nicht mit " + quoted(e.Param) + " enden"
	case "not_blank":
		return "darf nicht leer sein"
	case "datetime":
		return "muss ein Zeitpunkt in der Form " + param + " sein"
	case "pattern":
		return "muss dem Muster " + param + " entsprechen"
	case "any_of":
		return anyOf(e.Param)
	case "type":
		return typeText(e.Param)
	case "max_depth":
		return "ist mehr als " + strconv.Itoa(n) + " Ebenen tief geschachtelt"
	case "max_errors":
		return "es gibt mehr als " + strconv.Itoa(n) + " Fehler; die übrigen sind weggelassen"
	case "alpha":
		return "darf nur Buchstaben von A bis Z enthalten"
	case "alphaspace":
		return "darf nur Buchstaben von A bis Z und Leerzeichen enthalten"
	case "alphanum":
		return "darf nur Buchstaben von A bis Z und Ziffern enthalten"
	case "alphanumspace":
		return "darf nur Buchstaben von A bis Z, Ziffern und Leerzeichen enthalten"
	case "alphaunicode":
		return "darf nur Buchstaben enthalten"
	case "alphanumunicode":
		return "darf nur Buchstaben und Ziffern enthalten"
	case "ascii":
		return "darf nur ASCII-Zeichen enthalten"
	case "printascii":
		return "darf nur druckbare ASCII-Zeichen enthalten"
	case "lowercase":
		return "muss kleingeschrieben sein"
	case "uppercase":
		return "muss großgeschrieben sein"
	case "boolean":
		return "muss wahr oder falsch sein"
	case "number":
		return "darf nur Ziffern enthalten"
	}
	if noun := noun(e.Code); noun != "" {
		return "muss " + noun + " sein"
	}
	return ""
}

// noun names what a format is.
func noun(code string) string {
	switch code {
	case "numeric":
		return "eine Zahl"
	case "email":
		return "eine E-Mail-Adresse"
	case "url", "uri":
		return "eine URL"
	case "http_url":
		return "eine http- oder https-URL"
	case "https_url":
		return "eine https-URL"
	case "ip":
		return "eine IP-Adresse"
	case "ipv4":
		return "eine IPv4-Adresse"
	case "ipv6":
		return "eine IPv6-Adresse"
	case "cidr":
		return "ein IP-Netz"
	case "cidrv4":
		return "ein IPv4-Netz"
	case "cidrv6":
		return "ein IPv6-Netz"
	case "mac":
		return "eine MAC-Adresse"
	case "hostname", "hostname_rfc1123":
		return "ein Hostname"
	case "fqdn":
		return "ein vollständiger Domainname"
	case "hostname_port":
		return "ein Hostname mit Port"
	case "port":
		return "eine Portnummer von 1 bis 65535"
	case "uuid", "uuid_rfc4122":
		return "eine UUID"
	case "uuid4", "uuid4_rfc4122":
		return "eine UUID der Version 4"
	case "uuid7":
		return "eine UUID der Version 7"
	case "ulid":
		return "eine ULID"
	case "e164":
		return "eine Telefonnummer wie +49301234567"
	case "timezone":
		return "eine Zeitzone wie Europe/Berlin"
	case "json":
		return "JSON"
	case "jwt":
		return "ein JSON Web Token"
	case "base64", "base64url", "base64rawurl":
		return "Base64"
	case "hexadecimal":
		return "eine Hexadezimalzahl"
	case "hexcolor":
		return "eine Farbe wie #1a2b3c"
	case "sha256":
		return "ein SHA-256-Hash"
	case "semver":
		return "eine Version wie 1.2.3"
	case "cron":
		return "ein Cron-Zeitplan"
	case "latitude":
		return "ein Breitengrad von -90 bis 90"
	case "longitude":
		return "ein Längengrad von -180 bis 180"
	case "credit_card":
		return "eine Kreditkartennummer"
	case "iso3166_1_alpha2":
		return "ein Ländercode aus zwei Buchstaben"
	case "iso4217":
		return "ein Währungscode aus drei Buchstaben"
	case "bcp47_language_tag":
		return "ein Sprachcode wie de-DE"
	case "mongodb":
		return "eine MongoDB-Objekt-ID"
	case "duration":
		return "eine Dauer wie 1m30s"
	case "jsonpointer":
		return "ein JSON-Pointer"
	}
	return ""
}

func anyOf(param any) string {
	rules, _ := param.([]string)
	nouns := make([]string, len(rules))
	for i, rule := range rules {
		if nouns[i] = noun(rule); nouns[i] == "" {
			return "muss " + strings.Join(rules, " oder ") + " erfüllen"
		}
	}
	return "muss " + strings.Join(nouns, " oder ") + " sein"
}

func typeText(param any) string {
	kinds, _ := param.([]string)
	nouns := make([]string, len(kinds))
	for i, kind := range kinds {
		switch kind {
		case "string":
			nouns[i] = "eine Zeichenkette"
		case "number":
			nouns[i] = "eine Zahl"
		case "boolean":
			nouns[i] = "ein Wahrheitswert"
		case "duration":
			nouns[i] = "eine Dauer"
		case "time":
			nouns[i] = "ein Zeitpunkt"
		case "list":
			nouns[i] = "eine Liste oder Zuordnung"
		case "plain list":
			nouns[i] = "eine Liste einfacher Werte"
		case "object":
			nouns[i] = "ein Objekt"
		default:
			return ""
		}
	}
	return "muss " + strings.Join(nouns, " oder ") + " sein"
}

// text returns a parameter as people write it, numbers with a decimal comma.
func text(param any) string {
	switch p := param.(type) {
	case nil:
		return ""
	case string:
		return p
	case time.Duration:
		return p.String()
	case float64:
		return strings.Replace(strconv.FormatFloat(p, 'g', -1, 64), ".", ",", 1)
	}
	v := reflect.ValueOf(param)
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(param)
	}
	words := make([]string, v.Len())
	for i := range words {
		words[i] = text(v.Index(i).Interface())
	}
	return strings.Join(words, ", ")
}

func quoted(param any) string {
	if s, ok := param.(string); ok {
		return "„" + s + "“"
	}
	return text(param)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
