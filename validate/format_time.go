package validate

import (
	"strings"
	"time"
)

// isRFC3339 is datetime without a parameter: the date-time of RFC 3339, 5.6 in
// the form that time.Parse with time.RFC3339 reads as well. T and Z are capital
// letters and there are no leap seconds, for time.Time holds none. Without a
// parameter, v10 accepts the empty string alone.
func isRFC3339(s string) bool {
	if len(s) < len("2006-01-02T15:04:05Z") || len(s) > maxShort {
		return false
	}
	if s[4] != '-' || s[7] != '-' || s[10] != 'T' || !isClock(s[11:19], 23) || s[16] != ':' {
		return false
	}
	year, ok := number(s[:4])
	month, okMonth := number(s[5:7])
	day, okDay := number(s[8:10])
	second, okSecond := number(s[17:19])
	if !ok || !okMonth || !okDay || !okSecond || !isDate(year, month, day) || second > 59 {
		return false
	}
	s = s[19:]
	if s[0] == '.' {
		n := countIn(s[1:], charDigit)
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	return s == "Z" || len(s) == len("+00:00") && (s[0] == '+' || s[0] == '-') && isClock(s[1:], 23)
}

// isClock reports whether s begins with two digits of at most maxHour, a colon
// and two digits of at most 59.
func isClock(s string, maxHour int) bool {
	hour, ok := number(s[:2])
	minute, okMinute := number(s[3:5])
	return ok && okMinute && hour <= maxHour && s[2] == ':' && minute <= 59
}

// number returns the value of s, and whether it consists of digits.
func number(s string) (n int, ok bool) {
	for i := range len(s) {
		if chars[s[i]]&charDigit == 0 {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// isDate reports whether there is such a day in the Gregorian calendar, which is
// carried back to the year 0.
func isDate(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	days := 31
	switch month {
	case 4, 6, 9, 11:
		days = 30
	case 2:
		days = 28
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			days = 29
		}
	}
	return day <= days
}

// isDuration is duration: what time.ParseDuration reads, of at most maxShort
// bytes. v10 has no such rule.
func isDuration(s string) bool {
	if len(s) > maxShort {
		return false
	}
	rest := s
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	if rest == "0" {
		return true
	}
	for more := true; more; more = rest != "" {
		whole := countIn(rest, charDigit)
		rest = rest[whole:]
		fraction := 0
		if strings.HasPrefix(rest, ".") {
			fraction = countIn(rest[1:], charDigit)
			rest = rest[1+fraction:]
		}
		unit := unitOf(rest)
		if whole+fraction == 0 || unit == 0 {
			return false
		}
		rest = rest[unit:]
	}
	// What is left to find is whether it fits, for which fractions have to be
	// rounded as time.ParseDuration does. An error allocates only here.
	_, err := time.ParseDuration(s)
	return err == nil
}

// unitOf returns the length of the unit of time that s begins with, or 0. The
// longer ones come first, for what follows a unit is a number or nothing.
func unitOf(s string) int {
	for _, unit := range [...]string{"ns", "us", "\u00b5s", "\u03bcs", "ms", "s", "m", "h"} {
		if strings.HasPrefix(s, unit) {
			return len(unit)
		}
	}
	return 0
}

// isTimeZone is timezone: a name in the time zone database of IANA, in the
// database's capitals. The names are compiled in. v10 asks time.LoadLocation,
// which lets whoever sends a name search the file system with it, and gives
// different answers on machines with different files.
func isTimeZone(s string) bool {
	low, high := 0, len(timeZones)
	for low < high {
		middle := (low + high) / 2
		start := low + strings.LastIndexByte(timeZones[low:middle], ' ') + 1
		end := start + strings.IndexByte(timeZones[start:], ' ')
		switch zone := timeZones[start:end]; {
		case zone < s:
			low = end + 1
		case zone > s:
			high = start
		default:
			return true
		}
	}
	return false
}
